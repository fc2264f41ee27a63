"""AfterShip, an aggregator: tracking webhooks. Source: AfterShip's tracking API reference (aftership.com/docs/tracking:
webhooks, webhook signature, delivery sub-statuses).

Signed with base64 HMAC-SHA256 over the raw body. Every update repeats all checkpoints; each is read by its own sub-tag,
else by its tag. A checkpoint has an offset only where the carrier gave one: the others are read in the zone of their
country. Events carry the real carrier's id where the slug is one we know.

Thin: how sub-tags split "delivered" is not certain, so the sentence decides who took it. Their "out for delivery" may
mean "ready for pick-up", and "exception" without a row here is what its sentence says, else unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from pydantic import BaseModel, Field

from services.carrier_gateway.carriers.aftership_wording import ACCEPTED, READY, WORDINGS, taken_by
from services.carrier_gateway.parts.aggregated import Aggregated
from services.carrier_gateway.parts.base import (
    SKIP,
    UNMAPPED,
    Carrier,
    Malformed,
    Meaning,
    Parsed,
    Row,
    Skip,
    code_table,
    read_body,
)
from services.carrier_gateway.parts.body_signatures import hmac_base64, sealed_body
from services.carrier_gateway.parts.country_letters import two_letters
from services.carrier_gateway.parts.plain_text import clean
from services.carrier_gateway.parts.readings import expected, moment_of, place_of
from services.carrier_gateway.parts.scans import MOST_SCANS, Scan
from services.carrier_gateway.parts.wording import recognise
from services.carrier_gateway.parts.zones import zone_of
from shared.contracts.directory import CarrierEntry
from shared.contracts.shipments import ShipmentEvent
from shared.contracts.vocabulary import Actor, Condition, DeliveredTo, Stage

HEADER = "aftership-hmac-sha256"
REAL_CARRIERS = {
    "usps": "usps", "ups": "ups", "fedex": "fedex", "spain-correos-es": "correos", "correosexpress": "correos_express",
    "spanish-seur": "seur", "mrw-spain": "mrw", "nacex-spain": "nacex", "asm": "gls_spain", "oca-ar": "oca",
    "correo-argentino": "correo_argentino", "brazil-correios": "correios", "estafeta": "estafeta",
    "la-poste-colissimo": "laposte", "chronopost-france": "chronopost",
    "dhl-*": "dhl", "dhl": "dhl", "gls-*": "gls", "gls": "gls", "dpd-*": "dpd", "dpd": "dpd",
}  # fmt: skip
"""By slug. Of DHL, GLS and DPD there is one slug for each country or division."""

_DELAYED = Row(Stage.IN_TRANSIT, Condition.DELAYED, Actor.CARRIER)
CODES: Mapping[str, Meaning] = code_table(
    ("Pending", Row(Stage.REGISTERED)),
    ("InfoReceived", Row(Stage.REGISTERED)),
    ("InTransit", Row(Stage.IN_TRANSIT)),
    ("OutForDelivery", Row(Stage.OUT_FOR_DELIVERY)),
    ("AttemptFail", Row(Stage.FAILED_ATTEMPT, action_by=Actor.BUYER)),
    ("AvailableForPickup", Row(Stage.READY_FOR_PICKUP, None, Actor.BUYER, DeliveredTo.PICKUP_POINT)),
    ("Delivered", Row(Stage.DELIVERED)),
    ("Delivered_002", Row(Stage.DELIVERED, delivered_to=DeliveredTo.PICKUP_POINT)),
    ("Delivered_003", Row(Stage.DELIVERED, delivered_to=DeliveredTo.RECIPIENT)),
    ("Delivered_004", Row(Stage.DELIVERED, delivered_to=DeliveredTo.SAFE_PLACE)),
    ("Exception", UNMAPPED),
    ("Exception_004", Row(Stage.IN_TRANSIT, Condition.CUSTOMS)),
    ("Exception_005", _DELAYED),
    ("Exception_016", _DELAYED),
    ("Exception_017", _DELAYED),
    ("Exception_010", Row(Stage.RETURNING, action_by=Actor.SHOP)),
    ("Exception_011", Row(Stage.RETURNED, action_by=Actor.SHOP)),
    ("Exception_012", Row(Stage.IN_TRANSIT, Condition.DAMAGED, Actor.SHOP)),
    ("Exception_013", Row(Stage.LOST, action_by=Actor.CARRIER)),
    ("Expired", SKIP),
)
"""Sub-tags that say more than their tag, and the tags. "Expired" is silence, not something that happened."""


class Checkpoint(BaseModel):
    checkpoint_time: str | None = None
    tag: str | None = None
    subtag: str | None = None
    message: str | None = None
    city: str | None = None
    postal_code: str | None = None
    country_iso3: str | None = None

    @property
    def country(self) -> str | None:
        return two_letters(self.country_iso3)


class Tracking(BaseModel):
    tracking_number: str
    slug: str | None = None
    expected_delivery: str | None = None
    checkpoints: list[Checkpoint] | None = Field(default=None, max_length=MOST_SCANS)


class Update(BaseModel):
    event: str
    msg: Tracking | None = None


def parse(body: bytes) -> Parsed:
    """Messages other than `tracking_update` (a new estimate, a tracking that waits) hold no events."""
    update = read_body(Update, body)
    if update.event != "tracking_update":
        return Parsed(skipped=1)
    if update.msg is None:
        raise Malformed([("msg", "is missing")])
    read = [_read(checkpoint) for checkpoint in update.msg.checkpoints or ()]
    scans = [scan for scan in read if scan is not None]
    return Parsed(_events(update.msg, scans), skipped=len(read) - len(scans))


def _events(tracking: Tracking, scans: list[Scan]) -> tuple[ShipmentEvent, ...]:
    places = [checkpoint.country for checkpoint in tracking.checkpoints or () if checkpoint.country]
    zone = zone_of(places[-1] if places else None, None, ENTRY.zone)
    parcel = Aggregated(ENTRY.id, REAL_CARRIERS, tracking.slug, tracking.tracking_number, "msg", "tracking_number")
    return parcel.tell(scans, expected(None, tracking.expected_delivery, zone))


def _read(checkpoint: Checkpoint) -> Scan | None:
    """None for what is known to be no shipment event."""
    code, meaning = meaning_of(checkpoint.tag, checkpoint.subtag, checkpoint.message or "")
    if isinstance(meaning, Skip):
        return None
    return Scan(
        meaning,
        moment_of(checkpoint.checkpoint_time, zone_of(checkpoint.country, checkpoint.postal_code, ENTRY.zone)),
        code,
        checkpoint.message,
        location=place_of(checkpoint.city, checkpoint.postal_code, checkpoint.country),
    )


def meaning_of(tag: str | None, subtag: str | None, message: str) -> tuple[str | None, Meaning]:
    """The code that is kept (the sub-tag where there is one) and what it means beside its sentence."""
    detail, own = clean(subtag, 60), clean(tag, 60)
    family = (detail or "").split("_")[0]
    meaning = CODES.get(detail or "") or CODES.get(own or family, UNMAPPED)
    if isinstance(meaning, Row):
        meaning = _refined(own or family, meaning, message)
    return detail or own, meaning


def _refined(tag: str, row: Row, message: str) -> Row:
    recognised = recognise(message, WORDINGS)
    said = recognised.wording.row if recognised else None
    if tag == "InTransit":
        return ACCEPTED.row if recognised and recognised.wording is ACCEPTED else row
    if tag == "OutForDelivery":
        return READY.row if recognised and recognised.wording is READY else row
    if tag == "AttemptFail":
        return replace(row, condition=said.condition) if said else row
    if tag == "Delivered":
        return replace(row, delivered_to=taken_by(message) or row.delivered_to)
    if tag == "Exception" and row is UNMAPPED and recognised and recognised.wording not in (ACCEPTED, READY):
        return recognised.wording.row
    return row


ENTRY = CarrierEntry(id="aftership", name="AfterShip", zone="UTC", languages=("en",))

AFTERSHIP = Carrier(
    entry=ENTRY,
    signature=sealed_body(HEADER, hmac_base64),
    parse=parse,
    codes=CODES,
    wordings=WORDINGS,
    speaks_for=frozenset(REAL_CARRIERS.values()),
)
