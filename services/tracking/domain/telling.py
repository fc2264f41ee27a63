"""Which steps the facts tell of, and whether each is still true.

The set of steps is a union over single facts (and over unbroken runs of the same stage), so it does not depend on the
order in which the facts came in. Whether a step is still true does: it is judged against all that is known now.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from services.tracking.domain.calendar import local_day
from services.tracking.domain.lateness import Lateness
from services.tracking.domain.lifecycle import (
    BUYER_MUST_ACT_SURVIVES,
    PAYMENT_TELLS,
    SHOP_TELLS,
    STEP_OF,
    SURVIVES,
    UNDER_WAY,
    UNTOLD_ONCE_CANCELLED,
    trouble_of,
)
from services.tracking.domain.shipment import ParcelKey, ParcelState, as_told_by
from services.tracking.domain.snapshot import ShopFact
from services.tracking.domain.walk import Heard, Telling, Walked, eta_label
from shared.contracts.vocabulary import Actor, Clock, PaymentState, ShopState, Stage, Step


class Told(NamedTuple):
    """What makes a step one and the same, however many facts tell of it."""

    step: Step
    occurrence: str = "1"
    parcel: ParcelKey | None = None


class StepDue(NamedTuple):
    """A step to announce. `still_true` is False when it is for the record only: the buyer would hear old news.

    `seen` is the parcel as a message about this step shows it. `caused_by` is the id of the earliest fact that tells of
    the step, None when only time passed.
    """

    step: Step
    occurrence: str
    parcel: ParcelKey | None
    occurred_at: datetime
    clock: Clock
    caused_by: UUID | None
    still_true: bool
    seen: ParcelState | None = None

    @property
    def identity(self) -> Told:
        return Told(self.step, self.occurrence, self.parcel)


def told_by_scans(shop: ShopFact, key: ParcelKey, walked: Walked, told: Container[Told]) -> Iterator[StepDue]:
    """Every step not yet told that the carrier's facts tell of; the shop's word among them tells as a snapshot does."""
    heard = walked.heard
    for nth, each in enumerate(heard):
        fact = each.fact
        if not each.tellings or fact.id == shop.id:
            continue
        for telling in each.tellings:
            step, occurrence = telling
            if Told(step, occurrence, key) in told:
                continue
            still_true = (
                key in shop.parcels
                and each.ignored is None
                and not (shop.state is ShopState.CANCELLED and step in UNTOLD_ONCE_CANCELLED)
                and not _overtaken(shop, walked, each, telling, heard[nth + 1 :])
            )
            seen = as_told_by(walked.state, fact)
            yield StepDue(step, occurrence, key, fact.at, fact.clock, fact.id, still_true, seen)


def _overtaken(shop: ShopFact, walked: Walked, each: Heard, telling: Telling, later: Sequence[Heard]) -> bool:
    step, occurrence = telling
    if occurrence.startswith(Lateness.ETA):
        return not _still_expected_late(shop, walked, occurrence)
    if step is Step.IN_TRANSIT and _tells_of_standing_promise(shop, each):
        return True
    survives = SURVIVES.get(step, frozenset())
    fact = each.fact
    trouble = trouble_of(fact.stage, fact.condition, fact.action_by)
    if trouble is not None and trouble.step is step and fact.action_by is Actor.BUYER:
        survives |= BUYER_MUST_ACT_SURVIVES
    for scan in later:
        if scan.ignored is not None:
            continue
        if scan.fact.stage is Stage.CANCELLED:
            return True
        says_more = telling not in scan.tellings or (step is Step.IN_TRANSIT and _tells_of_standing_promise(shop, scan))
        if says_more and any(other not in survives for other, _ in scan.tellings):
            return True
    return False


def _still_expected_late(shop: ShopFact, walked: Walked, occurrence: str) -> bool:
    """The newest word of the carrier still lies beyond the day that the shop promises now."""
    label, _, run = occurrence.rpartition(":")
    if not shop.watched or shop.promise_until is None or label != eta_label(shop.promise_until):
        return False
    walk = walked.walk
    current = label in walk.unbroken and str(walk.runs[label]) == run
    eta = walk.state.eta_until
    return current and eta is not None and local_day(eta, shop.zone) > shop.promise_until


def _tells_of_standing_promise(shop: ShopFact, each: Heard) -> bool:
    """True for a scan that says "on its way" and "late" at once: the second says both."""
    if len(each.tellings) < 2 or not shop.watched or shop.promise_until is None:
        return False
    label = eta_label(shop.promise_until)
    return any(occurrence.rpartition(":")[0] == label for _, occurrence in each.tellings)


def told_by_snapshot(snapshot: ShopFact, shop: ShopFact, parcels: Mapping[ParcelKey, ParcelState]) -> Iterator[StepDue]:
    """Every step that one snapshot tells of. `shop` is the snapshot that stands.

    What it says of a parcel whose carrier nobody knows waits: a message without its carrier must not be made.
    """
    for step in (*SHOP_TELLS[snapshot.state], *PAYMENT_TELLS[snapshot.payment]):
        for key in snapshot.told_of if step.about_parcel else (None,):
            still_true = _shop_still_says(step, key, shop, parcels)
            seen = parcels[key] if key is not None else None
            yield StepDue(step, "1", key, snapshot.time, Clock.EXACT, snapshot.id, still_true, seen)


def _shop_still_says(
    step: Step, key: ParcelKey | None, shop: ShopFact, parcels: Mapping[ParcelKey, ParcelState]
) -> bool:
    cancelled = shop.state is ShopState.CANCELLED
    if key is not None:
        return key in shop.parcels and not cancelled and _parcel_bears_out(step, shop, parcels[key])
    match step:
        case Step.ORDER_CONFIRMED:
            return not cancelled
        case Step.PAYMENT_RECEIVED:
            return not cancelled and shop.payment in (PaymentState.PAID, None)
        case Step.PREPARING:
            return shop.state is ShopState.PREPARING and not any(
                parcels[parcel].stage in UNDER_WAY for parcel in shop.parcels
            )
        case Step.ORDER_CANCELLED:
            return cancelled
        case Step.REFUNDED:
            return shop.payment in (PaymentState.REFUNDED, None)
    raise ValueError(f"{step} is not a step a shop tells of the order as a whole")


def _parcel_bears_out(step: Step, shop: ShopFact, state: ParcelState) -> bool:
    if step is Step.SHIPPED:
        return shop.state is ShopState.SHIPPED and state.stage in (Stage.REGISTERED, Stage.ACCEPTED)
    return STEP_OF[state.stage] is step


def merged(dues: Iterable[StepDue]) -> StepDue:
    """One step told by several facts: dated by the earliest, coloured by the newest that still holds."""
    in_order = sorted(dues, key=lambda due: (due.occurred_at, str(due.caused_by)))
    holding = [due for due in in_order if due.still_true]
    first = in_order[0]
    return first._replace(still_true=bool(holding), seen=holding[-1].seen if holding else first.seen)
