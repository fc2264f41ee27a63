"""Where an order stands and what its buyer is to hear next: pure functions of the set of facts.

`advance` decides from all facts there are; `go_on` from what is kept of them and the facts that are new. Any
permutation, duplication or batching of the same facts gives the same state and, counting what was told before, the same
set of steps. There are two exceptions: two contents under one sequence (`without_conflicts`), and what was told of a
carrier before it turned out that another one has the parcel (`which_carrier`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import chain
from typing import NamedTuple

from services.tracking.domain.calendar import local_day
from services.tracking.domain.episode import AsTold, once_in_an_episode, tells_of_lateness
from services.tracking.domain.fold import Basis, Fold, basis_of, first_of, promised_at
from services.tracking.domain.lifecycle import FINAL, OPENING, SHOP_SAYS_OF_PARCELS, UNDER_WAY
from services.tracking.domain.order_state import order_state, stages_that_count
from services.tracking.domain.promise import PromiseBroken, TimeFact, broken_on, told_by_time
from services.tracking.domain.shipment import (
    Ignored,
    ParcelFact,
    ParcelKey,
    ParcelState,
    in_true_order,
)
from services.tracking.domain.snapshot import ShopFact, judge_snapshot, without_conflicts
from services.tracking.domain.telling import StepDue, Told, merged, told_by_scans, told_by_snapshot
from services.tracking.domain.walk import OF_ANOTHER_PARCEL, Heard, Walk, Walked, walk_parcel
from services.tracking.domain.walk import go_on as walk_on
from services.tracking.domain.which_carrier import (
    Lots,
    as_known_now,
    in_time_now,
    is_another,
    lots_of,
    names_now,
    told_but_of,
    told_now,
)
from shared.contracts.vocabulary import OrderState, Stage, Step

_RANK_OF_STEP: Mapping[Step, int] = {step: rank for rank, step in enumerate(Step)}
_NOTHING_TOLD: AsTold = {}
_NO_WALKS: Mapping[ParcelKey, Walk] = {}


class Standing(NamedTuple):
    """Where an order stands, without how it got there. `told` may lack steps that do not tell of lateness."""

    shop: ShopFact
    parcels: Mapping[ParcelKey, ParcelState]
    told: frozenset[Told]
    lots: Lots = ()

    @property
    def state(self) -> OrderState:
        return order_state(self.shop, self.parcels)

    @property
    def parcels_total(self) -> int:
        return len(stages_that_count(self.shop, self.parcels))

    @property
    def parcels_delivered(self) -> int:
        return stages_that_count(self.shop, self.parcels).count(Stage.DELIVERED)

    @property
    def promise_is_broken(self) -> bool:
        """True once a parcel, or an order without any, has come or is to come after the day the shop promises now."""
        shop, promised = self.shop, self.shop.promise_until
        if promised is None:
            return False
        if self.told and any(PromiseBroken(key, promised).identity in self.told for key in (*shop.parcels, None)):
            return True
        arrivals = (self.parcels[key].arrived_at for key in shop.parcels)
        return any(at is not None and at >= broken_on(promised, shop.zone) for at in arrivals)


class Decision(NamedTuple):
    """What all facts together make of an order.

    `shop` is the snapshot that stands. `parcels` holds every parcel the order ever had; those in `shop.parcels` count.
    `steps` are those not yet told, in the order a buyer should hear them. `ignored` names every fact looked at that
    changed nothing. `fold` is what the next facts can be put onto. `retold`: steps told before of parcels that the shop
    named without their carrier, as they have to be told now, for those that were told of another carrier.
    """

    state: OrderState
    parcels: Mapping[ParcelKey, ParcelState]
    steps: tuple[StepDue, ...]
    ignored: tuple[Ignored, ...]
    fold: Fold
    retold: tuple[StepDue, ...] = ()

    @property
    def shop(self) -> ShopFact:
        return self.fold.shop

    @property
    def standing(self) -> Standing:
        return Standing(self.shop, self.parcels, self.fold.told, self.fold.basis.lots)

    @property
    def parcels_total(self) -> int:
        return self.standing.parcels_total

    @property
    def parcels_delivered(self) -> int:
        return self.standing.parcels_delivered


def advance(
    snapshots: Sequence[ShopFact],
    parcels: Mapping[ParcelKey, Sequence[ParcelFact]],
    time_facts: Iterable[TimeFact] = (),
    told: AsTold = _NOTHING_TOLD,
    kept: Mapping[ParcelKey, Walk] = _NO_WALKS,
) -> Decision:
    """Decide from all facts of one order what is true now and what has to be told.

    `snapshots`: every one ever told, stale ones too, for what they tell belongs to the story. `parcels`: all facts ever
    heard of each parcel that any snapshot of this order ever named. `told`: all steps returned before, each with its
    instant, or None where it was not still true. `kept`: walks whose early facts are no longer there. Raises ValueError
    without a snapshot.
    """
    lots = lots_of(snapshots, parcels, first_of(snapshots), kept)
    if lots:
        names = names_now(lots)
        snapshots = [as_known_now(each, names) for each in snapshots]
        told, time_facts = told_now(told, names), [in_time_now(each, names) for each in time_facts]
    basis = basis_of(snapshots, lots)
    shop = basis.shop
    known = sorted({*parcels, *chain.from_iterable((*(s.parcels for s in snapshots), *(lot.names for lot in lots)))})
    ignored = [_verdict(shop, snapshot) for snapshot in snapshots if snapshot is not shop]
    walked = {key: _walk(basis, key, tuple(parcels.get(key, ())), kept.get(key)) for key in known}
    states = {key: each.state for key, each in walked.items()}
    before = told if not lots else told_but_of(lots, told)
    dues = [
        *chain(*(told_by_snapshot(snapshot, shop, states) for snapshot in without_conflicts(snapshots))),
        *chain(*(told_by_scans(shop, key, walked[key], before) for key in known if not is_another(key, lots))),
        *(told_by_time(fact, shop, states) for fact in time_facts),
    ]
    walks = {key: each.walk for key, each in walked.items()}
    steps = once_in_an_episode(_to_announce(dues, told), told, shop, walks, promised_at(snapshots, shop))
    fold = Fold(basis, walks, frozenset((*told, *(due.identity for due in steps))))
    reasons = chain(ignored, *(each.ignored for each in walked.values()))
    retold = tuple(due for due in _to_announce(dues, before) if due.identity in told) if lots else ()
    return Decision(order_state(shop, states), states, steps, tuple(reasons), fold, retold)


def go_on(fold: Fold, scans: Mapping[ParcelKey, Sequence[ParcelFact]]) -> Decision | None:
    """Decide from what is kept and from new facts that happened later: the same decision as from all facts together.

    None when that cannot be said from these alone (a fact that comes late, a new way of being late): ask `advance`.
    """
    ordered = {key: in_true_order(facts) for key, facts in scans.items()}
    if not fold.can_take(ordered):
        return None
    frame = fold.basis.frame()
    walked = {key: walk_on(fold.walks[key], facts, frame) for key, facts in ordered.items()}
    walks = {**fold.walks, **{key: each.walk for key, each in walked.items()}}
    states = {key: walk.state for key, walk in walks.items()}
    dues = chain(*(told_by_scans(fold.shop, key, each, fold.told) for key, each in walked.items()))
    steps = _to_announce(dues, fold.told)
    if any(due.still_true and tells_of_lateness(due.identity) for due in steps):
        return None
    told = fold.told.union(due.identity for due in steps) if steps else fold.told
    fold = fold._replace(walks=walks, told=told)
    ignored = tuple(reason for each in walked.values() for reason in each.ignored)
    return Decision(order_state(fold.shop, states), states, steps, ignored, fold)


def is_late(decision: Decision) -> bool:
    """True while a parcel is still to come that the promised day, or the carrier's own day for it, says is late."""
    shop, fold = decision.shop, decision.fold
    if shop.promise_until is None:
        return False
    if not shop.parcels:
        return PromiseBroken(None, shop.promise_until).identity in fold.told
    return any(_is_late(fold, key, shop.promise_until) for key in shop.parcels)


def _is_late(fold: Fold, key: ParcelKey, promised: date) -> bool:
    state = fold.walks[key].state
    if state.stage in FINAL or state.stage is Stage.RETURNING:
        return False
    if any(PromiseBroken(parcel, promised).identity in fold.told for parcel in (key, None)):
        return True
    return state.eta_until is not None and local_day(state.eta_until, fold.shop.zone) > promised


def _verdict(shop: ShopFact, snapshot: ShopFact) -> Ignored:
    verdict = judge_snapshot(shop, snapshot)
    assert isinstance(verdict, Ignored), "nothing stands against the snapshot that stands"
    return verdict


def _walk(basis: Basis, key: ParcelKey, facts: tuple[ParcelFact, ...], kept: Walk | None) -> Walked:
    """The shop may say that a parcel arrived or came back. A scan of the carrier later than that knows better.

    Where early facts have been dropped for their age, what was made of them stands, and later ones are put onto it.
    """
    frame = basis.frame()
    if kept is not None and len(facts) < kept.facts:
        return walk_parcel(facts, frame, kept)
    walked = walk_parcel(facts, frame)
    shop = basis.shop
    said = SHOP_SAYS_OF_PARCELS.get(shop.state)
    if said is None or key not in shop.parcels or walked.state.stage in (said, Stage.CANCELLED):
        return walked
    word = ParcelFact(shop.id, shop.time, said)
    with_word = walk_parcel((*facts, word), frame._replace(word=shop.id))
    return walked if any(_knows_better(each, shop) for each in with_word.heard) else with_word


def _knows_better(each: Heard, shop: ShopFact) -> bool:
    """A scan later than the shop's word, unless it is about another parcel that has the same reference."""
    return each.fact.stage in UNDER_WAY and each.fact.at > shop.time and each.ignored not in OF_ANOTHER_PARCEL


def _to_announce(dues: Iterable[StepDue], told: Mapping[Told, object] | frozenset[Told]) -> tuple[StepDue, ...]:
    by_identity: dict[Told, list[StepDue]] = {}
    for due in dues:
        if due.identity not in told:
            by_identity.setdefault(due.identity, []).append(due)
    steps = [merged(same) for same in by_identity.values()]
    return tuple(steps) if len(steps) < 2 else tuple(sorted(steps, key=_as_a_buyer_should_hear))


def _as_a_buyer_should_hear(due: StepDue) -> tuple[object, ...]:
    opening = 0 if due.step in OPENING else 1
    return (opening, due.occurred_at, _RANK_OF_STEP[due.step], due.occurrence, due.parcel or ("", ""))
