"""Histories nobody thought of: everything shops, carriers and the clock may say, in any order of arrival.

A history is read off a string of bytes: hypothesis draws that in one go, which makes thousands a second possible, and
can still shrink it, for a zero is always the plainest choice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple, TypeVar
from uuid import UUID
from zlib import crc32

from hypothesis import strategies as st

from services.tracking.domain.promise import NeverSeen, PromiseBroken, Stalled, TimeFact
from services.tracking.domain.regions import Region
from services.tracking.domain.shipment import ParcelFact, ParcelKey
from services.tracking.domain.snapshot import UNNAMED, OpenParcel, ShopFact
from shared.contracts.vocabulary import Actor, Clock, Condition, DeliveredTo, PaymentState, ShopState, Stage
from tests.support.deliveries import at
from tests.support.model_tracking import Arrival, Passed, Said, Scanned
from tests.support.real_lives import parcel

T = TypeVar("T")
BYTES = 200
PLACED_AT = at(2, "08:00")
PARCELS = (parcel("S"), parcel("C"), parcel("D"))
PROMISES = (None, date(2026, 3, 6), date(2026, 3, 10))
CONDITIONS = (None, None, None, None, *Condition)
TAKERS = (None, None, None, *DeliveredTo)
ETAS = (None, None, None, at(5, "12:00"), at(8, "12:00"), at(12, "12:00"))
OTHER = ParcelKey("dhl", PARCELS[0].reference)
"""The parcel of another carrier that has the same number as the first one."""
SLOT = ParcelKey(UNNAMED, PARCELS[0].reference)
OPEN = (OpenParcel(SLOT, (OTHER, PARCELS[0])), OpenParcel(SLOT, (PARCELS[0],), certain=True), OpenParcel(SLOT))
"""The first one without its carrier."""
ZONES = ("Europe/Madrid", "Atlantic/Canary", "America/Santiago")
REGIONS = ((), (Region("ES"),), (Region("AR"), Region("ES", "CN")))


class History(NamedTuple):
    """`facts` in no order that means anything, and `batches` of the same facts, some of them twice."""

    facts: tuple[Arrival, ...]
    batches: tuple[tuple[Arrival, ...], ...]


class Choices:
    """One choice after the other, from bytes; when they are used up, the plainest."""

    def __init__(self, drawn: bytes) -> None:
        self._drawn = iter(drawn)

    def below(self, limit: int) -> int:
        return next(self._drawn, 0) % limit

    def of(self, among: Sequence[T]) -> T:
        return among[self.below(len(among))]

    def once_in(self, times: int) -> bool:
        return self.below(times) == times - 1


def history_from(drawn: bytes, conflicts: bool = False, two_carriers: bool = False) -> History:
    """`two_carriers`: the first parcel's number is another carrier's, too, who speaks of it and may be named."""
    choices = Choices(drawn)
    facts: list[Arrival] = []
    names = ("A", "B")[: 1 + choices.once_in(3)]
    without = choices.of((OPEN[0], OPEN[0], OPEN[2]))
    for name in names:
        told = _snapshots(choices, conflicts)
        facts += [Said(name, _of_either(each, without) if two_carriers else each) for each in told]
    for key in (*PARCELS[: 1 + choices.below(3)], *([OTHER] if two_carriers else [])):
        facts += [Scanned(key, each) for each in _scans(choices, key)]
    for _ in range(choices.below(4)):
        facts.append(Passed(choices.of(names), _time_fact(choices)))
    return History(tuple(facts), tuple(_batches(choices, facts)))


histories = st.binary(min_size=BYTES, max_size=BYTES).map(history_from)
histories_of_two_carriers = st.binary(min_size=BYTES, max_size=BYTES).map(
    lambda drawn: history_from(drawn, False, True)
)
histories_with_conflicts = st.binary(min_size=BYTES, max_size=BYTES).map(lambda drawn: history_from(drawn, True))


def _snapshots(choices: Choices, conflicts: bool) -> Iterator[ShopFact]:
    sequence, told = 0, list[ShopFact]()
    for _ in range(1 + choices.below(4)):
        if told and choices.once_in(8):
            again = choices.of(told)  # the same content, sent again
            told.append(again._replace(id=_id(choices), time=_hour(choices)))
        else:
            sequence += 0 if conflicts and choices.once_in(2) else 1
            told.append(_snapshot(choices, sequence, conflicts))
    yield from told


def _snapshot(choices: Choices, sequence: int, conflicts: bool) -> ShopFact:
    named = [key for key in PARCELS if not choices.once_in(2)]
    fact = ShopFact(
        id=_id(choices),
        sequence=sequence,
        time=_hour(choices),
        digest="",
        state=choices.of(tuple(ShopState)),
        placed_at=PLACED_AT + timedelta(days=choices.of((0, 0, 0, 0, 3, -1))),
        zone=choices.of(ZONES),
        payment=choices.of((None, *PaymentState)),
        parcels=tuple(named[::-1] if choices.once_in(4) else named),
        promise_until=choices.of(PROMISES),
        lines_pending=choices.once_in(4),
        regions=choices.of(REGIONS),
        watched=not choices.once_in(8),
    )
    fact = fact if conflicts else _open_or_named(choices, fact)
    return fact._replace(digest=f"{crc32(repr(fact[4:]).encode()):08x}")


def _open_or_named(choices: Choices, fact: ShopFact) -> ShopFact:
    """In one of three the carrier of the first parcel is left out."""
    if PARCELS[0] not in fact.parcels or not choices.once_in(3):
        return fact
    without = choices.of(OPEN[:2])
    return fact._replace(parcels=tuple(SLOT if key == PARCELS[0] else key for key in fact.parcels), open=(without,))


def _of_either(fact: ShopFact, without: OpenParcel) -> ShopFact:
    """Never known from its format alone, and seldom named the other carrier's."""
    opened = tuple(without for _ in fact.open)
    named = OTHER if int(fact.digest, 16) % 4 == 0 else PARCELS[0]  # the same content, sent again, names the same
    parcels = tuple(named if key == PARCELS[0] else key for key in fact.parcels)
    changed = fact._replace(open=opened, parcels=parcels)
    return changed._replace(digest=f"{crc32(repr(changed[4:]).encode()):08x}")


def _scans(choices: Choices, key: ParcelKey) -> Iterator[ParcelFact]:
    before: ParcelFact | None = None
    for nth in range(choices.below(8)):
        fact = _scan(choices, nth)
        if before is not None and choices.once_in(10):
            fact = fact._replace(id=before.id, occurred_at=before.occurred_at)  # two contents under one id
        before = fact
        yield fact


def _scan(choices: Choices, nth: int) -> ParcelFact:
    said, heard_at = _hour(choices), None
    match choices.below(12):
        case 10:
            said, heard_at = said + timedelta(days=400), said
        case 11:
            said += timedelta(days=choices.of((20, 100)))
    silence = choices.of((None,) * 9 + (timedelta(hours=1), timedelta(days=3)))
    return ParcelFact(
        id=UUID(int=choices.below(256) << 64 | nth),
        occurred_at=said,
        stage=Stage.UNKNOWN if silence is not None else choices.of(tuple(Stage)),
        condition=choices.of(CONDITIONS),
        action_by=choices.of((None, *Actor)),
        delivered_to=choices.of(TAKERS),
        clock=choices.of(tuple(Clock)),
        city=choices.of((None, "Getafe")),
        eta_until=choices.of(ETAS),
        heard_at=heard_at,
        silent_since=said - silence if silence is not None else None,
    )


def _time_fact(choices: Choices) -> TimeFact:
    key, day = choices.of(PARCELS), choices.of(PROMISES[1:])
    assert day is not None
    match choices.below(4):
        case 0:
            return PromiseBroken(key, day)
        case 1:
            return PromiseBroken(None, day)
        case 2:
            return NeverSeen(key, at(7, "08:00"))
    since = _hour(choices)
    return Stalled(key, since, since + timedelta(days=5))


def _batches(choices: Choices, facts: Sequence[Arrival]) -> Iterator[tuple[Arrival, ...]]:
    arrivals = [*facts, *(choices.of(facts) for _ in range(choices.below(4)))]
    nearly_in_time = choices.once_in(3)
    if nearly_in_time:
        arrivals.sort(key=_said_at)
    for place in range(len(arrivals) - 1, 0, -1):
        other = place if nearly_in_time and not choices.once_in(12) else place - choices.below(place + 1)
        arrivals[place], arrivals[other] = arrivals[other], arrivals[place]
    while arrivals:
        size = 1 + choices.of((0, 0, 0, 1, 2, 5))
        yield tuple(arrivals[:size])
        arrivals = arrivals[size:]


def _said_at(arrival: Arrival) -> datetime:
    """The shop first, then the carriers; the clock tells at the end."""
    match arrival:
        case Said(_, snapshot):
            return snapshot.time - timedelta(days=15)
        case Scanned(_, fact):
            return fact.at
    return PLACED_AT + timedelta(days=500)


def _hour(choices: Choices) -> datetime:
    """Of two weeks, and coarse: several facts fall on one instant."""
    return PLACED_AT + timedelta(hours=3 * choices.below(120) - 60)


def _id(choices: Choices) -> UUID:
    return UUID(int=1 << 100 | choices.below(256) << 8 | choices.below(256))
