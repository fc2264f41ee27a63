"""UPS: Track (asked for) and Track Alert (pushed). Sources: developer.ups.com, "Tracking" and "UPS Track Alert".

UPS does not sign a push. Its first version repeats the subscriber's credential in the header `credential`; for the
second an API key header, `x-api-key`, is set up in the portal: either may hold CARRIER_UPS_SECRET. A subscription tells
no history and ends after 14 days, so parcels are polled as well.

Thin: how often UPS may be asked is in no public document, the limits here are ours. Mail Innovations (another code
table), freight and milestones (no instant of their own) are left out: unknown, or not read.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import quote
from zoneinfo import ZoneInfo

import httpx

from services.carrier_gateway.carriers.ups_payload import Activity, Errors, Package, Place, Status, Told, Where
from services.carrier_gateway.carriers.ups_times import expected, instant_of
from services.carrier_gateway.carriers.ups_wording import WORDINGS
from services.carrier_gateway.parts.authenticity import token_header
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
    code_table,
    oldest_first,
    read_body,
)
from services.carrier_gateway.parts.bearer import TokenCall
from services.carrier_gateway.parts.instants import Moment, settle
from services.carrier_gateway.parts.north_america import zone_of_scan
from services.carrier_gateway.parts.old_phone import old_phone
from services.carrier_gateway.parts.plain_text import code_text, plain
from services.carrier_gateway.parts.pull import Pull, Query
from services.carrier_gateway.parts.scans import location, refuse_flood
from services.carrier_gateway.parts.table_file import load_table
from services.carrier_gateway.parts.wording import recognise
from services.carrier_gateway.parts.zones import zone_of
from shared.contracts.directory import CarrierEntry, TrackingLink
from shared.contracts.shipments import Eta, ShipmentEvent
from shared.contracts.vocabulary import Clock, Stage
from shared.observability.tracing import current, trace_id

_HOME = "America/New_York"
_PAGE = "https://www.ups.com/track?loc={}&tracknum={{reference}}"
_ENDED = (Stage.DELIVERED, Stage.RETURNED, Stage.LOST, Stage.CANCELLED)

CODES = code_table(
    *load_table("ups_codes.csv", lambda kind, code: code if kind == "status" else f"{kind}/{code}").items(),
    ("MV", Row(Stage.CANCELLED)),
)
"""`X/48` by type and code, `021` by the three digits beside them: the two letters alone mean different things."""
_TABLES = {"X": ("X", "D"), "D": ("D", "I"), "MV": ()}
"""Where a type's codes are looked up, in this order; a type that is not here has a table of its own."""
_ERRORS = {
    "TV1002": Refusal.BAD_REFERENCE,
    "TW0001": Refusal.NOT_FOUND,
    "250002": Refusal.NOT_ALLOWED,
    "250003": Refusal.NOT_ALLOWED,
    "251004": Refusal.NOT_ALLOWED,
    "UJ0001": Refusal.NOT_ALLOWED,
}


def parse(body: bytes) -> Parsed:
    """A push or an answer."""
    return _parse(read_body(Told, body), None)


def read_answer(query: Query, body: bytes) -> Parsed:
    """An answer to our own question: of several packages the one we asked about, under the number we asked with."""
    return _parse(read_body(Told, body), query)


def _parse(told: Told, query: Query | None) -> Parsed:
    if told.response is not None:
        return Parsed(refusal=_refusal_in(told.response))
    if told.track_response is None:
        if told.activity_status is None:
            raise Malformed([("trackResponse", "is missing, and activityStatus as well")])
        return _of_packages([("trackingNumber", told.tracking_number or "", told.pushed)], query)
    packages = (package for shipment in told.track_response.shipment for package in shipment.package)
    refuse_flood("trackResponse.shipment", (package.activity for package in packages))
    found = [
        (f"trackResponse.shipment.{s}.package.{p}", package.tracking_number or shipment.inquiry_number or "", package)
        for s, shipment in enumerate(told.track_response.shipment)
        for p, package in enumerate(shipment.package)
    ]
    return _of_packages(found, query) if found else Parsed(refusal=Refusal.NOT_FOUND)


def _refusal_in(response: Errors) -> Refusal:
    codes = (error.code or "" for error in response.errors)
    return next((_ERRORS[code] for code in codes if code in _ERRORS), Refusal.OUTAGE)


def _of_packages(packages: list[tuple[str, str, Package]], query: Query | None) -> Parsed:
    if query is not None:
        asked = [(where, query.reference, p) for where, number, p in packages if query.is_for(number)]
        packages = asked or packages
    events = list[ShipmentEvent]()
    skipped = 0
    for where, number, package in packages:
        fresh = list(_events(where, number.strip(), package, query))
        events.extend(fresh)
        skipped += len(package.activity) - len(fresh)
    return Parsed(oldest_first(events), skipped)


def _events(where: str, number: str, package: Package, query: Query | None) -> Iterator[ShipmentEvent]:
    """The newest event carries what is expected."""
    timed = list(_timed(package))
    told = [(a, moment, meaning) for a, moment in timed if not isinstance(meaning := meaning_of(_status(a)), Skip)]
    newest = max(timed, key=lambda each: each[1].at if each[1] else UNTIMED, default=None)
    zone = zone_of(query.country, query.postal_code, _HOME) if query and query.country else None
    if zone is None and newest is not None:
        zone = _zone(_place(newest[0]))
    eta = expected(package, zone) if zone else None
    last = max(told, key=lambda each: each[1].at if each[1] else UNTIMED, default=None)
    for each in told:
        yield _event(where, number, *each, eta if each is last else None)


def _timed(package: Package) -> Iterator[tuple[Activity, Moment | None]]:
    """Oldest first: UPS tells the newest first."""
    read = [(a, instant_of(a, _zone(_place(a)))) for a in reversed(package.activity)]
    settled = settle(moment for _, moment in read if moment)
    return ((activity, next(settled) if moment else None) for activity, moment in read)


def meaning_of(status: Status) -> Meaning:
    """Type and code, else the three digits, else the simplified wording: but never beside an exception, where it says
    "Delivered" of parcels that are not. Type D alone proves no delivery, and yields to digits that say it went out.
    """
    kind, code = status.letters
    tables = _TABLES.get(kind, (kind,))
    keys = [f"{table}/{code.upper()}" for table in tables] or [kind]
    own = next((CODES[key] for key in keys if key in CODES), None)
    digits = CODES.get(status.digits)
    if isinstance(own, Row) and own.stage is Stage.DELIVERED:
        return digits if isinstance(digits, Row) and digits.stage is Stage.OUT_FOR_DELIVERY else own
    if own is not None and own != UNMAPPED:
        return own
    if digits is not None and digits != UNMAPPED:
        return digits
    recognised = recognise(status.simplified_text_description or "", WORDINGS) if kind != "X" else None
    return recognised.wording.row if recognised else UNMAPPED


def _event(
    where: str, number: str, activity: Activity, moment: Moment | None, said: Row, eta: Eta | None
) -> ShipmentEvent:
    place, status = _place(activity), _status(activity)
    meaning = said if moment else UNMAPPED
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
        location=location(place.town, place.post, place.land),
        carrier_code=code_text(status.name),
        carrier_text=plain(status.description or status.simplified_text_description),
        eta=None if meaning.stage in _ENDED else eta,
    )


def _status(activity: Activity) -> Status:
    return activity.status or Status()


def _place(activity: Activity) -> Place:
    return (activity.location or Where()).address or Place()


def _zone(place: Place) -> ZoneInfo:
    return zone_of_scan(place.land, place.state_province, place.post, _HOME)


def ask(query: Query, url: str, token: str) -> httpx.Request:
    """Always in English. UPS wants every question numbered: it gets the number of our trace."""
    return httpx.Request(
        "GET",
        f"{url.rstrip('/')}/api/track/v1/details/{quote(query.reference.strip(), safe='')}",
        params={"locale": "en_US", "returnSignature": "false", "returnMilestones": "false", "returnPOD": "false"},
        headers={
            "Authorization": f"Bearer {token}",
            "transId": trace_id(current()) or "untraced",
            "transactionSrc": "hito",
            "Accept": "application/json",
        },
    )


ENTRY = CarrierEntry(
    id="ups",
    name="UPS",
    zone=_HOME,
    languages=("en", "es", "pt"),
    phones=(old_phone("US", "+1 800 742 5877"), old_phone("ES", "+34 902 88 88 20")),
    links=(
        TrackingLink(template=_PAGE.format("es_ES"), country="ES"),
        TrackingLink(template=_PAGE.format("es_MX"), country="MX"),
        TrackingLink(template=_PAGE.format("pt_BR"), country="BR"),
        TrackingLink(template=_PAGE.format("en_US")),
    ),
)

UPS = Carrier(
    entry=ENTRY,
    signature=token_header("credential", "x-api-key"),
    parse=parse,
    codes=CODES,
    wordings=WORDINGS,
    pull=Pull(
        url="https://onlinetools.ups.com",
        request=ask,
        read=read_answer,
        minimum_gap=timedelta(seconds=1),
        daily_quota=5_000,
        token=TokenCall("/security/v1/oauth/token", basic=True),
    ),
)
