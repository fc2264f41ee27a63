"""FedEx: Track (asked for) and Advanced Integrated Visibility (pushed). Source: developer.fedex.com, "Track API" and
"Advanced Integrated Visibility".

A push is signed: `fdx-signature` is the base64 HMAC-SHA256 of the raw body with the security token of the portal (one
page of FedEx says hexadecimal, which is accepted too). Neither its order nor its uniqueness is promised.

Thin: most exception numbers are in no public document, their words are read instead; how often FedEx may be asked
neither, the limits here are ours. The summary of a parcel has no time and is not read. A number may have been used
before: of several parcels under one number the one that set out last is read. SmartPost parcels end with USPS.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import httpx

from services.carrier_gateway.carriers.fedex_codes import CODES, DELAYS, EXCEPTIONS
from services.carrier_gateway.carriers.fedex_payload import Delay, EstimatedWindow, Place, Result, Scan, Told, Window
from services.carrier_gateway.parts.authenticity import base64_hmac_header
from services.carrier_gateway.parts.base import (
    UNMAPPED,
    UNTIMED,
    Carrier,
    Malformed,
    Meaning,
    Parsed,
    Refusal,
    Row,
    Skip,
    build_event,
    oldest_first,
    read_body,
)
from services.carrier_gateway.parts.bearer import TokenCall
from services.carrier_gateway.parts.delivery_window import estimate, window
from services.carrier_gateway.parts.instants import Moment, NoInstant, read_moment, settle
from services.carrier_gateway.parts.north_america import zone_of_scan
from services.carrier_gateway.parts.old_phone import old_phone
from services.carrier_gateway.parts.plain_text import code_text, plain
from services.carrier_gateway.parts.pull import Pull, Query
from services.carrier_gateway.parts.scans import location, refuse_flood
from services.carrier_gateway.parts.wording import normalise, recognise
from services.carrier_gateway.parts.zones import zone_of
from shared.contracts.directory import CarrierEntry, TrackingLink
from shared.contracts.shipments import Eta, ShipmentEvent
from shared.contracts.vocabulary import Actor, Clock, Condition, DeliveredTo, Stage

_HOME = "America/Chicago"
_ENDED = (Stage.DELIVERED, Stage.RETURNED, Stage.LOST, Stage.CANCELLED)
_EXPLAINED = ("DE", "SE", "DD", "DY")
"""Event types whose reason is beside them."""
_NUMBER_ERRORS = "TRACKING.TRACKINGNUMBER."


def parse(body: bytes) -> Parsed:
    """A push or an answer."""
    return _parse(read_body(Told, body), None)


def read_answer(query: Query, body: bytes) -> Parsed:
    """An answer to our own question: the events of our number, under the number we asked with."""
    return _parse(read_body(Told, body), query)


def _parse(told: Told, query: Query | None) -> Parsed:
    if told.output is None:
        if not told.errors:
            raise Malformed([("output", "is missing, and errors as well")])
        return Parsed(refusal=_refusal_in(error.code for error in told.errors))
    results = (result for complete in told.output.complete_track_results for result in complete.track_results)
    refuse_flood("output.completeTrackResults", (result.scan_events for result in results))
    events, skipped, errors = list[ShipmentEvent](), 0, list[str | None]()
    for n, complete in enumerate(told.output.complete_track_results):
        if query is not None and complete.number and not query.is_for(complete.number):
            continue
        errors += [result.error.code for result in complete.track_results if result.error]
        result = _the_last_to_set_out(complete.track_results)
        if result is not None:
            where = f"output.completeTrackResults.{n}"
            fresh = list(_events(where, query.reference if query else complete.number, result, query))
            events += fresh
            skipped += len(result.scan_events or ()) - len(fresh)
    if events or skipped:
        return Parsed(oldest_first(events), skipped)
    return Parsed(refusal=_refusal_in(errors) if errors else Refusal.NOT_FOUND)


def _refusal_in(codes: Iterator[str | None] | list[str | None]) -> Refusal:
    known = [code for code in codes if code and code.startswith(_NUMBER_ERRORS)]
    if not known:
        return Refusal.OUTAGE
    return Refusal.NOT_FOUND if known[0] == f"{_NUMBER_ERRORS}NOTFOUND" else Refusal.BAD_REFERENCE


def _the_last_to_set_out(results: list[Result]) -> Result | None:
    """An error beside scans is none: the scans are used."""
    told = [result for result in results if result.scan_events]
    return max(told, key=_set_out_at) if len(told) > 1 else next(iter(told), None)


def _set_out_at(result: Result) -> datetime:
    moments = (_read(scan) for scan in result.scan_events or ())
    return min((moment.at for moment in moments if moment), default=UNTIMED)


def _read(scan: Scan) -> Moment | None:
    try:
        return read_moment(scan.date or "", _zone(scan.place))
    except NoInstant:
        return None


def _events(where: str, number: str, result: Result, query: Query | None) -> Iterator[ShipmentEvent]:
    """Every scan with a meaning; the newest carries what is expected."""
    read = [(scan, _read(scan)) for scan in reversed(result.scan_events or ())]  # FedEx tells the newest first
    settled = settle(moment for _, moment in read if moment)
    timed = [(scan, next(settled) if moment else None) for scan, moment in read]
    newest = max(timed, key=_instant)
    goes_to = zone_of(query.country, query.postal_code, _HOME) if query and query.country else _zone(newest[0].place)
    told = [(scan, moment, said) for scan, moment in timed if not isinstance(said := meaning_of(scan), Skip)]
    last = max(told, key=lambda each: _instant(each[:2]), default=None)
    for each in told:
        yield _event(where, number, *each, expected(result, goes_to) if each is last else None)


def _instant(timed: tuple[Scan, Moment | None]) -> datetime:
    return timed[1].at if timed[1] else UNTIMED


def meaning_of(scan: Scan) -> Meaning:
    """The event type, with its exception where there is one. The coarse derived code serves only where FedEx gives no
    type: it calls a parcel that is out for delivery "in transit".
    """
    own = CODES.get(f"{scan.kind}/{scan.exception}", CODES.get(scan.kind, UNMAPPED))
    if isinstance(own, Skip):
        return own
    if scan.kind in _EXPLAINED and own.condition in (None, Condition.DELAYED):
        reason = recognise(scan.exception_description or "", EXCEPTIONS)
        if reason is not None:
            own = replace(own, condition=reason.wording.row.condition, action_by=reason.wording.row.action_by)
    return replace(_delayed(own, scan.delay_detail or Delay()), delivered_to=_delivered_to(own, scan))


def _delayed(row: Row, delay: Delay) -> Row:
    """On time or early ends a delay; why it is late says more than that it is."""
    if row.stage is not Stage.IN_TRANSIT or row.condition not in (None, Condition.DELAYED, Condition.WEATHER):
        return row
    if delay.status in ("ON_TIME", "EARLY"):
        return replace(row, condition=None, action_by=None)
    if delay.status == "DELAYED" and row.condition is not Condition.WEATHER:
        condition, actor = DELAYS.get(delay.type or "", (Condition.DELAYED, Actor.CARRIER))
        return replace(row, condition=condition, action_by=actor)
    return row


def _delivered_to(row: Row, scan: Scan) -> DeliveredTo | None:
    """Only where FedEx says it clearly."""
    place = scan.location_type or ""
    if row.stage in (Stage.READY_FOR_PICKUP, Stage.DELIVERED) and (place == "FEDEX_OFFICE" or "HOLD" in place):
        return DeliveredTo.PICKUP_POINT
    if row.stage is Stage.DELIVERED and "LEFT AT FRONT DOOR" in normalise(scan.sentence):
        return DeliveredTo.SAFE_PLACE
    return None


def expected(result: Result, zone: ZoneInfo) -> Eta | None:
    """The estimated window, else the estimated moment; what was promised at first (a commitment) is none of them."""
    frame = (result.estimated_delivery_time_window or EstimatedWindow()).window or Window()
    moments = (each.date_time for each in result.date_and_times or () if each.type == "ESTIMATED_DELIVERY")
    end = estimate(frame.ends, zone) or estimate(next(moments, None), zone)
    return window(estimate(frame.begins, zone), end, zone)


def _event(where: str, number: str, scan: Scan, moment: Moment | None, said: Row, eta: Eta | None) -> ShipmentEvent:
    meaning = said if moment else UNMAPPED
    code = f"{scan.kind}/{scan.exception}" if scan.exception else scan.kind
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
        location=location(scan.place.town, scan.place.post, scan.place.land),
        carrier_code=code_text(code),
        carrier_text=plain(scan.sentence),
        eta=None if meaning.stage in _ENDED else eta,
    )


def _zone(place: Place) -> ZoneInfo:
    return zone_of_scan(place.land, place.state_or_province_code, place.post, _HOME)


def ask(query: Query, url: str, token: str) -> httpx.Request:
    """Always in English."""
    number = {"trackingNumberInfo": {"trackingNumber": query.reference.strip()}}
    return httpx.Request(
        "POST",
        f"{url.rstrip('/')}/track/v1/trackingnumbers",
        json={"includeDetailedScans": True, "trackingInfo": [number]},
        headers={"Authorization": f"Bearer {token}", "X-locale": "en_US", "Accept": "application/json"},
    )


ENTRY = CarrierEntry(
    id="fedex",
    name="FedEx",
    zone=_HOME,
    languages=("en", "es", "pt"),
    phones=(old_phone("US", "+1 800 247 4747"), old_phone("GB", "+44 2476 706 660")),
    links=(TrackingLink(template="https://www.fedex.com/fedextrack/?trknbr={reference}"),),
)

FEDEX = Carrier(
    entry=ENTRY,
    signature=base64_hmac_header("fdx-signature"),
    parse=parse,
    codes=CODES,
    wordings=EXCEPTIONS,
    pull=Pull(
        url="https://apis.fedex.com",
        request=ask,
        read=read_answer,
        minimum_gap=timedelta(seconds=1),
        daily_quota=5_000,
        token=TokenCall("/oauth/token"),
    ),
)
