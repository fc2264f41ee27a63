"""USPS: Tracking v3, asked for. Source: developers.usps.com, "Tracking 3.0"; codes of the Publication 199 family, most
of them by the labels that public programs give them.

USPS's own push is not taken in: how it signs (`X-HMAC`) and what it sends are in no document that we hold. Whoever
relays answers to us sends CARRIER_USPS_SECRET in the header `X-Hito-Token`.

Thin, and therefore unmapped: 41, PA and TM, whose meaning is not sure; 19 and every code that is not here. The hourly
quota depends on the app: the limits here are ours, for a small one. The summary of a parcel has no time: not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import quote
from zoneinfo import ZoneInfo

import httpx

from services.carrier_gateway.carriers.usps_payload import ApiError, Event, Told, bare_number
from services.carrier_gateway.carriers.usps_wording import WORDINGS
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
from services.carrier_gateway.parts.bearer import TokenCall
from services.carrier_gateway.parts.delivery_window import estimate, window
from services.carrier_gateway.parts.instants import Moment, NoInstant, read_moment, settle
from services.carrier_gateway.parts.north_america import zone_of_scan
from services.carrier_gateway.parts.old_phone import old_phone
from services.carrier_gateway.parts.plain_text import code_text, plain
from services.carrier_gateway.parts.pull import Pull, Query, refusal_of
from services.carrier_gateway.parts.scans import location
from services.carrier_gateway.parts.wording import recognise
from shared.contracts.directory import CarrierEntry, TrackingLink
from shared.contracts.shipments import Eta, ShipmentEvent
from shared.contracts.vocabulary import Actor, Clock, Condition, DeliveredTo, Stage

_HOME = "America/New_York"
_ENDED = (Stage.DELIVERED, Stage.RETURNED, Stage.LOST, Stage.CANCELLED)
_OFFSET = re.compile(r"([+-])(\d\d?):?(\d\d)", re.ASCII)

_MISSED = Row(Stage.FAILED_ATTEMPT, Condition.RECIPIENT_ABSENT, Actor.BUYER)
_NO_WAY_IN = Row(Stage.FAILED_ATTEMPT, action_by=Actor.BUYER)
_ASTRAY = Row(Stage.IN_TRANSIT, Condition.DELAYED, Actor.CARRIER)
_WAITS = Row(Stage.READY_FOR_PICKUP, action_by=Actor.BUYER)
_WRONG_ADDRESS = Row(Stage.RETURNING, Condition.ADDRESS_PROBLEM, Actor.SHOP)
_GOES_BACK = Row(Stage.RETURNING, action_by=Actor.SHOP)
CODES = code_table(
    *((code, Row(Stage.REGISTERED)) for code in ("GX", "MA")),
    *((code, Row(Stage.ACCEPTED)) for code in ("03", "43", "80")),
    *((code, Row(Stage.IN_TRANSIT)) for code in "06 07 10 42 81 82 A1 EF PC SF T1 TL".split()),
    *((code, _ASTRAY) for code in ("08", "15", "DX")),
    ("71", Row(Stage.IN_TRANSIT, Condition.DELAYED)),
    ("05", Row(Stage.IN_TRANSIT, Condition.ADDRESS_PROBLEM, Actor.SHOP)),
    ("OF", Row(Stage.OUT_FOR_DELIVERY)),
    *((code, _MISSED) for code in ("02", "51", "52", "56")),
    *((code, _NO_WAY_IN) for code in ("30", "53", "54", "55")),
    ("04", Row(Stage.FAILED_ATTEMPT, Condition.REFUSED, Actor.SHOP)),
    *((code, _WAITS) for code in ("14", "16")),
    ("01", Row(Stage.DELIVERED)),
    ("17", Row(Stage.DELIVERED, delivered_to=DeliveredTo.PICKUP_POINT)),
    *((code, _WRONG_ADDRESS) for code in "21 22 23 24 25 26".split()),
    *((code, _GOES_BACK) for code in "09 27 28 29 31 44".split()),
    ("11", Row(Stage.LOST, action_by=Actor.SHOP)),
)


def parse(body: bytes) -> Parsed:
    """An answer to a question, ours or another's."""
    return _parse(read_body(Told, body), None)


def read_answer(query: Query, body: bytes) -> Parsed:
    """An answer to our own question, under the number we asked with."""
    return _parse(read_body(Told, body), query)


def _parse(told: Told, query: Query | None) -> Parsed:
    if told.error is not None:
        return Parsed(refusal=_refusal_in(told.error))
    if told.tracking_events is None:
        raise Malformed([("trackingEvents", "is missing, and error as well")])
    number = query.reference if query else bare_number(told.tracking_number or "")
    return Parsed(oldest_first(_events(number, told)))


def _refusal_in(error: ApiError | str) -> Refusal:
    """The error's code is the HTTP status; a bare word comes from the call for a token."""
    if isinstance(error, str):
        return Refusal.NOT_ALLOWED
    code = (error.code or "").strip()
    status = int(code) if re.fullmatch(r"\d{3}", code, re.ASCII) else 0
    return refusal_of(status) or Refusal.OUTAGE


def _events(number: str, told: Told) -> Iterator[ShipmentEvent]:
    """The newest event carries what is expected."""
    read = [(event, _read(event)) for event in reversed(told.tracking_events or ())]  # USPS tells the newest first
    settled = settle(moment for _, moment in read if moment)
    timed = [(event, next(settled) if moment else None) for event, moment in read]
    newest = max(timed, key=_instant, default=None)
    for each in timed:
        yield _event("body", number, *each, _expected(told, _zone(each[0])) if each is newest else None)


def _instant(timed: tuple[Event, Moment | None]) -> datetime:
    return timed[1].at if timed[1] else UNTIMED


def _read(event: Event) -> Moment | None:
    """Greenwich time is the true one: the local time is cut to the minute. With its offset it comes second."""
    local = event.event_timestamp or ""
    found = _OFFSET.fullmatch((event.offset or "").strip())
    offset = f"{found[1]}{found[2].zfill(2)}:{found[3]}" if found else ""
    greenwich = (event.greenwich or "").strip()
    readings = ((greenwich, None), (f"{greenwich}Z", None), (f"{local.strip()}{offset}", None), (local, _zone(event)))
    for text, zone in readings:
        try:
            return read_moment(text, zone)
        except NoInstant:
            continue
    return None


def meaning_of(event: Event) -> Row:
    """The code; where it was left, or that it went back, from the words; the words alone only without a row."""
    own = CODES.get(event.code, UNMAPPED)
    recognised = recognise(event.event_type or "", WORDINGS)
    if recognised is None:
        return own
    said = recognised.wording.row
    if own == UNMAPPED:
        return said
    if own.stage is not Stage.DELIVERED:
        return own
    if said.stage is Stage.RETURNED:
        return said
    return replace(own, delivered_to=said.delivered_to or own.delivered_to)


def _expected(told: Told, zone: ZoneInfo) -> Eta | None:
    """The predicted day with its window, else the expected moment."""
    day = (told.predicted_delivery_date or "").strip()
    begin, end = told.predicted_delivery_window_start_time, told.predicted_delivery_window_end_time
    until = (estimate(f"{day}T{end}", zone) if end else None) or estimate(day, zone)
    start = estimate(f"{day}T{begin}", zone) if begin and end else None
    return window(start, until or estimate(told.expected_delivery_time_stamp, zone), zone)


def _event(where: str, number: str, event: Event, moment: Moment | None, eta: Eta | None) -> ShipmentEvent:
    meaning = meaning_of(event) if moment else UNMAPPED
    return build_event(
        where,
        "trackingNumber",
        carrier=ENTRY.id,
        reference=number,
        stage=meaning.stage,
        condition=meaning.condition,
        action_by=meaning.action_by,
        delivered_to=meaning.delivered_to,
        occurred_at=moment.at if moment else UNTIMED,
        clock=moment.clock if moment else Clock.ASSUMED,
        location=location(event.town, event.post, event.land),
        carrier_code=code_text(event.code),
        carrier_text=plain(event.event_type),
        eta=None if meaning.stage in _ENDED else eta,
    )


def _zone(event: Event) -> ZoneInfo:
    return zone_of_scan(event.land, event.event_state, event.post, _HOME)


def ask(query: Query, url: str, token: str) -> httpx.Request:
    return httpx.Request(
        "GET",
        f"{url.rstrip('/')}/tracking/v3/tracking/{quote(bare_number(query.reference), safe='')}",
        params={"expand": "DETAIL"},
        headers={"Authorization": f"Bearer {token}", "Accept": "application/json"},
    )


ENTRY = CarrierEntry(
    id="usps",
    name="USPS",
    zone=_HOME,
    languages=("en", "es"),
    phones=(old_phone("US", "+1 800 275 8777"),),
    links=(TrackingLink(template="https://tools.usps.com/go/TrackConfirmAction?tLabels={reference}"),),
)

USPS = Carrier(
    entry=ENTRY,
    signature=token_header("X-Hito-Token"),
    parse=parse,
    codes=CODES,
    wordings=WORDINGS,
    pull=Pull(
        url="https://apis.usps.com",
        request=ask,
        read=read_answer,
        minimum_gap=timedelta(minutes=1),
        daily_quota=1_440,
        token=TokenCall("/oauth2/v3/token"),
    ),
)
