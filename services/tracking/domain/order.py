"""Where an order stands and what its buyer is to hear next: `advance`, a pure function of the set of facts.

Any permutation, duplication or batching of the same facts gives the same state and, counting what was told before, the
same set of steps. The only exception is named at `without_conflicts`: two contents under one sequence.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import chain

from services.tracking.domain.lifecycle import OPENING, SHOP_SAYS_OF_PARCELS, UNDER_WAY
from services.tracking.domain.promise import PromiseBroken
from services.tracking.domain.shipment import (
    NEVER_SCANNED,
    Ignored,
    ParcelFact,
    ParcelKey,
    ParcelState,
    Walk,
    facts_of_order,
    walk_parcel,
)
from services.tracking.domain.snapshot import ShopFact, judge_snapshot, standing, without_conflicts
from services.tracking.domain.telling import StepDue, Told, merged, told_by_scans, told_by_snapshot, told_by_time
from shared.contracts.vocabulary import OrderState, ShopState, Stage, Step

TimeFact = PromiseBroken
"""What the mere passing of time can tell."""

_RANK_OF_STEP: Mapping[Step, int] = {step: rank for rank, step in enumerate(Step)}


@dataclass(frozen=True, slots=True)
class Decision:
    """What all facts together make of an order.

    `shop` is the snapshot that stands. `parcels` holds every parcel the order ever had; those in `shop.parcels` count.
    `steps` are those not yet told, in the order a buyer should hear them. `ignored` names every fact that changed
    nothing, old ones too: the facts are judged anew each time.
    """

    shop: ShopFact
    state: OrderState
    parcels: Mapping[ParcelKey, ParcelState]
    steps: tuple[StepDue, ...]
    ignored: tuple[Ignored, ...]

    @property
    def parcels_total(self) -> int:
        return len(_stages_that_count(self.shop, self.parcels))

    @property
    def parcels_delivered(self) -> int:
        return _stages_that_count(self.shop, self.parcels).count(Stage.DELIVERED)


def advance(
    snapshots: Sequence[ShopFact],
    parcels: Mapping[ParcelKey, Sequence[ParcelFact]],
    time_facts: Iterable[TimeFact] = (),
    told: Set[Told] = frozenset(),
) -> Decision:
    """Decide from all facts of one order what is true now and what has to be told.

    `snapshots`: the one that stood so far and every new one, stale ones too, for what they tell belongs to the story.
    `parcels`: all facts ever heard of each parcel that any snapshot of this order ever named. `told`: the identities of
    all steps returned before, whether still true or not. Raises ValueError without a snapshot.
    """
    shop = standing(snapshots)
    known = sorted({*parcels, *chain.from_iterable(snapshot.parcels for snapshot in snapshots)})
    ignored: list[Ignored] = [_verdict(shop, snapshot) for snapshot in snapshots if snapshot is not shop]
    walks: dict[ParcelKey, Walk] = {}
    for key in known:
        facts, foreign = facts_of_order(parcels.get(key, ()), shop.placed_at)
        walks[key] = _walk_with_the_shops_word(shop, key, facts)
        ignored += [*foreign, *walks[key].ignored]
    states = {key: walk.state for key, walk in walks.items()}
    dues = chain(
        *(told_by_snapshot(snapshot, shop, states) for snapshot in without_conflicts(snapshots)),
        *(told_by_scans(shop, key, walks[key], told) for key in known),
        *(told_by_time(fact, shop, states) for fact in time_facts),
    )
    return Decision(shop, order_state(shop, states), states, _to_announce(dues, told), tuple(ignored))


def order_state(shop: ShopFact, parcels: Mapping[ParcelKey, ParcelState]) -> OrderState:
    """The whole order: delivered only when every parcel is and none is still to be sent. A missing parcel is unscanned.

    A parcel whose label the carrier cancelled does not count. Cancelled and returned by the shop's word are final.
    """
    stages = _stages_that_count(shop, parcels)
    if shop.state in (ShopState.CANCELLED, ShopState.RETURNED) or not stages:
        return OrderState(shop.state.value)
    sent_by_shop = shop.state in (ShopState.SHIPPED, ShopState.DELIVERED)
    whole = sent_by_shop or not shop.lines_pending
    if whole and all(stage is Stage.RETURNED for stage in stages):
        return OrderState.RETURNED
    if whole and all(stage is Stage.DELIVERED for stage in stages):
        return OrderState.DELIVERED
    if Stage.DELIVERED in stages:
        return OrderState.PARTLY_DELIVERED
    if sent_by_shop or (whole and all(stage in UNDER_WAY for stage in stages)):
        return OrderState.SHIPPED
    if any(stage in UNDER_WAY for stage in stages):
        return OrderState.PARTLY_SHIPPED
    return OrderState(shop.state.value)


def _stages_that_count(shop: ShopFact, parcels: Mapping[ParcelKey, ParcelState]) -> list[Stage]:
    stages = (parcels.get(key, NEVER_SCANNED).stage for key in shop.parcels)
    return [stage for stage in stages if stage is not Stage.CANCELLED]


def _verdict(shop: ShopFact, snapshot: ShopFact) -> Ignored:
    verdict = judge_snapshot(shop, snapshot)
    assert isinstance(verdict, Ignored), "nothing stands against the snapshot that stands"
    return verdict


def _walk_with_the_shops_word(shop: ShopFact, key: ParcelKey, facts: Sequence[ParcelFact]) -> Walk:
    """The shop may say that a parcel arrived or came back. A scan of the carrier later than that knows better."""
    walk = walk_parcel(facts)
    said = SHOP_SAYS_OF_PARCELS.get(shop.state)
    if said is None or key not in shop.parcels or walk.state.stage in (said, Stage.CANCELLED):
        return walk
    if any(fact.stage in UNDER_WAY and fact.occurred_at > shop.time for fact in facts):
        return walk
    return walk_parcel((*facts, ParcelFact(shop.id, shop.time, said)))


def _to_announce(dues: Iterable[StepDue], told: Set[Told]) -> tuple[StepDue, ...]:
    by_identity: dict[Told, list[StepDue]] = {}
    for due in dues:
        if due.identity not in told:
            by_identity.setdefault(due.identity, []).append(due)
    steps = (merged(same) for same in by_identity.values())
    return tuple(sorted(steps, key=_as_a_buyer_should_hear))


def _as_a_buyer_should_hear(due: StepDue) -> tuple[object, ...]:
    opening = 0 if due.step in OPENING else 1
    return (opening, due.occurred_at, _RANK_OF_STEP[due.step], due.occurrence, due.parcel or ("", ""))
