"""From what an adapter has read of each scan to events: impossible times, repeated hours and the estimate, done once.

The scans come in the order in which the carrier tells them, oldest first; that order settles an hour that the clocks
repeat. The newest event carries what is expected, unless the parcel's way has ended.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo

from services.carrier_gateway.carriers.base import UNMAPPED, UNTIMED, Row, build_event
from services.carrier_gateway.carriers.instants import Moment, NoInstant, end_of_day, read_moment, settle
from services.carrier_gateway.carriers.plain_text import clean, country_code
from shared.contracts.shipments import Eta, Location, ShipmentEvent
from shared.contracts.vocabulary import Clock, Stage

ENDED = (Stage.DELIVERED, Stage.RETURNED, Stage.LOST, Stage.CANCELLED)


@dataclass(frozen=True)
class Scan:
    """One thing that a carrier tells of a parcel. `code` and `text` are already fit for operators."""

    where: str
    """The path of its field in the payload, for errors."""
    moment: Moment | None
    """None where the carrier's time is impossible: the event is then unknown and untimed."""
    meaning: Row
    code: str | None
    text: str | None = None
    location: Location | None = None


@dataclass(frozen=True)
class Parcel:
    """Whose scans they are; `field` is what the carrier calls its number, with its path."""

    carrier: str
    reference: str
    field: str


def tell(parcel: Parcel, oldest_first: Sequence[Scan], eta: Eta | None = None) -> Iterator[ShipmentEvent]:
    """Raises Malformed when the number cannot be one."""
    settled = settle(scan.moment for scan in oldest_first if scan.moment)
    scans = [replace(scan, moment=next(settled)) if scan.moment else scan for scan in oldest_first]
    newest = max(scans, key=_instant, default=None)
    for scan in scans:
        yield _event(parcel, scan, eta if scan is newest and scan.meaning.stage not in ENDED else None)


def _instant(scan: Scan) -> datetime:
    return scan.moment.at if scan.moment else UNTIMED


def _event(parcel: Parcel, scan: Scan, eta: Eta | None) -> ShipmentEvent:
    meaning = scan.meaning if scan.moment else UNMAPPED
    where, _, name = parcel.field.rpartition(".")
    return build_event(
        where or scan.where,
        name,
        carrier=parcel.carrier,
        reference=parcel.reference.strip(),
        stage=meaning.stage,
        condition=meaning.condition,
        action_by=meaning.action_by,
        delivered_to=meaning.delivered_to,
        occurred_at=_instant(scan),
        clock=scan.moment.clock if scan.moment else Clock.ASSUMED,
        location=scan.location,
        carrier_code=scan.code,
        carrier_text=scan.text,
        eta=eta,
    )


def moment_of(text: str | None, zone: tzinfo | None) -> Moment | None:
    """The instant, or None for what is none. `zone` None refuses a time without an offset."""
    try:
        return read_moment(text or "", zone)
    except NoInstant:
        return None


def place_of(city: str | None, postal_code: str | None, country: str | None) -> Location | None:
    """Cleaned; None when nothing is known."""
    place = Location(city=clean(city), postal_code=clean(postal_code, 20), country=country_code(country))
    return None if place == Location() else place


def expected(begin: str | None, until: str | None, zone: tzinfo) -> Eta | None:
    """When the carrier expects to deliver. Midnight stands for the whole day: nobody delivers at 00:00.

    None when nothing readable was said: an estimate is no reason to refuse what did happen.
    """
    start = moment_of(begin, zone)
    end = moment_of(until, zone) or start
    if end is None:
        return None
    last = end_of_day(end, zone) if end.wall.endswith("T00:00:00") else end.at
    return Eta(from_=start.at if start and start.at < last else None, until=last)
