"""EasyPost, an aggregator: tracker webhooks, and the bare Tracker that its API answers. Source: EasyPost's API pages
(docs.easypost.com: trackers, webhooks, HMAC validation).

Signed with HMAC-SHA256 over the raw body, without a time. Every update repeats the whole history, unsorted. Events
carry the real carrier's id where EasyPost names one that we know. Its instants end in Z, though some carriers' local
clocks are stamped so upstream: our own feed of a carrier is better where there is one.

Thin: which `status_detail` means that a carrier has accepted the parcel is not documented: all of them are on the way.
A parcel is asked about under its real carrier, so nothing is polled here.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field, ValidationError

from services.carrier_gateway.parts.aggregated import Aggregated
from services.carrier_gateway.parts.base import (
    UNMAPPED,
    Carrier,
    Malformed,
    Parsed,
    Refusal,
    Row,
    code_table,
    malformed,
    read_body,
)
from services.carrier_gateway.parts.body_signatures import hmac_hex, sealed_body
from services.carrier_gateway.parts.english_trouble import WORDINGS
from services.carrier_gateway.parts.plain_text import clean, country_code
from services.carrier_gateway.parts.readings import expected, moment_of, place_of
from services.carrier_gateway.parts.scans import MOST_SCANS, Scan
from services.carrier_gateway.parts.wording import recognise
from services.carrier_gateway.parts.zones import zone_of
from shared.contracts.directory import CarrierEntry
from shared.contracts.shipments import ShipmentEvent
from shared.contracts.vocabulary import Actor, Condition, Stage

HEADER = "X-Hmac-Signature"
REAL_CARRIERS = {"usps": "usps", "ups": "ups", "fedex": "fedex", "dhlexpress": "dhl", "correos": "correos"}
"""EasyPost's names in small letters. A name that is not here is told under `easypost`, and named in the text."""

CODES = code_table(
    ("pre_transit", Row(Stage.REGISTERED)),
    ("in_transit", Row(Stage.IN_TRANSIT)),
    ("in_transit/address_correction", Row(Stage.IN_TRANSIT, Condition.ADDRESS_PROBLEM)),
    ("in_transit/awaiting_information", Row(Stage.IN_TRANSIT, Condition.CUSTOMS)),
    ("in_transit/damaged", Row(Stage.IN_TRANSIT, Condition.DAMAGED)),
    ("in_transit/delayed", Row(Stage.IN_TRANSIT, Condition.DELAYED)),
    ("in_transit/weather_delay", Row(Stage.IN_TRANSIT, Condition.WEATHER)),
    ("in_transit/delivery_exception", Row(Stage.FAILED_ATTEMPT, action_by=Actor.BUYER)),
    ("in_transit/held", Row(Stage.IN_TRANSIT, Condition.HELD)),
    ("in_transit/lost", Row(Stage.LOST)),
    ("in_transit/missorted", Row(Stage.IN_TRANSIT, Condition.DELAYED)),
    ("in_transit/recipient_refused", Row(Stage.IN_TRANSIT, Condition.REFUSED)),
    ("in_transit/refused", Row(Stage.IN_TRANSIT, Condition.REFUSED)),
    ("in_transit/return", Row(Stage.RETURNING, action_by=Actor.SHOP)),
    ("in_transit/undeliverable", Row(Stage.IN_TRANSIT, Condition.ADDRESS_PROBLEM)),
    ("out_for_delivery", Row(Stage.OUT_FOR_DELIVERY)),
    ("available_for_pickup", Row(Stage.READY_FOR_PICKUP, action_by=Actor.BUYER)),
    ("delivered", Row(Stage.DELIVERED)),
    ("delivered/return", Row(Stage.RETURNED, action_by=Actor.SHOP)),
    ("return_to_sender", Row(Stage.RETURNING, action_by=Actor.SHOP)),
    ("failure", UNMAPPED),
    ("failure/address_correction", Row(Stage.IN_TRANSIT, Condition.ADDRESS_PROBLEM, Actor.BUYER)),
    ("failure/awaiting_information", Row(Stage.IN_TRANSIT, Condition.CUSTOMS, Actor.BUYER)),
    ("failure/damaged", Row(Stage.IN_TRANSIT, Condition.DAMAGED, Actor.BUYER)),
    ("failure/delayed", Row(Stage.IN_TRANSIT, Condition.DELAYED, Actor.BUYER)),
    ("failure/weather_delay", Row(Stage.IN_TRANSIT, Condition.WEATHER, Actor.BUYER)),
    ("failure/delivery_exception", Row(Stage.FAILED_ATTEMPT, action_by=Actor.BUYER)),
    ("failure/held", Row(Stage.IN_TRANSIT, Condition.HELD, Actor.BUYER)),
    ("failure/lost", Row(Stage.LOST)),
    ("failure/missorted", Row(Stage.IN_TRANSIT, Condition.DELAYED, Actor.BUYER)),
    ("failure/recipient_refused", Row(Stage.IN_TRANSIT, Condition.REFUSED, Actor.BUYER)),
    ("failure/refused", Row(Stage.IN_TRANSIT, Condition.REFUSED, Actor.BUYER)),
    ("failure/return", Row(Stage.RETURNING, action_by=Actor.SHOP)),
    ("failure/undeliverable", Row(Stage.IN_TRANSIT, Condition.ADDRESS_PROBLEM, Actor.BUYER)),
    ("cancelled", Row(Stage.CANCELLED)),
    ("error", UNMAPPED),
    ("unknown", UNMAPPED),
)
"""Status, refined by `status_detail` where that says what is the matter; a detail without a row changes nothing."""
_ERRORS = {"TRACKER.CREATE.ERROR": Refusal.BAD_REFERENCE, "NOT_FOUND": Refusal.NOT_FOUND}


class ScanPlace(BaseModel):
    city: str | None = None
    country: str | None = None
    zip: str | None = None


class Detail(BaseModel):
    datetime: str | None = None
    status: str | None = None
    status_detail: str | None = None
    message: str | None = None
    tracking_location: ScanPlace | None = None


class Tracker(BaseModel):
    tracking_code: str
    carrier: str | None = None
    est_delivery_date: str | None = None
    is_return: bool | None = None
    tracking_details: list[Detail] | None = Field(default=None, max_length=MOST_SCANS)


class Trouble(BaseModel):
    code: str | None = None


class Message(BaseModel):
    """An Event with its result, an error, or the Tracker itself."""

    object: str | None = None
    description: str | None = None
    result: dict[str, Any] | None = None
    error: Trouble | None = None


def parse(body: bytes) -> Parsed:
    """Events about anything but trackers (batches, payments) hold none of ours."""
    message = read_body(Message, body)
    if message.error is not None:
        return Parsed(refusal=_ERRORS.get(message.error.code or "", Refusal.OUTAGE))
    if message.object == "Tracker":
        return Parsed(_events("body", read_body(Tracker, body)))
    if message.object != "Event":
        raise Malformed([("object", "is neither Event nor Tracker")])
    if not (message.description or "").startswith("tracker."):
        return Parsed(skipped=1)
    try:
        tracker = Tracker.model_validate(message.result)
    except ValidationError as error:
        raise malformed(error, "result") from error
    return Parsed(_events("result", tracker))


def _events(where: str, tracker: Tracker) -> tuple[ShipmentEvent, ...]:
    details = tracker.tracking_details or []
    places = [detail.tracking_location for detail in details if detail.tracking_location]
    zone = zone_of(country_code(places[-1].country) if places else None, None, ENTRY.zone)
    parcel = Aggregated(ENTRY.id, REAL_CARRIERS, tracker.carrier, tracker.tracking_code, where, "tracking_code")
    scans = [_scan(detail, bool(tracker.is_return)) for detail in details]
    return parcel.tell(scans, expected(None, tracker.est_delivery_date, zone))


def _scan(detail: Detail, is_return: bool) -> Scan:
    place = detail.tracking_location or ScanPlace()
    key, meaning = meaning_of(detail.status, detail.status_detail, detail.message or "", is_return)
    return Scan(
        meaning,
        moment_of(detail.datetime, None),
        key,
        detail.message,
        location=place_of(place.city, place.zip, place.country),
    )


def meaning_of(status: str | None, detail: str | None, message: str, is_return: bool) -> tuple[str | None, Row]:
    """The row's key with the row. A failure is what the carrier's sentence says of it, else what the detail says."""
    own = (clean(status, 60) or "").lower()
    key = "delivered/return" if own == "delivered" and is_return else f"{own}/{clean(detail, 60)}"
    key = key if key in CODES else own
    recognised = recognise(message, WORDINGS) if own in ("failure", "return_to_sender") else None
    said = recognised.wording if recognised else None
    if said is not None and (own == "failure" or said.name == "returned"):
        return f"{own}/{said.name}", said.row
    return key or None, CODES.get(key, UNMAPPED)


ENTRY = CarrierEntry(id="easypost", name="EasyPost", zone="UTC", languages=("en",))

EASYPOST = Carrier(
    entry=ENTRY,
    signature=sealed_body(HEADER, hmac_hex("hmac-sha256-hex=")),
    parse=parse,
    codes=CODES,
    wordings=WORDINGS,
    speaks_for=frozenset(REAL_CARRIERS.values()),
)
