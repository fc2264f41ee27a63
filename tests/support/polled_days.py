"""Weeks of polling in simulated time: the poller's own board, forecast and budget, and the carrier's truth beside them.

No clock, no broker, no network; what the poller would read from its topics is applied directly. Beside it the plainest
way to spend the same quota: every parcel in turn, evenly over the day.
"""

from __future__ import annotations

import zlib
from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random
from statistics import fmean, median

from services.carrier_gateway.polling import memory
from services.carrier_gateway.polling.board import Board, Turn, day_of
from services.carrier_gateway.polling.parcel import Parcel, after_telling
from shared.contracts.shipments import ShipmentEvent
from shared.contracts.vocabulary import Stage
from shared.contracts.watches import Watch
from tests.support.parcel_lives import ZONE, Life, life_from

CARRIER = "dhl"
BEGINS = datetime(2026, 3, 2, tzinfo=UTC)
TICK = timedelta(minutes=5)
WARM_UP = timedelta(days=7)
MEASURED = timedelta(days=14)
COOL_DOWN = timedelta(days=7)


@dataclass(frozen=True)
class Street:
    """How many parcels live at once, and what the carrier allows."""

    parcels: int
    daily_quota: int
    partitions: int = 12
    seed: int = 1


@dataclass
class Noticed:
    """`asked`: questions by day of UTC. `delays`: hours from each change in the measured time to the first answer that
    shows it; what was never noticed counts until the end.
    """

    asked: Counter[date] = field(default_factory=Counter)
    delays: list[float] = field(default_factory=list)

    @property
    def median_hours(self) -> float:
        return median(self.delays)

    @property
    def mean_hours(self) -> float:
        return fmean(self.delays)


class World:
    """A constant number of parcels alive: when one comes to its end, another order is placed."""

    def __init__(self, street: Street) -> None:
        self._chance = Random(street.seed)
        self.lives: dict[str, Life] = {}
        self._alive: set[str] = set()
        self._wanted = street.parcels
        self._unlabelled: list[str] = []
        self._asked_at: dict[str, list[datetime]] = {}
        self.noticed = Noticed()

    def born_by(self, now: datetime) -> list[tuple[str, Life]]:
        """Those whose label has been printed since the last look; orders are placed to keep the number alive."""
        self._alive = {number for number in self._alive if self.lives[number].ends_at > now}
        while len(self._alive) < self._wanted:
            number = f"P{len(self.lives)}"
            ordered = now - self._chance.uniform(0, 5) * timedelta(days=1) if now == BEGINS else now
            self.lives[number] = life_from(ordered, self._chance)
            self._alive.add(number)
            self._unlabelled.append(number)
        born = [number for number in self._unlabelled if self.lives[number].changes[0].at <= now]
        self._unlabelled = [number for number in self._unlabelled if self.lives[number].changes[0].at > now]
        return [(number, self.lives[number]) for number in born]

    def ask(self, number: str, now: datetime) -> tuple[ShipmentEvent, ...]:
        """What the carrier says, oldest first, as an adapter would hand it over."""
        self.noticed.asked[day_of(now)] += 1
        self._asked_at.setdefault(number, []).append(now)
        life = self.lives[number]
        happened = [change for change in life.changes if change.at <= now]
        return tuple(
            ShipmentEvent(
                carrier=CARRIER,
                reference=number,
                stage=change.stage,
                occurred_at=change.at,
                eta=life.eta if life.eta_from is not None and change.at >= life.eta_from else None,
            )
            for change in happened
        )

    def measure(self, until: datetime) -> Noticed:
        """The label is no change that anybody waits for: the shop has printed it."""
        for number, life in self.lives.items():
            asked = self._asked_at.get(number, [])
            for change in life.changes[1:]:
                if WARM_UP <= change.at - BEGINS < WARM_UP + MEASURED:
                    seen = next((at for at in asked if at >= change.at), until)
                    self.noticed.delays.append((seen - change.at) / timedelta(hours=1))
        return self.noticed


def adaptively(street: Street) -> Noticed:
    """As the poller does it."""
    world, board = World(street), Board(zones={CARRIER: ZONE.key})
    board.hold(range(street.partitions), street.partitions)
    for partition in board.partitions.values():
        partition.complete = True
    now, until = BEGINS, BEGINS + WARM_UP + MEASURED + COOL_DOWN
    while now < until:
        for number, life in world.born_by(now):
            _watch(board, number, life)
        while (turn := board.worthiest(CARRIER, street.daily_quota, now, ZONE)) is not None:
            _ask(world, turn, now)
        now += TICK
    return world.measure(until)


def _watch(board: Board, number: str, life: Life) -> None:
    label = life.changes[0].at
    watch = Watch(carrier=CARRIER, reference=number, since=label, stage=Stage.REGISTERED, country="ES")
    board.apply_watch(zlib.crc32(number.encode()) % board.total, watch.key, watch.to_json(), label)


def _ask(world: World, turn: Turn, now: datetime) -> None:
    parcel: Parcel = turn.parcel
    record = memory.of_question(parcel, now, turn.partition.spent(CARRIER).reserve(day_of(now)))
    events = world.ask(parcel.watch.reference, now)
    parcel.remember(after_telling(record, events, parcel.news_in(events), now))


def evenly(street: Street) -> Noticed:
    """Every parcel in turn, one question each so many minutes, until it is seen to have come to its end."""
    world, turns = World(street), deque[str]()
    pause = timedelta(days=1) / street.daily_quota
    now, until, due = BEGINS, BEGINS + WARM_UP + MEASURED + COOL_DOWN, BEGINS
    while now < until:
        turns.extend(number for number, _ in world.born_by(now))
        while due <= now:
            due += pause
            if turns:
                number = turns.popleft()
                events = world.ask(number, now)
                if not events or events[-1].stage is not Stage.DELIVERED:
                    turns.append(number)
        now += TICK
    return world.measure(until)
