"""17TRACK, an aggregator: the push of its tracking API 2.4. Source: api.17track.net/en/doc and programs that use it.

The header `sign` is the SHA-256 of raw body, slash and the account's key: a plain hash, no HMAC, and without a time. An
older scheme hashed event and data apart; it is not accepted. Each event is read by its own sub-status, else its stage;
the description is for operators only. Two posts (origin and destination) may tell the same fact: it is one where
instant, sub-status and place are the same.

Thin: the sub-status names come from third parties; one without a row is unknown. 17TRACK numbers its carriers; only the
four numbers that public programs agree on are here, the others are told under `seventeentrack` with their number.
Nothing is polled: a parcel must be registered with 17TRACK, which then pushes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pydantic import BaseModel, Field

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
from services.carrier_gateway.parts.body_signatures import hash_with_key, sealed_body
from services.carrier_gateway.parts.instants import Moment
from services.carrier_gateway.parts.plain_text import clean, country_code
from services.carrier_gateway.parts.readings import expected, moment_of, place_of
from services.carrier_gateway.parts.scans import MOST_SCANS, Scan, refuse_flood
from services.carrier_gateway.parts.zones import zone_of
from shared.contracts.directory import CarrierEntry, TrackingLink
from shared.contracts.shipments import ShipmentEvent
from shared.contracts.vocabulary import Actor, Condition, Stage

HEADER = "sign"
REAL_CARRIERS = {"100001": "dhl", "100002": "ups", "100003": "fedex", "21051": "usps"}
"""By 17TRACK's number."""

_CUSTOMS_DONE = Row(Stage.IN_TRANSIT)
CODES: Mapping[str, Meaning] = code_table(
    ("NotFound", SKIP),
    ("InfoReceived", Row(Stage.REGISTERED)),
    ("InTransit", Row(Stage.IN_TRANSIT)),
    ("InTransit_PickedUp", Row(Stage.ACCEPTED)),
    ("InTransit_CustomsProcessing", Row(Stage.IN_TRANSIT, Condition.CUSTOMS)),
    ("InTransit_CustomsRequiringInformation", Row(Stage.IN_TRANSIT, Condition.CUSTOMS, Actor.BUYER)),
    ("InTransit_CustomsReleased", _CUSTOMS_DONE),
    ("InTransit_Released", _CUSTOMS_DONE),
    ("InTransit_Departure", Row(Stage.IN_TRANSIT)),
    ("InTransit_Arrival", Row(Stage.IN_TRANSIT)),
    ("InTransit_Other", Row(Stage.IN_TRANSIT)),
    ("OutForDelivery", Row(Stage.OUT_FOR_DELIVERY)),
    ("AvailableForPickup", Row(Stage.READY_FOR_PICKUP, action_by=Actor.BUYER)),
    ("DeliveryFailure_NoBody", Row(Stage.FAILED_ATTEMPT, Condition.RECIPIENT_ABSENT, Actor.BUYER)),
    ("DeliveryFailure_Rejected", Row(Stage.FAILED_ATTEMPT, Condition.REFUSED, Actor.SHOP)),
    ("DeliveryFailure_InvalidAddress", Row(Stage.FAILED_ATTEMPT, Condition.ADDRESS_PROBLEM, Actor.BUYER)),
    ("DeliveryFailure_Security", Row(Stage.FAILED_ATTEMPT, action_by=Actor.BUYER)),
    ("DeliveryFailure_Other", Row(Stage.FAILED_ATTEMPT, action_by=Actor.BUYER)),
    ("Delivered", Row(Stage.DELIVERED)),
    ("Exception_Returning", Row(Stage.RETURNING, action_by=Actor.SHOP)),
    ("Exception_Returned", Row(Stage.RETURNED, action_by=Actor.SHOP)),
    ("Exception_Damage", Row(Stage.IN_TRANSIT, Condition.DAMAGED, Actor.SHOP)),
    ("Exception_Lost", Row(Stage.LOST, action_by=Actor.CARRIER)),
    ("Exception_Destroyed", Row(Stage.LOST, action_by=Actor.SHOP)),
    ("Exception_Cancel", Row(Stage.CANCELLED)),
    ("Exception_NoBody", Row(Stage.IN_TRANSIT, Condition.RECIPIENT_ABSENT, Actor.BUYER)),
    ("Exception_Security", Row(Stage.IN_TRANSIT, Condition.HELD)),
    ("Exception_Rejected", Row(Stage.FAILED_ATTEMPT, Condition.REFUSED, Actor.SHOP)),
    ("Exception_Delayed", Row(Stage.IN_TRANSIT, Condition.DELAYED, Actor.CARRIER)),
    ("Exception_Other", UNMAPPED),
    ("Expired", SKIP),
)
WHATEVER_FOLLOWS = frozenset(
    {"NotFound", "InfoReceived", "OutForDelivery", "AvailableForPickup", "Delivered", "Expired"}
)
"""Statuses whose sub-statuses all mean the same. In the others each has its own row or none."""


class Address(BaseModel):
    country: str | None = None
    city: str | None = None
    postal_code: str | None = None


class RawTime(BaseModel):
    date: str | None = None
    time: str | None = None
    timezone: str | None = None


class Happening(BaseModel):
    time_iso: str | None = None
    time_utc: str | None = None
    time_raw: RawTime | str | None = None
    description: str | None = None
    location: str | None = None
    stage: str | None = None
    sub_status: str | None = None
    address: Address | None = None


class Provider(BaseModel):
    events: list[Happening] | None = Field(default=None, max_length=MOST_SCANS)


class Providers(BaseModel):
    providers: list[Provider] | None = Field(default=None, max_length=10)


class EstimatedDelivery(BaseModel):
    from_: str | None = Field(default=None, alias="from")
    to: str | None = None


class TimeMetrics(BaseModel):
    estimated_delivery_date: EstimatedDelivery | None = None


class LatestStatus(BaseModel):
    status: str | None = None


class TrackInfo(BaseModel):
    latest_status: LatestStatus | None = None
    latest_event: Happening | None = None
    time_metrics: TimeMetrics | None = None
    tracking: Providers | None = None


class Tracked(BaseModel):
    number: str
    carrier: int | None = None
    track_info: TrackInfo | None = None


class Push(BaseModel):
    event: str
    data: Tracked | None = None


def parse(body: bytes) -> Parsed:
    """`TRACKING_STOPPED` and anything else but an update hold no events."""
    push = read_body(Push, body)
    if push.event != "TRACKING_UPDATED":
        return Parsed(skipped=1)
    if push.data is None or push.data.track_info is None:
        raise Malformed([("data.track_info", "is missing")])
    info = push.data.track_info
    providers = (info.tracking or Providers()).providers or ()
    refuse_flood("data.track_info.tracking.providers", (provider.events for provider in providers))
    found = list(_happenings(info))
    scans = [scan for happening in found if (scan := _scan(happening)) is not None]
    nothing_yet = not found and info.latest_status is not None and CODES.get(info.latest_status.status or "") is SKIP
    return Parsed(_events(push.data, info, scans), skipped=len(found) - len(scans) + int(nothing_yet))


def _happenings(info: TrackInfo) -> Iterator[Happening]:
    """Oldest first, as each provider tells the newest first; the latest event where the history is missing."""
    providers = (info.tracking or Providers()).providers or ()
    for provider in providers:
        yield from reversed(provider.events or ())
    if info.latest_event is not None and not any(provider.events for provider in providers):
        yield info.latest_event


def _events(tracked: Tracked, info: TrackInfo, scans: list[Scan]) -> tuple[ShipmentEvent, ...]:
    window = (info.time_metrics or TimeMetrics()).estimated_delivery_date or EstimatedDelivery()
    countries = [scan.location.country for scan in scans if scan.location and scan.location.country]
    eta = expected(window.from_, window.to, zone_of(countries[-1] if countries else None, None, ENTRY.zone))
    number = str(tracked.carrier) if tracked.carrier else None
    return Aggregated(ENTRY.id, REAL_CARRIERS, number, tracked.number, "data", "number").tell(scans, eta)


def _scan(happening: Happening) -> Scan | None:
    code, meaning = meaning_of(happening.sub_status, happening.stage)
    if isinstance(meaning, Skip):
        return None
    address = happening.address or Address()
    return Scan(
        meaning,
        _moment(happening, address),
        code,
        happening.description,
        location=place_of(address.city or _office(happening.location), address.postal_code, address.country),
    )


def meaning_of(sub_status: str | None, stage: str | None) -> tuple[str | None, Meaning]:
    """By the sub-status; by the stage only where there is no sub-status."""
    code = clean(sub_status, 80) or clean(stage, 80)
    family = (code or "").split("_")[0]
    key = family if family in WHATEVER_FOLLOWS else code
    return code, CODES.get(key or "", UNMAPPED)


def _moment(happening: Happening, address: Address) -> Moment | None:
    """The instant that 17TRACK worked out, else the carrier's own clock in the zone of the address."""
    for told in (happening.time_utc, happening.time_iso):
        exact = moment_of(told, None)
        if exact is not None:
            return exact
    raw = happening.time_raw
    local = f"{raw.date}T{raw.time}{raw.timezone or ''}" if isinstance(raw, RawTime) and raw.time else None
    date = raw.date if isinstance(raw, RawTime) else raw
    return moment_of(local or date, zone_of(country_code(address.country), clean(address.postal_code, 20), ENTRY.zone))


def _office(location: str | None) -> str | None:
    """A place by its name: with figures in it, it may be somebody's address."""
    name = clean(location, 60)
    return name if name and not any(character.isdigit() for character in name) else None


ENTRY = CarrierEntry(
    id="seventeentrack",
    name="17TRACK",
    zone="UTC",
    languages=("en",),
    links=(TrackingLink(template="https://t.17track.net/en#nums={reference}"),),
)

SEVENTEENTRACK = Carrier(
    entry=ENTRY,
    signature=sealed_body(HEADER, hash_with_key),
    parse=parse,
    codes=CODES,
    speaks_for=frozenset(REAL_CARRIERS.values()),
)
