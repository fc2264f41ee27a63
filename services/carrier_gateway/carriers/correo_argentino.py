"""Correo Argentino, the post of Argentina: PAQ.AR, asked for, and the answers of MiCorreo, which tells the same.

Source: the carrier's manuals of both APIs; there is no push. Thin on codes: the manuals name three, the rest are
sentences seen in programs, and what is in neither list stays unknown. One API writes `27-03-2026 10:33` here and an
instant with its offset there; both are read, the day always first. MiCorreo is not asked: it wants a number of its own
and a token. Errors come with HTTP 200.

CARRIER_CORREO_ARGENTINO_KEY is `agreement=...&extClient=...&key=...`, as the contract has them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

from services.carrier_gateway.carriers.correo_argentino_wording import CODES, WORDINGS
from services.carrier_gateway.parts.base import Carrier, Malformed, Parsed, Refusal, oldest_first, read_body
from services.carrier_gateway.parts.day_first import day_first_or_none
from services.carrier_gateway.parts.handed_over import HANDED_OVER
from services.carrier_gateway.parts.instants import Moment, read_moment
from services.carrier_gateway.parts.key_parts import key_parts
from services.carrier_gateway.parts.old_phone import old_phone
from services.carrier_gateway.parts.plain_text import clean
from services.carrier_gateway.parts.pull import Pull, Query
from services.carrier_gateway.parts.scans import MOST_SCANS, Scan, Written, attempt, city, refuse_flood, tell
from services.carrier_gateway.parts.sentences import scan_of
from services.carrier_gateway.parts.wording import normalise
from services.carrier_gateway.parts.zones import zone_of
from shared.contracts.directory import CarrierEntry
from shared.contracts.shipments import ShipmentEvent

_ZONE = "America/Argentina/Buenos_Aires"
_ACCESS = ("agreement", "extClient", "key")
_MOST_PARCELS = 10
_YEAR_FIRST = re.compile(r"\s*\d{4}-", re.ASCII)


class _Part(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, frozen=True)


class Happening(_Part):
    """MiCorreo says it in `event` at a `branch`; PAQ.AR in `statusId` and `status` at a `facility`."""

    date: str | None = None
    event: str | None = None
    branch: str | None = None
    status_id: Written | None = None
    status: Written | None = None
    facility: str | None = None

    @property
    def moment(self) -> Moment | None:
        text, zone = self.date or "", zone_of("AR", None, _ZONE)
        if _YEAR_FIRST.match(text):
            return attempt(lambda: read_moment(text, zone))
        date, _, time = text.strip().partition(" ")
        return day_first_or_none(date.replace("-", "/"), time, zone)

    @property
    def scan(self) -> Scan:
        code, sentence, place = clean(self.status_id, 60), self.event or self.status, city(self.facility or self.branch)
        row = CODES.get((code or "").upper())
        if row is not None:
            return Scan(row, self.moment, code, sentence, None, place)
        return scan_of(sentence, WORDINGS, self.moment, place, code)


class Parcel(_Part):
    tracking_number: str | None = None
    events: list[Happening] | None = Field(default=None, max_length=MOST_SCANS)
    event: list[Happening] | None = Field(default=None, max_length=MOST_SCANS)
    error: str | None = None
    code: Written | None = None

    @property
    def happenings(self) -> list[Happening]:
        return self.events or self.event or []


class Answer(_Part):
    parcels: list[Parcel] = Field(max_length=_MOST_PARCELS)

    @model_validator(mode="before")
    @classmethod
    def _one_or_many(cls, data: Any) -> Any:
        return {"parcels": data if isinstance(data, list) else [data]}


def parse(body: bytes) -> Parsed:
    """A parcel without events, but with its number, is known and has not moved yet."""
    parcels = read_body(Answer, body).parcels
    refuse_flood("parcels", (parcel.happenings for parcel in parcels))
    refusals = {_refusal_of(parcel) for parcel in parcels if parcel.error is not None or _is_blank(parcel)}
    events = oldest_first(event for number, parcel in enumerate(parcels) for event in _events(number, parcel))
    if events or not refusals:
        return Parsed(events, refusal=None if parcels else Refusal.NOT_FOUND)
    return Parsed(refusal=Refusal.OUTAGE if Refusal.OUTAGE in refusals else Refusal.NOT_FOUND)


def _is_blank(parcel: Parcel) -> bool:
    """`{"id": null, "events": []}`: a number that they do not know, or not yet."""
    return parcel.tracking_number is None and parcel.events == []


def _refusal_of(parcel: Parcel) -> Refusal:
    unknown = parcel.error is None or parcel.code == "0" or "NO EXISTE" in normalise(parcel.error)
    return Refusal.NOT_FOUND if unknown else Refusal.OUTAGE


def _events(number: int, parcel: Parcel) -> Iterator[ShipmentEvent]:
    if parcel.error is not None or _is_blank(parcel):
        return
    where = f"parcels.{number}"
    if parcel.tracking_number is None:
        raise Malformed([(f"{where}.trackingNumber", "is missing")])
    scans = (happening.scan for happening in parcel.happenings)
    yield from tell(ENTRY.id, (parcel.tracking_number, where, "trackingNumber"), scans)


def ask(query: Query, url: str, key: str) -> httpx.Request:
    """A GET with a body, as the manual has it."""
    access = key_parts(key, _ACCESS)
    return httpx.Request(
        "GET",
        f"{url.rstrip('/')}/v1/tracking",
        params={"extClient": access["extClient"]},
        json=[{"trackingNumber": query.reference}],
        headers={
            "Authorization": f"Apikey {access['key']}",
            "agreement": access["agreement"],
            "Accept": "application/json",
        },
    )


ENTRY = CarrierEntry(
    id="correo_argentino",
    name="Correo Argentino",
    zone=_ZONE,
    languages=("es",),
    phones=(old_phone("AR", "+54 11 4891-9191"),),
)

CORREO_ARGENTINO = Carrier(
    entry=ENTRY,
    signature=HANDED_OVER,
    parse=parse,
    codes=CODES,
    wordings=WORDINGS,
    pull=Pull(
        url="https://api.correoargentino.com.ar/paqar",
        request=ask,
        read=lambda query, body: parse(body),
        minimum_gap=timedelta(seconds=2),
        daily_quota=1000,
        key_parts=_ACCESS,
    ),
)
