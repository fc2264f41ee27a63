"""DHL, all divisions: Shipment Tracking Unified, pushed to us and asked for. Source: developer.dhl.com, "Shipment
Tracking - Unified" and its push API.

DHL does not sign a push; it repeats a header that the subscriber chose. Ours is `DHL-Hook-Token`, and its value is one
of CARRIER_DHL_SECRET. A push may be lost (few retries), so parcels are polled as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import httpx

from services.carrier_gateway.carriers.dhl_eta import expected
from services.carrier_gateway.carriers.dhl_payload import Answer, Incident, Place, Shipment
from services.carrier_gateway.carriers.dhl_wording import WORDINGS
from services.carrier_gateway.parts.authenticity import token_header
from services.carrier_gateway.parts.base import (
    UNMAPPED,
    UNTIMED,
    Carrier,
    Malformed,
    Parsed,
    Refusal,
    Row,
    build_event,
    code_table,
    oldest_first,
    read_body,
)
from services.carrier_gateway.parts.instants import Moment, NoInstant, read_moment, settle
from services.carrier_gateway.parts.old_phone import old_phone
from services.carrier_gateway.parts.plain_text import clean, code_text, plain
from services.carrier_gateway.parts.pull import Pull, Query, refusal_of
from services.carrier_gateway.parts.scans import refuse_flood
from services.carrier_gateway.parts.wording import LONGEST_TEXT, Recognised, recognise
from services.carrier_gateway.parts.zones import zone_of
from shared.contracts.directory import CarrierEntry, TrackingLink
from shared.contracts.shipments import Eta, Location, ShipmentEvent
from shared.contracts.vocabulary import Clock, Stage

TOKEN_HEADER = "DHL-Hook-Token"  # noqa: S105  the header's name
PUSH = "subscription.push"
_HOME = "Europe/Berlin"
_PAGE = "https://www.dhl.com/{}/home/tracking/tracking-parcel.html?submit=1&tracking-id={{reference}}"
_ENDED = (Stage.DELIVERED, Stage.RETURNED, Stage.LOST, Stage.CANCELLED)

CODES = code_table(
    ("pre-transit", Row(Stage.REGISTERED)),
    ("transit", Row(Stage.IN_TRANSIT)),
    ("delivered", Row(Stage.DELIVERED)),
    ("failure", UNMAPPED),
    ("unknown", UNMAPPED),
)
REFINED = frozenset({"transit", "failure", None})
"""Status codes too wide to stand alone (None: it is missing). `pre-transit` beside a text "DELIVERED" stays itself."""
Numbered = list[tuple[int, Shipment]]
_RETURNED = next(wording.row for wording in WORDINGS if wording.name == "returned")


@dataclass(frozen=True)
class _Reading:
    """One incident with its instant, None where the carrier's is impossible."""

    incident: Incident
    moment: Moment | None

    @property
    def at(self) -> datetime:
        return self.moment.at if self.moment else UNTIMED


def parse(body: bytes) -> Parsed:
    """A push or an answer. Scopes other than a push (a subscription created or failed) hold no events."""
    return _parse(read_body(Answer, body), lambda shipments: shipments)


def read_answer(query: Query, body: bytes) -> Parsed:
    """An answer to our own question: of equal numbers in several divisions, those that go to the country we know."""

    def choose(shipments: Numbered) -> Numbered:
        fitting = [s for s in shipments if s[1].goes_to[0] == query.country]
        return fitting or shipments

    return _parse(read_body(Answer, body), choose)


def _parse(answer: Answer, choose: Callable[[Numbered], Numbered]) -> Parsed:
    if answer.scope is not None and answer.scope != PUSH:
        return Parsed()
    if answer.shipments is None:
        if answer.scope is None and answer.status is not None:
            return Parsed(refusal=refusal_of(answer.status) or Refusal.OUTAGE)
        raise Malformed([("shipments", "is missing")])
    if not answer.shipments and answer.scope is None:
        return Parsed(refusal=Refusal.NOT_FOUND)
    refuse_flood("shipments", (shipment.events for shipment in answer.shipments))
    chosen = choose(list(enumerate(answer.shipments)))
    return Parsed(oldest_first(event for number, shipment in chosen for event in _events(number, shipment)))


def _events(number: int, shipment: Shipment) -> Iterator[ShipmentEvent]:
    """One division's view of a number, never mixed with another's. The newest event carries what is expected."""
    eta = expected(shipment, zone_of(*shipment.goes_to, _HOME))
    readings = sorted(_readings(shipment), key=lambda reading: reading.at)
    for reading in readings:
        yield _event(f"shipments.{number}", shipment.id, reading, eta if reading is readings[-1] else None)


def _readings(shipment: Shipment) -> list[_Reading]:
    """The events; the summary `status` too when it says something newer, or when it is all there is."""
    told = [_read(incident) for incident in reversed(shipment.events or ())]  # DHL tells the newest first
    settled = settle(reading.moment for reading in told if reading.moment)
    events = [_Reading(r.incident, next(settled) if r.moment else None) for r in told]
    summary = _read(shipment.status) if shipment.status else None
    if summary is None or (events and not _is_news(summary, events)):
        return events
    return [*events, summary]


def _read(incident: Incident) -> _Reading:
    try:
        zone = zone_of(*incident.place.country_and_code, _HOME)
        return _Reading(incident, read_moment(incident.timestamp or "", zone))
    except NoInstant:
        return _Reading(incident, None)


def _is_news(summary: _Reading, events: list[_Reading]) -> bool:
    """The same moment can stand bare in `events` and with a Z in `status`: equal digits and code are one event."""
    if summary.moment is None or any(summary.at <= event.at for event in events):
        return False
    minute, code = summary.moment.wall[:16], summary.incident.code
    same_minute = (e.incident.code for e in events if e.moment and e.moment.wall[:16] == minute)
    return not any(other == code or other is None or code is None for other in same_minute)


def meaning_of(code: str | None, recognised: Recognised | None) -> Row:
    """The status code, refined by wording where it is too wide. `delivered` yields to a place of pickup, to a return,
    and to a sentence that says the opposite, which nobody can decide.
    """
    row = recognised.wording.row if recognised else None
    own = CODES.get(code or "", UNMAPPED)
    if row is None or (code not in REFINED and code != "delivered"):
        return own
    if code != "delivered":
        return row
    if row.stage in (Stage.RETURNED, Stage.RETURNING):
        return _RETURNED
    if row.stage is Stage.FAILED_ATTEMPT:
        return UNMAPPED
    return row if row.stage in (Stage.READY_FOR_PICKUP, Stage.DELIVERED) else own


def _event(where: str, reference: str, reading: _Reading, eta: Eta | None) -> ShipmentEvent:
    incident = reading.incident
    recognised = recognise(incident.sentence, WORDINGS)
    said = meaning_of(incident.code, recognised)
    meaning = said if reading.moment else UNMAPPED
    return build_event(
        where,
        "id",
        carrier=ENTRY.id,
        reference=reference,
        stage=meaning.stage,
        condition=meaning.condition,
        action_by=meaning.action_by,
        delivered_to=meaning.delivered_to,
        occurred_at=reading.at,
        clock=reading.moment.clock if reading.moment else Clock.ASSUMED,
        location=_location(incident.place),
        carrier_code=_code(incident.code, said, recognised),
        carrier_text=_text(incident.sentence, recognised),
        eta=None if meaning.stage in _ENDED else eta,
    )


def _code(code: str | None, meaning: Row, recognised: Recognised | None) -> str | None:
    """The status code, and the wording's name where that changed the meaning: two facts of one second stay two."""
    if recognised is None or meaning == CODES.get(code or ""):
        return code_text(code)
    return code_text(f"{code}/{recognised.wording.name}" if code else recognised.wording.name)


def _text(sentence: str, recognised: Recognised | None) -> str | None:
    """Cut after the known wording, where DHL puts who signed."""
    words = (clean(sentence, LONGEST_TEXT) or "").split()
    return plain(" ".join(words[: recognised.words] if recognised else words))


def _location(place: Place) -> Location | None:
    country, postal_code = place.country_and_code
    if place.city is None and postal_code is None and country is None:
        return None
    return Location(city=place.city, postal_code=postal_code, country=country)


def ask(query: Query, url: str, key: str) -> httpx.Request:
    """One language always: DHL's texts change with it, and our wording table is English and German."""
    where = {"recipientPostalCode": query.postal_code} if query.postal_code else {}
    return httpx.Request(
        "GET",
        f"{url.rstrip('/')}/track/shipments",
        params={"trackingNumber": query.reference, "language": "en", **where},
        headers={"DHL-API-Key": key, "Accept": "application/json"},
    )


ENTRY = CarrierEntry(
    id="dhl",
    name="DHL",
    zone=_HOME,
    languages=("en", "de", "es"),
    phones=(
        old_phone("ES", "+34 902 09 05 41"),
        old_phone("ES", "+34 902 12 24 24"),
        old_phone("US", "+1 800 225 5345"),
        old_phone("DE", "+49 228 28609898"),
        old_phone("NL", "+31 26 324 6700"),
    ),
    links=(
        TrackingLink(template=_PAGE.format("es-es"), country="ES"),
        TrackingLink(template=_PAGE.format("de-de"), country="DE"),
        TrackingLink(template=_PAGE.format("global-en")),
    ),
)

DHL = Carrier(
    entry=ENTRY,
    signature=token_header(TOKEN_HEADER),
    parse=parse,
    codes=CODES,
    wordings=WORDINGS,
    pull=Pull(
        url="https://api-eu.dhl.com",
        request=ask,
        read=read_answer,
        minimum_gap=timedelta(seconds=1),
        daily_quota=250,
    ),
)
