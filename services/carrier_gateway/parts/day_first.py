"""Dates that begin with the day, as Spanish and Latin American carriers write them: `30/03/2026 08:41`, `30032026`.

The order is fixed by the carrier, never tried out. Everything else about an instant is `instants`'.
"""

from __future__ import annotations

import re
from datetime import tzinfo

from services.carrier_gateway.parts.instants import Moment, NoInstant, read_moment

_DATE = re.compile(r"(\d\d)(/?)(\d\d)\2(\d{4})", re.ASCII)
_TIME = re.compile(r"(\d\d):?(\d\d)(?::?(\d\d))?", re.ASCII)


def read_day_first(date: str, time: str | None, zone: tzinfo) -> Moment:
    """`30/03/2026` or `30032026`, with `08:41[:00]` or `0841[00]`; no time, or an empty one, is a date alone.

    Raises NoInstant, also for `31022026` and `00000000`.
    """
    day = _DATE.fullmatch(date.strip())
    if day is None:
        raise NoInstant("is not a date like 30/03/2026")
    text = f"{day[4]}-{day[3]}-{day[1]}"
    if time is None or not time.strip():
        return read_moment(text, zone)
    clock = _TIME.fullmatch(time.strip())
    if clock is None:
        raise NoInstant("is not a time like 08:41:00")
    return read_moment(f"{text}T{clock[1]}:{clock[2]}:{clock[3] or '00'}", zone)


def day_first_or_none(date: str | None, time: str | None, zone: tzinfo) -> Moment | None:
    """None where the carrier gave no date, or one that does not exist."""
    try:
        return read_day_first(date or "", time, zone)
    except NoInstant:
        return None
