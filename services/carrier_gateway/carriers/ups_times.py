"""UPS's clock readings: digits without separators, in Greenwich time, with an offset, or by the scan place's clock."""

from __future__ import annotations

import re
from datetime import tzinfo

from services.carrier_gateway.carriers.ups_payload import Activity, DeliveryTime, Package
from services.carrier_gateway.parts.delivery_window import estimate, window
from services.carrier_gateway.parts.instants import Moment, NoInstant, read_moment
from shared.contracts.shipments import Eta

_OFFSET = re.compile(r"([+-])(\d\d?)[.:](\d\d)", re.ASCII)
_WINDOWS = ("EDW", "CDW", "IDW", None)
"""Types of a delivery time that has a beginning; a push names none. EOD and CMT are an end, DEL is past."""


def instant_of(activity: Activity, zone: tzinfo) -> Moment | None:
    """The truest reading there is; None where none is a moment of the calendar."""
    readings = (
        _written(activity.gmt_date, activity.gmt_time, "Z") if activity.gmt_time else None,
        _written(activity.date, activity.time, _offset(activity.gmt_offset)),
    )
    for reading in readings:
        if reading is not None:
            try:
                return read_moment(reading, zone)
            except NoInstant:
                continue
    return None


def _written(date: str | None, time: str | None, offset: str) -> str | None:
    """ISO 8601. UPS drops leading zeros of a time: 74700 is 07:47:00."""
    day, clock = (date or "").strip(), (time or "").strip()
    if not re.fullmatch(r"\d{8}", day, re.ASCII) or not re.fullmatch(r"\d{0,6}", clock, re.ASCII):
        return None
    iso = f"{day[:4]}-{day[4:6]}-{day[6:]}"
    if not clock:
        return iso
    padded = clock.zfill(6)
    return f"{iso}T{padded[:2]}:{padded[2:4]}:{padded[4:]}{offset}"


def _offset(text: str | None) -> str:
    """`-05:00` in an answer and `-04.00` in a push; "" for anything else, which leaves the local clock."""
    found = _OFFSET.fullmatch((text or "").strip())
    return f"{found[1]}{found[2].zfill(2)}:{found[3]}" if found else ""


def expected(package: Package, zone: tzinfo) -> Eta | None:
    """The rescheduled day (RDD) before the planned one (SDD), with its window; a day alone is the whole local day."""
    days = {each.type: each.date for each in package.delivery_date if each.date}
    day = days.get("RDD") or days.get("SDD")
    if day is None:
        return None
    times = package.delivery_time or DeliveryTime()
    begin = times.start_time if times.type in _WINDOWS else None
    end = times.end_time if times.type != "DEL" else None
    until = estimate(_written(day, end, ""), zone)
    return window(estimate(_written(day, begin, ""), zone) if begin and end else None, until, zone)
