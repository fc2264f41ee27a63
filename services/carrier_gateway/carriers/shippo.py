"""Shippo, an aggregator: tracking webhooks, and the same object as its API answers it. Source: docs.goshippo.com
(tracking, webhooks, webhook security).

Unsigned unless one asks Shippo for it. Signed, the header `Shippo-Auth-Signature` holds a time and an HMAC-SHA256 of
time and body. Unsigned, Shippo can only repeat a secret in the address: a secret here that begins with `url:` is such a
token and nothing is accepted but the token; any other secret is the HMAC's, and the token does not open.

The same update comes more than once; the history is repeated in each. A status at exactly 00:00:00Z is a local date
that was stamped so. Events carry the real carrier's id where Shippo names one that we know.

Thin: most sub-status names come from memory of Shippo's pages; one without a row means what its status means alone.
A parcel is asked about under its real carrier, so nothing is polled here.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import tzinfo

from pydantic import BaseModel, Field

from services.carrier_gateway.parts.aggregated import Aggregated
from services.carrier_gateway.parts.base import (
    UNMAPPED,
    Carrier,
    Malformed,
    Parsed,
    Row,
    code_table,
    read_body,
)
from services.carrier_gateway.parts.english_trouble import WORDINGS
from services.carrier_gateway.parts.instants import Moment
from services.carrier_gateway.parts.plain_text import clean, country_code
from services.carrier_gateway.parts.readings import expected, moment_of, place_of
from services.carrier_gateway.parts.scans import MOST_SCANS, Scan
from services.carrier_gateway.parts.url_token import signed_or_in_the_url
from services.carrier_gateway.parts.wording import recognise
from services.carrier_gateway.parts.zones import zone_of
from shared.contracts.directory import CarrierEntry
from shared.contracts.shipments import ShipmentEvent
from shared.contracts.vocabulary import Actor, Condition, Stage

HEADER = "Shippo-Auth-Signature"
REAL_CARRIERS = {"usps": "usps", "ups": "ups", "fedex": "fedex", "dhl_express": "dhl"}
"""By Shippo's token. A carrier that is not here is told under `shippo`, and named in the text."""

_DELAYED = Row(Stage.IN_TRANSIT, Condition.DELAYED, Actor.CARRIER)
_IN_TRANSIT = Row(Stage.IN_TRANSIT)
CODES = code_table(
    ("UNKNOWN", UNMAPPED),
    ("PRE_TRANSIT", Row(Stage.REGISTERED)),
    ("TRANSIT", _IN_TRANSIT),
    ("TRANSIT/package_accepted", Row(Stage.ACCEPTED)),
    ("TRANSIT/out_for_delivery", Row(Stage.OUT_FOR_DELIVERY)),
    ("TRANSIT/delivery_attempted", Row(Stage.FAILED_ATTEMPT, action_by=Actor.BUYER)),
    ("TRANSIT/delivery_rescheduled", _DELAYED),
    ("TRANSIT/delayed", _DELAYED),
    ("TRANSIT/address_issue", Row(Stage.IN_TRANSIT, Condition.ADDRESS_PROBLEM, Actor.BUYER)),
    ("TRANSIT/contact_carrier", Row(Stage.IN_TRANSIT, Condition.HELD, Actor.BUYER)),
    ("TRANSIT/location_inaccessible", Row(Stage.IN_TRANSIT, Condition.ADDRESS_PROBLEM)),
    ("TRANSIT/notice_left", Row(Stage.FAILED_ATTEMPT, Condition.RECIPIENT_ABSENT, Actor.BUYER)),
    ("TRANSIT/package_held", Row(Stage.IN_TRANSIT, Condition.HELD, Actor.BUYER)),
    ("TRANSIT/pickup_available", Row(Stage.READY_FOR_PICKUP, action_by=Actor.BUYER)),
    ("DELIVERED", Row(Stage.DELIVERED)),
    ("RETURNED", Row(Stage.RETURNING, action_by=Actor.SHOP)),
    ("FAILURE", UNMAPPED),
    ("FAILURE/package_unclaimed", Row(Stage.RETURNING, action_by=Actor.SHOP)),
    ("FAILURE/package_undeliverable", Row(Stage.FAILED_ATTEMPT, action_by=Actor.SHOP)),
    ("FAILURE/package_damaged", Row(Stage.IN_TRANSIT, Condition.DAMAGED, Actor.SHOP)),
    ("FAILURE/package_disposed", Row(Stage.LOST, action_by=Actor.SHOP)),
    ("FAILURE/package_lost", Row(Stage.LOST, action_by=Actor.CARRIER)),
)
"""Status, refined by the sub-status where it says more: one without a row means what its status means alone."""
_BROUGHT_BACK = next(wording for wording in WORDINGS if wording.name == "returned")


class ScanPlace(BaseModel):
    city: str | None = None
    zip: str | None = None
    country: str | None = None


class Substatus(BaseModel):
    code: str | None = None
    action_required: bool | None = None


class Status(BaseModel):
    status: str | None = None
    substatus: Substatus | None = None
    status_details: str | None = None
    status_date: str | None = None
    location: ScanPlace | None = None


class Track(BaseModel):
    tracking_number: str
    carrier: str | None = None
    eta: str | None = None
    tracking_status: Status | None = None
    tracking_history: list[Status] | None = Field(default=None, max_length=MOST_SCANS)


class Update(BaseModel):
    event: str | None = None
    data: Track | None = None


def parse(body: bytes) -> Parsed:
    """Events about anything but a track (a label, a batch) hold none of ours."""
    kind = read_body(_Kind, body).event
    if kind is None:
        return Parsed(_events("body", read_body(Track, body)))
    if kind != "track_updated":
        return Parsed(skipped=1)
    track = read_body(Update, body).data
    if track is None:
        raise Malformed([("data", "is missing")])
    return Parsed(_events("data", track))


class _Kind(BaseModel):
    event: str | None = None


def _events(where: str, track: Track) -> tuple[ShipmentEvent, ...]:
    history = list(track.tracking_history or ())
    if track.tracking_status is not None and _is_news(track.tracking_status, history):
        history.append(track.tracking_status)
    countries = [status.location.country for status in history if status.location and status.location.country]
    zone = zone_of(country_code(countries[-1]) if countries else None, None, ENTRY.zone)
    parcel = Aggregated(ENTRY.id, REAL_CARRIERS, track.carrier, track.tracking_number, where, "tracking_number")
    return parcel.tell([_scan(status) for status in history], expected(None, track.eta, zone))


def _is_news(summary: Status, history: list[Status]) -> bool:
    """The summary repeats the last of the history; alone and unknown it only says that nothing is known yet."""
    if not history:
        return summary.status != "UNKNOWN"
    return all((summary.status, summary.status_date) != (status.status, status.status_date) for status in history)


def _scan(status: Status) -> Scan:
    place = status.location or ScanPlace()
    key, meaning = meaning_of(status)
    zone = zone_of(country_code(place.country), clean(place.zip, 20), ENTRY.zone)
    return Scan(
        meaning,
        _moment(status.status_date, zone),
        key,
        status.status_details,
        location=place_of(place.city, place.zip, place.country),
    )


def _moment(text: str | None, zone: tzinfo) -> Moment | None:
    """A full midnight in UTC is a date without a time, stamped so."""
    exact = moment_of(text, None)
    if exact is None or not exact.wall.endswith("T00:00:00") or not (text or "").strip().upper().endswith("Z"):
        return exact
    return moment_of(exact.wall[:10], zone)


def meaning_of(status: Status) -> tuple[str | None, Row]:
    """The row's key with the row."""
    own, detail = clean(status.status, 60) or "", status.substatus or Substatus()
    key = f"{own}/{clean(detail.code, 60)}"
    row = CODES.get(key) or CODES.get(own, UNMAPPED)
    recognised = recognise(status.status_details or "", WORDINGS)
    if own == "RETURNED" and recognised and recognised.wording is _BROUGHT_BACK:
        return f"{own}/returned", _BROUGHT_BACK.row
    if detail.action_required and row.action_by is None and row is not UNMAPPED:
        row = replace(row, action_by=Actor.BUYER)
    return (key if detail.code else own) or None, row


ENTRY = CarrierEntry(id="shippo", name="Shippo", zone="UTC", languages=("en",))

SHIPPO = Carrier(
    entry=ENTRY,
    signature=signed_or_in_the_url(HEADER),
    parse=parse,
    codes=CODES,
    wordings=WORDINGS,
    speaks_for=frozenset(REAL_CARRIERS.values()),
)
