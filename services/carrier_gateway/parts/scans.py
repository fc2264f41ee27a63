"""What a carrier's list of scans becomes once each is read: events, oldest first, of one parcel.

For carriers that tell a flat list of (time, code, words, place). A scan without a possible instant is kept for
operators as `unknown`; the newest event carries what the carrier expects, unless the parcel's way is over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sized
from dataclasses import dataclass, replace
from typing import Annotated

from pydantic import BeforeValidator

from services.carrier_gateway.parts.base import UNMAPPED, UNTIMED, Malformed, Row, build_event, oldest_first
from services.carrier_gateway.parts.instants import Moment, NoInstant, settle
from services.carrier_gateway.parts.plain_text import clean, code_text, plain
from services.carrier_gateway.parts.wording import LONGEST_TEXT, Recognised
from shared.contracts.shipments import Eta, Location, ShipmentEvent
from shared.contracts.vocabulary import Clock, Stage

ENDED = (Stage.DELIVERED, Stage.RETURNED, Stage.LOST, Stage.CANCELLED)
MOST_SCANS = 150
"""In one payload, of all its parcels together: several times what the longest ways have, and read within 50 ms."""

Written = Annotated[str, BeforeValidator(lambda value: str(value) if type(value) is int else value)]
"""A text that some installations of a carrier write as a JSON number."""


@dataclass(frozen=True)
class Scan:
    """One thing a carrier said. `moment` is None where it gave an impossible one; `text` may still hold names."""

    meaning: Row
    moment: Moment | None
    code: str | None = None
    text: str | None = None
    recognised: Recognised | None = None
    """The wording that gave or changed the meaning: its name becomes part of the code."""
    location: Location | None = None


def tell(
    carrier: str, number: tuple[str, str, str], scans: Iterable[Scan], eta: Eta | None = None
) -> tuple[ShipmentEvent, ...]:
    """`number` is (the parcel's number, where the payload has it, that field's name there).

    `scans` come in the carrier's own order: of an hour that exists twice, it tells which one was meant.
    Raises Malformed when the number cannot be one.
    """
    told = list(scans)
    settled = settle(scan.moment for scan in told if scan.moment)
    dated = [replace(scan, moment=next(settled)) if scan.moment else scan for scan in told]
    events = oldest_first(_event(carrier, number, scan) for scan in dated)
    if eta is None or not events or events[-1].stage in ENDED:
        return events
    return (*events[:-1], events[-1].model_copy(update={"eta": eta}))


def _event(carrier: str, number: tuple[str, str, str], scan: Scan) -> ShipmentEvent:
    reference, where, field = number
    meaning = scan.meaning if scan.moment else UNMAPPED
    return build_event(
        where,
        field,
        carrier=carrier,
        reference=reference.strip(),
        stage=meaning.stage,
        condition=meaning.condition,
        action_by=meaning.action_by,
        delivered_to=meaning.delivered_to,
        occurred_at=scan.moment.at if scan.moment else UNTIMED,
        clock=scan.moment.clock if scan.moment else Clock.ASSUMED,
        location=scan.location,
        carrier_code=_code(scan),
        carrier_text=_text(scan),
    )


def _code(scan: Scan) -> str | None:
    """The carrier's code, and the wording's name where that had a say: two facts of one second stay two."""
    code, name = clean(scan.code, 60), scan.recognised.wording.name if scan.recognised else None
    return code_text(f"{code}/{name}" if code and name else code or name)


def _text(scan: Scan) -> str | None:
    """Cut after the known wording: names come behind it."""
    words = (clean(scan.text, LONGEST_TEXT) or "").split()
    return plain(" ".join(words[: scan.recognised.words] if scan.recognised else words))


def refuse_flood(where: str, histories: Iterable[Sized | None]) -> None:
    """Raises Malformed for more than MOST_SCANS in all histories together; an empty one counts as one scan."""
    if sum(max(1, len(history or ())) for history in histories) > MOST_SCANS:
        raise Malformed([(where, f"holds more than {MOST_SCANS} scans")])


def city(name: str | None) -> Location | None:
    """An office or a city as a place."""
    cleaned = clean(name)
    return Location(city=cleaned) if cleaned else None


def location(city: str | None, postal_code: str | None, country: str | None) -> Location | None:
    """A place as far as it is known, None where nothing is."""
    if city is None and postal_code is None and country is None:
        return None
    return Location(city=city, postal_code=postal_code, country=country)


def attempt(read: Callable[[], Moment]) -> Moment | None:
    """What `read` gives, None where it raises NoInstant."""
    try:
        return read()
    except NoInstant:
        return None
