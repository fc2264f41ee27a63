"""Chilexpress (Chile), asked for. There is no push.

Source: the carrier's own module for shops (address, key, question, shape) and programs that use it (error numbers).
Thin on wordings: the list of sentences is not public, so only plain ones are read and all others stay unknown. The
format of a date is not documented: day first with slashes or hyphens, or year first; no other is tried. Offices of
Magallanes and Easter Island keep clocks of their own; all others are read in Santiago's. Errors come with HTTP 200.

CARRIER_CHILEXPRESS_KEY is `subscription=...&rut=...`: the key of the product «transport orders», and the customer's
tax number without its check digit.
"""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import httpx
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from services.carrier_gateway.carriers.chilexpress_wording import WORDINGS
from services.carrier_gateway.parts.base import Carrier, Malformed, Parsed, Refusal, read_body
from services.carrier_gateway.parts.day_first import day_first_or_none
from services.carrier_gateway.parts.handed_over import HANDED_OVER
from services.carrier_gateway.parts.instants import Moment, read_moment
from services.carrier_gateway.parts.key_parts import key_parts
from services.carrier_gateway.parts.old_phone import HEARSAY, old_phone
from services.carrier_gateway.parts.pull import Pull, Query
from services.carrier_gateway.parts.scans import MOST_SCANS, Scan, Written, attempt, city, tell
from services.carrier_gateway.parts.sentences import codes_of, scan_of
from services.carrier_gateway.parts.wording import normalise
from shared.contracts.directory import CarrierEntry, TrackingLink

_ACCESS = ("subscription", "rut")
_OK = 0
_REFUSALS = {-81: Refusal.NOT_FOUND, 90: Refusal.BAD_REFERENCE}
_ZONE = "America/Santiago"
_ZONE_BY_OFFICE = (
    ("PUNTA ARENAS", "America/Punta_Arenas"),
    ("PUERTO NATALES", "America/Punta_Arenas"),
    ("PORVENIR", "America/Punta_Arenas"),
    ("ISLA DE PASCUA", "Pacific/Easter"),
    ("HANGA ROA", "Pacific/Easter"),
)
CODES = codes_of(WORDINGS)


class _Part(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, frozen=True)


class Happening(_Part):
    event_date: str | None = None
    event_hour: str | None = None
    description: str | None = None
    office_name: str | None = None

    @property
    def zone(self) -> ZoneInfo:
        office = normalise(self.office_name or "")
        return ZoneInfo(next((zone for start, zone in _ZONE_BY_OFFICE if office.startswith(start)), _ZONE))

    @property
    def moment(self) -> Moment | None:
        date, hour = (self.event_date or "").strip(), (self.event_hour or "").strip()
        if date[4:5] == "-":
            return attempt(lambda: read_moment(f"{date}T{hour}" if hour else date, self.zone))
        return day_first_or_none(date.replace("-", "/"), hour, self.zone)


class Order(_Part):
    transport_order_number: Written


class Tracked(_Part):
    transport_order_data: Order | None = None
    tracking_events: list[Happening] | None = Field(default=None, max_length=MOST_SCANS)


class Answer(_Part):
    data: Tracked | None = None
    status_code: int


def parse(body: bytes) -> Parsed:
    """An order without events is known and has not moved: its status alone has no time."""
    answer = read_body(Answer, body)
    if answer.status_code != _OK:
        return Parsed(refusal=_REFUSALS.get(answer.status_code, Refusal.OUTAGE))
    if answer.data is None or answer.data.transport_order_data is None:
        raise Malformed([("data.transportOrderData", "is missing")])
    number = answer.data.transport_order_data.transport_order_number
    scans = _in_time([_read(happening) for happening in answer.data.tracking_events or ()])
    return Parsed(tell(ENTRY.id, (number, "data.transportOrderData", "transportOrderNumber"), scans))


def _read(happening: Happening) -> Scan:
    return scan_of(happening.description, WORDINGS, happening.moment, city(happening.office_name))


def _in_time(scans: list[Scan]) -> list[Scan]:
    """By the clock on the wall: the order of the list is not documented."""
    return sorted(scans, key=lambda scan: scan.moment.wall if scan.moment else "")


def ask(query: Query, url: str, key: str) -> httpx.Request:
    """A number that is none is the shop's own reference of the order."""
    access, number = key_parts(key, _ACCESS), query.reference
    order: dict[str, str | int] = {"showTrackingEvents": 1}
    order |= {"transportOrderNumber": int(number)} if _is_number(number) else {"reference": number}
    if _is_number(access["rut"]):
        order["rut"] = int(access["rut"])
    return httpx.Request(
        "POST",
        f"{url.rstrip('/')}/transport-orders/api/v1.0/tracking",
        json=order,
        headers={"Ocp-Apim-Subscription-Key": access["subscription"], "Accept": "application/json"},
    )


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()


ENTRY = CarrierEntry(
    id="chilexpress",
    name="Chilexpress",
    zone=_ZONE,
    languages=("es",),
    phones=(old_phone("CL", "600 600 0102", HEARSAY),),
    links=(TrackingLink(template="https://centrodeayuda.chilexpress.cl/seguimiento/{reference}"),),
)

CHILEXPRESS = Carrier(
    entry=ENTRY,
    signature=HANDED_OVER,
    parse=parse,
    codes=CODES,
    wordings=WORDINGS,
    pull=Pull(
        url="https://services.wschilexpress.com",
        request=ask,
        read=lambda query, body: parse(body),
        minimum_gap=timedelta(seconds=2),
        daily_quota=1000,
        key_parts=_ACCESS,
    ),
)
