"""Which steps the facts tell of, and whether each is still true.

The set of steps is a union over single facts (and over unbroken runs of the same stage), so it does not depend on the
order in which the facts came in. Whether a step is still true does: it is judged against all that is known now.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from services.tracking.domain.lifecycle import (
    BUYER_MUST_ACT_SURVIVES,
    EPISODE_ENDS_WITH,
    ONCE_A_DAY,
    PAYMENT_TELLS,
    SHOP_TELLS,
    STEP_OF,
    SURVIVES,
    UNDER_WAY,
    UNTOLD_ONCE_CANCELLED,
    Trouble,
    steps_of_scan,
    trouble_of,
)
from services.tracking.domain.promise import PromiseBroken, broken_on, is_late_news
from services.tracking.domain.shipment import ParcelFact, ParcelKey, ParcelState, Walk, as_told_by
from services.tracking.domain.snapshot import ShopFact
from shared.contracts.vocabulary import Actor, Clock, PaymentState, ShopState, Stage, Step


@dataclass(frozen=True, slots=True)
class Told:
    """What makes a step one and the same, however many facts tell of it."""

    step: Step
    occurrence: str = "1"
    parcel: ParcelKey | None = None


@dataclass(frozen=True, slots=True)
class StepDue:
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


Telling = tuple[Step, str]
"""A step and its occurrence, of one parcel."""


def told_by_scans(shop: ShopFact, key: ParcelKey, walk: Walk, told: Set[Told]) -> Iterator[StepDue]:
    """Every step not yet told that the carrier's facts tell of; the shop's word among them tells as a snapshot does."""
    tellings = _tellings(walk.facts, ZoneInfo(shop.zone), shop.id)
    place_of = {fact.id: place for place, fact in enumerate(walk.counted)}
    for fact in walk.facts:
        if fact.id == shop.id:
            continue
        place = place_of.get(fact.id)
        for telling in tellings[fact.id]:
            step, occurrence = telling
            if Told(step, occurrence, key) in told:
                continue
            still_true = (
                key in shop.parcels
                and place is not None
                and not (shop.state is ShopState.CANCELLED and step in UNTOLD_ONCE_CANCELLED)
                and not _overtaken(fact, telling, walk.counted[place + 1 :], tellings)
            )
            seen = as_told_by(walk.state, fact)
            yield StepDue(step, occurrence, key, fact.occurred_at, fact.clock, fact.id, still_true, seen)


def _tellings(ordered: Iterable[ParcelFact], zone: ZoneInfo, shops_word: UUID) -> dict[UUID, tuple[Telling, ...]]:
    """What each scan tells. `ordered` must be in true order, for runs of scans are counted along it.

    The shop's word repeats the present run and neither starts nor ends one, for another snapshot may take it back.
    """
    runs: Counter[Stage | str] = Counter()
    unbroken: set[Stage | str] = set()
    tellings: dict[UUID, tuple[Telling, ...]] = {}
    for fact in ordered:
        if fact.id == shops_word:
            step = STEP_OF[fact.stage]
            tellings[fact.id] = ((step, str(max(runs[fact.stage], 1))),) if step is not None else ()
            continue
        trouble = trouble_of(fact.stage, fact.condition, fact.action_by)
        unbroken = {run for run in unbroken if not _ends(run, fact)}
        for run in (fact.stage, trouble.kind if trouble is not None else None):
            if run is not None and run not in unbroken:
                runs[run] += 1
                unbroken.add(run)
        steps = steps_of_scan(fact.stage, fact.condition, fact.action_by)
        tellings[fact.id] = tuple((step, _occurrence(fact, step, trouble, runs, zone)) for step in steps)
    return tellings


def _ends(run: Stage | str, fact: ParcelFact) -> bool:
    if isinstance(run, Stage):
        return fact.stage in EPISODE_ENDS_WITH.get(run, frozenset())
    return fact.condition is None and fact.stage in UNDER_WAY


def _occurrence(
    fact: ParcelFact, step: Step, trouble: Trouble | None, runs: Mapping[Stage | str, int], zone: ZoneInfo
) -> str:
    if step in ONCE_A_DAY:
        return fact.occurred_at.astimezone(zone).date().isoformat()
    if trouble is not None and step is trouble.step:
        return trouble.kind if trouble.once else f"{trouble.kind}:{runs[trouble.kind]}"
    return str(runs[fact.stage]) if fact.stage in EPISODE_ENDS_WITH else "1"


def _overtaken(
    fact: ParcelFact, telling: Telling, later: Iterable[ParcelFact], tellings: Mapping[UUID, tuple[Telling, ...]]
) -> bool:
    step = telling[0]
    survives = SURVIVES.get(step, frozenset())
    trouble = trouble_of(fact.stage, fact.condition, fact.action_by)
    if trouble is not None and trouble.step is step and fact.action_by is Actor.BUYER:
        survives |= BUYER_MUST_ACT_SURVIVES
    for scan in later:
        if scan.stage is Stage.CANCELLED:
            return True
        heard = tellings[scan.id]
        if telling not in heard and any(other not in survives for other, _ in heard):
            return True
    return False


def told_by_snapshot(snapshot: ShopFact, shop: ShopFact, parcels: Mapping[ParcelKey, ParcelState]) -> Iterator[StepDue]:
    """Every step that one snapshot tells of. `shop` is the snapshot that stands."""
    for step in (*SHOP_TELLS[snapshot.state], *PAYMENT_TELLS[snapshot.payment]):
        for key in snapshot.parcels if step.about_parcel else (None,):
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


def told_by_time(broken: PromiseBroken, shop: ShopFact, parcels: Mapping[ParcelKey, ParcelState]) -> Iterator[StepDue]:
    """The promised day is over. Told once for each promised day, so that a new promise can be broken anew."""
    seen = parcels.get(broken.parcel) if broken.parcel is not None else None
    wanted = broken.parcel in shop.parcels if broken.parcel is not None else not shop.parcels
    over = shop.state in (ShopState.CANCELLED, ShopState.DELIVERED, ShopState.RETURNED)
    still_true = (
        wanted and not over and shop.promise_until == broken.promised_until and (seen is None or is_late_news(seen))
    )
    occurrence = f"promise:{broken.promised_until.isoformat()}"
    since = broken_on(broken.promised_until, shop.zone)
    yield StepDue(Step.DELAYED, occurrence, broken.parcel, since, Clock.EXACT, None, still_true, seen)


def merged(dues: Iterable[StepDue]) -> StepDue:
    """One step told by several facts: dated by the earliest, coloured by the newest that still holds."""
    in_order = sorted(dues, key=lambda due: (due.occurred_at, str(due.caused_by)))
    holding = [due for due in in_order if due.still_true]
    first = in_order[0]
    return replace(first, still_true=bool(holding), seen=holding[-1].seen if holding else first.seen)
