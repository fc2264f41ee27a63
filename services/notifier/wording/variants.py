"""Which wording of a step fits what happened: delivered to a neighbour reads unlike delivered to a locker.

One row per step. A variant named here has its own words in every complete language, its own WhatsApp template and its
own place in the tests; what a parcel may bring that is not named here gets the step's plain words.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from shared.contracts.steps import ParcelFacts, StepReached
from shared.contracts.vocabulary import Actor, Condition, Stage, Step

NO_PARCEL = "no_parcel"
"""A shop that ships without telling us a parcel: the words then name no carrier and no reference."""

VARIANTS: Mapping[Step, tuple[str, ...]] = {
    Step.ORDER_CONFIRMED: (),
    Step.PAYMENT_RECEIVED: (),
    Step.PREPARING: (),
    Step.SHIPPED: ("registered", NO_PARCEL),
    Step.IN_TRANSIT: ("held", "by_buyer"),
    Step.OUT_FOR_DELIVERY: ("payment_due",),
    Step.FAILED_ATTEMPT: (
        "recipient_absent", "address_problem", "address_problem_by_shop", "refused", "payment_due", "damaged",
        "weather", "by_buyer", "by_shop",
    ),
    Step.READY_FOR_PICKUP: ("locker", "payment_due"),
    Step.DELAYED: (
        "weather", "damaged", "held", "held_by_shop", "address_problem", "address_problem_by_shop", "recipient_absent",
        "refused", "payment_due", "payment_due_by_shop", "by_buyer", "promise", "eta", "stalled", "first_scan",
        NO_PARCEL,
    ),
    Step.CUSTOMS: ("by_buyer", "by_shop", "payment_due"),
    Step.DELIVERED: ("neighbour", "safe_place", "locker", "pickup_point", "reception", "damaged", NO_PARCEL),
    Step.RETURNING: ("refused", "address_problem", "damaged"),
    Step.RETURNED: (NO_PARCEL,),
    Step.LOST: ("damaged",),
    Step.ORDER_CANCELLED: (),
    Step.REFUNDED: (),
}  # fmt: skip


_ASKS_THE_BUYER = frozenset({Condition.PAYMENT_DUE, Condition.ADDRESS_PROBLEM})
_ASKS_NOBODY = frozenset({Condition.WEATHER})


def all_wordings() -> Iterator[tuple[Step, str | None]]:
    """Every step with each of its variants; None is the plain wording."""
    for step, variants in VARIANTS.items():
        yield step, None
        for variant in variants:
            yield step, variant


def variant_of(step: StepReached) -> str | None:
    """The most telling variant that the step has, or None for its plain words."""
    return next((v for v in _candidates(step) if v in VARIANTS[step.step]), None)


def speaks_of_parcel(step: Step, variant: str | None) -> bool:
    """True when the wording carries the five facts of a parcel."""
    return step.about_parcel and variant != NO_PARCEL


def name_of(step: Step, variant: str | None) -> str:
    """`delivered.neighbour`, as the language files and shops' overrides key it."""
    return step.value if variant is None else f"{step.value}.{variant}"


def still_since(step: StepReached) -> datetime | None:
    """Since when nobody has scanned the parcel, as a silence tells it: `stalled:2026-03-20T09:15:00Z`."""
    kind, _, instant = step.occurrence.partition(":")
    if step.step is not Step.DELAYED or kind != "stalled":
        return None
    try:
        since = datetime.fromisoformat(instant)
    except ValueError:
        return None
    return since if since.tzinfo is not None else None


def _candidates(step: StepReached) -> Iterator[str]:
    parcel = step.parcel
    if parcel is None:
        yield NO_PARCEL
        return
    yield from _ways_of_being_late(step, parcel)
    if parcel.stage is Stage.REGISTERED:  # sent, says the shop; the carrier has not scanned it
        yield "registered"
    if parcel.delivered_to is not None:  # where to find it comes before what happened to it
        yield parcel.delivered_to.value
    yield from _what_is_the_matter(step.step, parcel.condition, parcel.action_by)


def _what_is_the_matter(step: Step, condition: Condition | None, action_by: Actor | None) -> Iterator[str]:
    """Never asks a buyer for what the shop or the carrier has to do, nor says "nothing to do" where they must act."""
    if condition is not None and action_by is not None:
        yield f"{condition}_by_{action_by}"
    asks_another = (
        condition in _ASKS_THE_BUYER and action_by in (Actor.SHOP, Actor.CARRIER) and step is not Step.RETURNING
    )
    hides_the_need = condition in _ASKS_NOBODY and action_by is Actor.BUYER
    if condition is not None and not asks_another and not hides_the_need:
        yield condition.value
    if action_by is not None:
        yield f"by_{action_by}"


def _ways_of_being_late(step: StepReached, parcel: ParcelFacts) -> Iterator[str]:
    """As the occurrence of `delayed` tells them: `promise:2026-03-24`, `eta:2026-03-24:1`, `stalled:<instant>`..."""
    kind = step.occurrence.partition(":")[0]
    if step.step is not Step.DELAYED:
        return
    if kind == "eta" and parcel.eta is not None:
        # A day that has gone by lay after the promised one: no new day to tell, but a promise that was not kept.
        yield "eta" if parcel.eta.until >= step.occurred_at else "promise"
    if kind in ("promise", "first_scan") or still_since(step) is not None:
        yield kind
