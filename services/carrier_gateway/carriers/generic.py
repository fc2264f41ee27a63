"""A shop's own courier, or any system that can send JSON: Hito's own documented format, signed as Standard Webhooks.

    {"events": [{"reference": "F-17", "status": "out_for_delivery", "occurred_at": "2026-03-30T09:12:00+02:00"}]}

One event alone, or a bare list, is accepted as well. `docs/carriers/generic.md` documents every field. A status
that is not one of our stages becomes an unknown event; a wrong type, or a word outside a closed list, is Malformed.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.carrier_gateway.parts.authenticity import STANDARD_WEBHOOKS
from services.carrier_gateway.parts.base import (
    UNMAPPED,
    Carrier,
    Malformed,
    Parsed,
    Row,
    build_event,
    code_table,
    oldest_first,
    read_body,
)
from services.carrier_gateway.parts.instants import Moment, NoInstant, read_moment
from services.carrier_gateway.parts.plain_text import clean, code_text, country_code, plain
from shared.contracts.directory import CarrierEntry
from shared.contracts.shipments import Eta, Location, ShipmentEvent
from shared.contracts.vocabulary import Actor, Condition, DeliveredTo, Stage

MOST_EVENTS = 100

CODES = code_table(*((stage.value, Row(stage)) for stage in Stage))


class CourierPlace(BaseModel):
    city: str | None = None
    postal_code: str | None = None
    country: str | None = None


class CourierWindow(BaseModel):
    from_: str | None = Field(default=None, alias="from")
    until: str


class CourierEvent(BaseModel):
    """One thing that happened to one parcel."""

    reference: str
    status: str
    occurred_at: str
    condition: Condition | None = None
    action_by: Actor | None = None
    delivered_to: DeliveredTo | None = None
    location: CourierPlace | None = None
    eta: CourierWindow | None = None
    text: str | None = None


class CourierReport(BaseModel):
    model_config = ConfigDict(title="CourierReport")

    events: list[CourierEvent] = Field(min_length=1, max_length=MOST_EVENTS)

    @model_validator(mode="before")
    @classmethod
    def _one_or_many(cls, data: Any) -> Any:
        if isinstance(data, list):
            return {"events": data}
        if isinstance(data, dict) and "events" not in data:
            return {"events": [data]}
        return data


def parse(body: bytes) -> Parsed:
    """Raises Malformed naming each wrong field, for example `events.0.occurred_at`."""
    report = read_body(CourierReport, body)
    return Parsed(oldest_first(_event(f"events.{n}", event) for n, event in enumerate(report.events)))


def _event(where: str, told: CourierEvent) -> ShipmentEvent:
    word = _as_word(told.status)
    meaning = CODES.get(word, UNMAPPED)
    happened = _moment(f"{where}.occurred_at", told.occurred_at)
    return build_event(
        where,
        carrier=ENTRY.id,
        reference=told.reference.strip(),
        stage=meaning.stage,
        condition=told.condition,
        action_by=told.action_by,
        delivered_to=told.delivered_to,
        occurred_at=happened.at,
        clock=happened.clock,
        location=_location(f"{where}.location", told.location),
        carrier_code=word if word in CODES else code_text(told.status),
        carrier_text=plain(told.text),
        eta=_eta(f"{where}.eta", told.eta),
    )


def _as_word(status: str) -> str:
    """`In Transit` and `in-transit` are `in_transit`."""
    return status.strip().lower().replace(" ", "_").replace("-", "_")


def _moment(field: str, text: str) -> Moment:
    try:
        return read_moment(text, None)
    except NoInstant as error:
        raise Malformed([(field, str(error))]) from error


def _eta(field: str, window: CourierWindow | None) -> Eta | None:
    if window is None:
        return None
    begin = _moment(f"{field}.from", window.from_).at if window.from_ else None
    until = _moment(f"{field}.until", window.until).at
    if begin is not None and begin > until:
        raise Malformed([(f"{field}.from", "is after until")])
    return Eta(from_=begin, until=until)


def _location(field: str, place: CourierPlace | None) -> Location | None:
    if place is None:
        return None
    country = country_code(place.country)
    if place.country and country is None:
        raise Malformed([(f"{field}.country", "is not a two-letter country code (ISO 3166-1), for example ES")])
    return Location(city=clean(place.city), postal_code=clean(place.postal_code, 20), country=country)


ENTRY = CarrierEntry(id="generic", name="Courier", zone="UTC", languages=("es", "en"))

GENERIC = Carrier(entry=ENTRY, signature=STANDARD_WEBHOOKS, parse=parse, codes=CODES)
