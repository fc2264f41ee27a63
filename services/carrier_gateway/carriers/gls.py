"""GLS Group: Track and Trace v1, asked for. Source: GLS Group's developer portal (api.gls-group.net). For parcels
outside the Spanish domestic platform, which is a system of its own. GLS pushes nothing.

Every instant has an offset. The parcel's status is a closed list; of the event codes only a few are public, so an event
without a row is read by its English sentence. The status becomes one more event when it is newer than all of them.

Thin: `DELIVD.*` without a row is delivered only while the parcel's status says so. `FINAL` closes a history without
saying how, and changes nothing. The tracking page differs by country; the one here is GLS's international one.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import quote

import httpx
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from services.carrier_gateway.carriers.gls_wording import WORDINGS
from services.carrier_gateway.parts.base import (
    SKIP,
    UNMAPPED,
    Carrier,
    Malformed,
    Meaning,
    Parsed,
    Refusal,
    Row,
    Skip,
    code_table,
    read_body,
)
from services.carrier_gateway.parts.bearer import TokenCall
from services.carrier_gateway.parts.handed_over import HANDED_OVER
from services.carrier_gateway.parts.old_phone import old_phone
from services.carrier_gateway.parts.plain_text import clean
from services.carrier_gateway.parts.pull import Pull, Query
from services.carrier_gateway.parts.readings import moment_of, place_of
from services.carrier_gateway.parts.scans import MOST_SCANS, Scan, Written, refuse_flood, tell
from services.carrier_gateway.parts.wording import recognise
from services.carrier_gateway.parts.zones import zone_of
from shared.contracts.directory import CarrierEntry, TrackingLink
from shared.contracts.shipments import ShipmentEvent
from shared.contracts.vocabulary import Actor, Condition, DeliveredTo, Stage

_HOME = "Europe/Berlin"
_AT_SHOP = Row(Stage.READY_FOR_PICKUP, None, Actor.BUYER, DeliveredTo.PICKUP_POINT)
STATUSES: Mapping[str, Meaning] = code_table(
    ("PLANNEDPICKUP", Row(Stage.REGISTERED)),
    ("INPICKUP", Row(Stage.REGISTERED)),
    ("NOTPICKEDUP", Row(Stage.REGISTERED, Condition.DELAYED, Actor.SHOP)),
    ("PREADVICE", Row(Stage.REGISTERED)),
    ("INTRANSIT", Row(Stage.IN_TRANSIT)),
    ("INWAREHOUSE", Row(Stage.IN_TRANSIT, Condition.HELD)),
    ("INDELIVERY", Row(Stage.OUT_FOR_DELIVERY)),
    ("NOTDELIVERED", Row(Stage.FAILED_ATTEMPT, action_by=Actor.BUYER)),
    ("DELIVEREDPS", _AT_SHOP),
    ("DELIVERED", Row(Stage.DELIVERED)),
    ("CANCELED", Row(Stage.CANCELLED)),
    ("FINAL", SKIP),
)
"""Of the parcel. `DELIVEREDPS` is brought to a parcel shop, where it waits."""
CODES: Mapping[str, Meaning] = code_table(
    *STATUSES.items(),
    ("INTIAL.PREADVICE", Row(Stage.REGISTERED)),  # GLS spells it so
    ("INTIAL.E48_DATA", Row(Stage.REGISTERED)),
    ("INTIAL.NORMAL", Row(Stage.ACCEPTED)),
    ("DELIVD.PARCELSHOP", _AT_SHOP),
    ("CANCEL.NORMAL", Row(Stage.CANCELLED)),
    ("CHANGD.MONEWADDR", Row(Stage.IN_TRANSIT)),
    ("CHANGD.PARCELBOX", Row(Stage.IN_TRANSIT)),
)
ERRORS = {
    "E_404_01": Refusal.NOT_FOUND,
    "E_404_02": Refusal.NOT_FOUND,
    "E_400_01": Refusal.BAD_REFERENCE,
    "E_400_02": Refusal.BAD_REFERENCE,
    "E_400_03": Refusal.BAD_REFERENCE,
}
"""Inside an HTTP 200, parcel by parcel; any other is an outage of theirs."""
MOST_PARCELS = 10


class _Part(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, frozen=True)


class Happening(_Part):
    code: str | None = None
    city: str | None = None
    postal_code: Written | None = None
    country: str | None = None
    description: str | None = None
    event_date_time: str | None = None


class Parcel(_Part):
    requested: Written | None = None
    unitno: Written | None = None
    status: str | None = None
    status_date_time: str | None = None
    events: list[Happening] | None = Field(default=None, max_length=MOST_SCANS)
    error_code: str | None = None


class Fault(_Part):
    """What the quota's gatekeeper answers in place of parcels."""

    detail: dict[str, str] | None = None


class Answer(_Part):
    parcels: list[Parcel] | None = Field(default=None, max_length=MOST_PARCELS)
    fault: Fault | None = None


def parse(body: bytes) -> Parsed:
    """An answer about up to ten parcels; a refusal only where not one of them was found."""
    answer = read_body(Answer, body)
    if answer.fault is not None:
        reason = " ".join((answer.fault.detail or {}).values())
        return Parsed(refusal=Refusal.QUOTA if "QuotaViolation" in reason else Refusal.OUTAGE)
    if answer.parcels is None:
        raise Malformed([("parcels", "is missing")])
    refuse_flood("parcels", (parcel.events for parcel in answer.parcels))
    found = [(number, parcel) for number, parcel in enumerate(answer.parcels) if parcel.error_code is None]
    events = [event for number, parcel in found for event in _events(f"parcels.{number}", parcel)]
    if found or not answer.parcels:
        skipped = sum(STATUSES.get(parcel.status or "") is SKIP for _, parcel in found)
        refusal = None if found else Refusal.NOT_FOUND
        return Parsed(tuple(sorted(events, key=lambda event: event.occurred_at)), skipped, refusal)
    return Parsed(refusal=ERRORS.get(answer.parcels[0].error_code or "", Refusal.OUTAGE))


def _events(where: str, parcel: Parcel) -> tuple[ShipmentEvent, ...]:
    scans = [_scan(happening, parcel.status) for happening in reversed(parcel.events or ())]  # GLS tells newest first
    summary = _summary(parcel)
    if summary is not None and all(_is_older(scan, summary) for scan in scans):
        scans.append(summary)
    number = (parcel.requested, "requested") if parcel.requested else (parcel.unitno or "", "unitno")
    return tell(ENTRY.id, (number[0], where, number[1]), scans)


def _is_older(scan: Scan, summary: Scan) -> bool:
    return scan.moment is None or (summary.moment is not None and scan.moment.at < summary.moment.at)


def _summary(parcel: Parcel) -> Scan | None:
    """None where the status has no time, or says nothing of where the parcel is."""
    meaning = STATUSES.get(clean(parcel.status, 60) or "", UNMAPPED)
    moment = moment_of(parcel.status_date_time, None)
    if isinstance(meaning, Skip) or parcel.status is None or moment is None:
        return None
    return Scan(meaning, moment, parcel.status)


def _scan(happening: Happening, status: str | None) -> Scan:
    place = place_of(happening.city, happening.postal_code, happening.country)
    country = place.country if place else None
    moment = moment_of(happening.event_date_time, zone_of(country, place.postal_code if place else None, _HOME))
    code = clean(happening.code, 60)
    known = CODES.get(code or "")
    if isinstance(known, Row) and code not in STATUSES:
        return Scan(known, moment, code, happening.description, location=place)
    recognised = recognise(happening.description or "", WORDINGS)
    if (code or "").startswith("DELIVD."):
        taken = recognised if recognised and recognised.wording.row.stage is Stage.DELIVERED else None
        if status != "DELIVERED":
            return Scan(UNMAPPED, moment, code, happening.description, location=place)
        row = taken.wording.row if taken else Row(Stage.DELIVERED)
        return Scan(row, moment, code, happening.description, taken, place)
    meaning = recognised.wording.row if recognised else UNMAPPED
    return Scan(meaning, moment, code, happening.description, recognised, place)


def ask(query: Query, url: str, token: str) -> httpx.Request:
    """English always: the wording table is English."""
    return httpx.Request(
        "GET",
        f"{url.rstrip('/')}/track-and-trace-v1/tracking/simple/trackids/{_one(query.reference)}",
        params={"showEvents": "true"},
        headers={"Authorization": f"Bearer {token}", "Accept": "application/json", "Accept-Language": "en"},
    )


def _one(reference: str) -> str:
    """As one segment of a path that holds a list: no comma, no slash."""
    return quote(reference, safe="")


ENTRY = CarrierEntry(
    id="gls",
    name="GLS",
    zone=_HOME,
    languages=("en", "de"),
    phones=(old_phone("IT", "+39 199 151188"), old_phone("NL", "+31 900 1116660"), old_phone("GB", "+44 247 621 3455")),
    links=(TrackingLink(template="https://gls-group.com/track/{reference}"),),
)

GLS = Carrier(
    entry=ENTRY,
    signature=HANDED_OVER,
    parse=parse,
    codes=CODES,
    wordings=WORDINGS,
    pull=Pull(
        url="https://api.gls-group.net",
        request=ask,
        read=lambda query, body: parse(body),
        minimum_gap=timedelta(seconds=2),
        daily_quota=500,
        token=TokenCall("/oauth2/v2/token"),
    ),
)
