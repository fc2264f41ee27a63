"""Tracking without a database: takes facts in as its handlers do, on the real decisions and the real checkpoint.

Whenever it goes on from what is kept of an order, it decides from all facts anew beside that: both must be the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from services.tracking.checkpoint import read_fold, write_basis, write_fold
from services.tracking.domain.order import Decision, advance, go_on, is_late
from services.tracking.domain.promise import Patience, PromiseBroken, TimeFact, deadlines
from services.tracking.domain.shipment import ParcelFact, ParcelKey
from services.tracking.domain.snapshot import ShopFact
from services.tracking.domain.telling import StepDue, Told
from services.tracking.domain.walk import Heard, walk_parcel
from services.tracking.domain.which_carrier import names_now, told_now


class Said(NamedTuple):
    """A shop's snapshot of an order."""

    order: str
    snapshot: ShopFact


class Scanned(NamedTuple):
    """A carrier's word about a parcel."""

    parcel: ParcelKey
    fact: ParcelFact


class Passed(NamedTuple):
    """Time has passed for an order."""

    order: str
    fact: TimeFact


Arrival = Said | Scanned | Passed
ByParcel = dict[ParcelKey, list[ParcelFact]]


@dataclass
class KnownOrder:
    """`waiting`: what time can only tell once the shop has named the parcel."""

    snapshots: list[ShopFact] = field(default_factory=list)
    told: dict[Told, datetime | None] = field(default_factory=dict)
    kept: tuple[str, str] | None = None
    decision: Decision | None = None
    waiting: list[TimeFact] = field(default_factory=list)

    @property
    def named(self) -> set[ParcelKey]:
        return {key for each in self.snapshots for key in each.linked}

    def take_waiting(self) -> list[TimeFact]:
        ready = [fact for fact in self.waiting if _can_be_said(fact, self)]
        self.waiting = [fact for fact in self.waiting if fact not in ready]
        return ready


class Remembered(NamedTuple):
    """All that is left of an order, in a form in which equal things are equal bytes."""

    state: str
    late: bool
    basis: str
    fold: str
    timeline: Mapping[ParcelKey, tuple[Heard, ...]]
    steps: frozenset[Told]


@dataclass
class ModelTracking:
    """`went_on` and `decided_anew` count how decisions were come by, so that a test can see that it saw both."""

    orders: dict[str, KnownOrder] = field(default_factory=dict)
    facts: ByParcel = field(default_factory=dict)
    inbox: set[Arrival] = field(default_factory=set)
    went_on: int = 0
    decided_anew: int = 0

    def take(self, batch: Iterable[Arrival]) -> dict[str, tuple[StepDue, ...]]:
        """Take a batch in. Answers what is announced of each order."""
        fresh = [arrival for arrival in dict.fromkeys(batch) if arrival not in self.inbox]
        self.inbox.update(fresh)
        scans: dict[str, ByParcel] = {}
        for parcel, fact in (arrival for arrival in fresh if isinstance(arrival, Scanned)):
            self.facts.setdefault(parcel, []).append(fact)
            for name in (name for name, order in self.orders.items() if parcel in order.named):
                scans.setdefault(name, {}).setdefault(parcel, []).append(fact)
        snapshots: dict[str, list[ShopFact]] = {}
        for name, snapshot in (arrival for arrival in fresh if isinstance(arrival, Said)):
            snapshots.setdefault(name, []).append(snapshot)
        for name, time_fact in (arrival for arrival in fresh if isinstance(arrival, Passed)):
            self.orders.setdefault(name, KnownOrder()).waiting.append(time_fact)
        sayable = (name for name, order in self.orders.items() if any(_can_be_said(f, order) for f in order.waiting))
        touched = sorted({*scans, *snapshots, *sayable})
        return {name: self._decide(name, snapshots.get(name, ()), scans.get(name, {})) for name in touched}

    def _decide(self, name: str, snapshots: Sequence[ShopFact], scans: ByParcel) -> tuple[StepDue, ...]:
        order = self.orders.setdefault(name, KnownOrder())
        order.snapshots.extend(snapshots)
        time_facts = order.take_waiting()
        decision = None
        if order.kept is not None and not snapshots and not time_facts:
            decision = self._go_on(order, scans)
        if decision is None:
            if not order.snapshots:
                return ()
            decision = self._anew(order, time_facts)
            self.decided_anew += 1
        else:
            self.went_on += 1
        announced = [due.identity for due in decision.steps]
        assert len(announced) == len(set(announced)), "one decision announces a step once"
        assert not order.told.keys() & set(announced), "what was told is not announced again"
        order.told = told_now(order.told, names_now(decision.fold.basis.lots))
        assert {due.identity for due in decision.retold} <= order.told.keys(), "only what was told is told anew"
        order.told |= {due.identity: due.occurred_at if due.still_true else None for due in decision.steps}
        order.kept = (write_basis(decision.fold.basis), write_fold(decision.fold))
        order.decision = decision
        return decision.steps

    def _go_on(self, order: KnownOrder, scans: ByParcel) -> Decision | None:
        assert order.kept is not None
        fold = read_fold(*order.kept)
        assert fold is not None
        decision = go_on(fold, scans)
        if decision is not None:
            anew = self._anew(order, ())
            assert decision.fold == anew.fold
            assert (decision.state, decision.steps) == (anew.state, anew.steps)
            assert write_fold(decision.fold) == write_fold(anew.fold)
        return decision

    def _anew(self, order: KnownOrder, time_facts: Iterable[TimeFact]) -> Decision:
        facts = {key: tuple(self.facts.get(key, ())) for key in order.named}
        return advance(order.snapshots, facts, time_facts, order.told)

    def due(self, now: datetime, patience: Patience) -> list[Passed]:
        """What the watch has to tell when it looks at `now`."""
        found: list[Passed] = []
        for name, order in self.orders.items():
            if order.decision is not None:
                fold = order.decision.fold
                over = deadlines(fold.shop, fold.states, fold.basis.sent, fold.told, patience)
                found += [Passed(name, each.fact) for each in over if each.at <= now]
        return found

    def remembered(self) -> dict[str, Remembered]:
        """Everything known, order by order."""
        return {name: self._remembered(order) for name, order in sorted(self.orders.items()) if order.kept is not None}

    def _remembered(self, order: KnownOrder) -> Remembered:
        assert order.decision is not None
        assert order.kept is not None
        frame = order.decision.fold.basis.frame()
        timeline = {key: walk_parcel(self.facts.get(key, ()), frame).heard for key in sorted(order.named)}
        return Remembered(order.decision.state, is_late(order.decision), *order.kept, timeline, frozenset(order.told))


def _can_be_said(fact: TimeFact, order: KnownOrder) -> bool:
    if isinstance(fact, PromiseBroken) and fact.parcel is None:
        return bool(order.snapshots)
    return fact.parcel in order.named
