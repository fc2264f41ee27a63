"""Lives a simulated year through tracking's decisions alone: no database, no broker, and a clock that jumps.

What the consumer does with each fact and the watch with each hour is done here in memory, by the same pure functions.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import cast
from uuid import UUID

from services.tracking.domain.fold import Fold
from services.tracking.domain.order import Decision, advance, go_on
from services.tracking.domain.promise import TimeFact, deadlines
from services.tracking.domain.shipment import ParcelFact, ParcelKey
from services.tracking.domain.snapshot import ShopFact
from services.tracking.domain.telling import Told
from services.tracking.outcome import FINISHED
from services.tracking.translate import parcel_fact, parcel_key, patience_of, shop_fact
from shared.contracts.orders import Order
from shared.contracts.shipments import ShipmentEvent
from shared.contracts.vocabulary import Step
from shared.messaging.inbox import Delivery
from shared.shops import Shop
from tests.support.deliveries import delivery
from tests.support.year.lives import Notice
from tests.support.year.stories import Arrival

_BEFORE = datetime.min.replace(tzinfo=UTC)
_AND_THEN = timedelta(days=60)
"""How long the watch goes on after the last fact of the year."""
_Name = tuple[str, str]


@dataclass
class _Known:
    """What is remembered of one order."""

    shop: Shop
    snapshots: dict[UUID, ShopFact] = field(default_factory=dict)
    told: dict[Told, datetime | None] = field(default_factory=dict)
    fold: Fold | None = None
    check_at: datetime | None = None


class YearInMemory:
    """Feed it arrivals in the order heard; it answers with the notices of lateness as they would be announced."""

    def __init__(self, shops: Iterable[Shop]) -> None:
        self._shops: Mapping[str, Shop] = {shop.id: shop for shop in shops}
        self._orders: dict[_Name, _Known] = {}
        self._facts: defaultdict[ParcelKey, dict[UUID, ParcelFact]] = defaultdict(dict)
        self._owners: defaultdict[ParcelKey, set[_Name]] = defaultdict(set)
        self._due: list[tuple[datetime, _Name]] = []
        self._now = _BEFORE
        self.looked_at = 0

    def live(self, arrivals: Iterable[Arrival]) -> Iterator[Notice]:
        for arrival in arrivals:
            yield from self._until(arrival.heard_at)
            self._now = arrival.heard_at
            yield from self._take_in(arrival)
        yield from self._until(self._now + _AND_THEN)

    def _take_in(self, arrival: Arrival) -> Iterator[Notice]:
        taken = delivery(arrival.fact, said_at=arrival.said_at)
        if isinstance(arrival.fact, Order):
            yield from self._take_snapshot(cast("Delivery[Order]", taken))
            return
        key, scan = parcel_key(arrival.fact), parcel_fact(cast("Delivery[ShipmentEvent]", taken))
        if scan.id in self._facts[key]:
            return
        self._facts[key][scan.id] = scan
        for name in sorted(self._owners[key]):
            fold = self._orders[name].fold
            decision = go_on(fold, {key: [scan]}) if fold is not None else None
            yield from self._announce(name, decision or self._decide_anew(name))

    def _take_snapshot(self, taken: Delivery[Order]) -> Iterator[Notice]:
        name = (taken.data.shop, taken.data.order_id)
        known = self._orders.setdefault(name, _Known(self._shops[name[0]]))
        fact = shop_fact(taken, known.shop)
        known.snapshots[fact.id] = fact
        for key in fact.parcels:
            self._owners[key].add(name)
        yield from self._announce(name, self._decide_anew(name))

    def _decide_anew(self, name: _Name, over: Iterable[TimeFact] = ()) -> Decision:
        known = self._orders[name]
        parcels = {key for fact in known.snapshots.values() for key in fact.parcels}
        facts = {key: tuple(self._facts[key].values()) for key in parcels}
        return advance(tuple(known.snapshots.values()), facts, over, known.told)

    def _announce(self, name: _Name, decision: Decision) -> Iterator[Notice]:
        known = self._orders[name]
        known.fold = decision.fold
        for due in decision.steps:
            known.told[due.identity] = due.occurred_at if due.still_true else None
            if due.step is Step.DELAYED:
                parcel = str(due.parcel) if due.parcel else None
                yield Notice(*name, parcel, due.occurrence, self._now, due.still_true)
        waiting = () if decision.state in FINISHED else self._deadlines(known, decision.fold)
        known.check_at = min((at for at, _ in waiting), default=None)
        if known.check_at is not None:
            heapq.heappush(self._due, (known.check_at, name))

    def _until(self, now: datetime) -> Iterator[Notice]:
        """Look at each order that is due by then, at the very instant, or at once if that has passed."""
        while self._due and self._due[0][0] <= now:
            at, name = heapq.heappop(self._due)
            known = self._orders[name]
            if known.check_at == at and known.fold is not None:
                self.looked_at += 1
                self._now = max(self._now, at)
                over = [fact for due_at, fact in self._deadlines(known, known.fold) if due_at <= self._now]
                yield from self._announce(name, self._decide_anew(name, over))

    def _deadlines(self, known: _Known, fold: Fold) -> list[tuple[datetime, TimeFact]]:
        due = deadlines(fold.shop, fold.states, fold.basis.sent, fold.told, patience_of(known.shop))
        return [(deadline.at, deadline.fact) for deadline in due]
