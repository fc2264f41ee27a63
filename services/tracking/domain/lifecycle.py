"""The one page that relates what a carrier or a shop says to what a buyer hears, and says what may follow what.

Read it as tables. Facts are laid out in the order in which they *happened*, never in the order in which they came in,
so each table speaks of "then", not of "arrives". Nothing here depends on a clock, a place or a particular carrier.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass

from services.tracking.domain.lateness import Lateness
from shared.contracts.vocabulary import Actor, Condition, DeliveredTo, PaymentState, ShopState, Stage, Step

# --- 1. What may follow what -----------------------------------------------------------------------------------------

RANK: Mapping[Stage, int] = {
    stage: rank
    for rank, stage in enumerate(
        (
            Stage.UNKNOWN,
            Stage.REGISTERED,
            Stage.CANCELLED,
            Stage.ACCEPTED,
            Stage.IN_TRANSIT,
            Stage.OUT_FOR_DELIVERY,
            Stage.FAILED_ATTEMPT,
            Stage.READY_FOR_PICKUP,
            Stage.LOST,
            Stage.DELIVERED,
            Stage.RETURNING,
            Stage.RETURNED,
        )
    )
}
"""Two scans with the same instant: the one with the higher rank is taken to have happened last, and rules."""

UNDER_WAY = frozenset(Stage) - {Stage.UNKNOWN, Stage.REGISTERED, Stage.CANCELLED}
"""The carrier has, or has had, the parcel in its hands."""

FINAL = frozenset({Stage.DELIVERED, Stage.RETURNED, Stage.LOST, Stage.CANCELLED})
"""Nothing more is expected. Only a row of CORRECTIONS leads out."""

ARRIVED = frozenset({Stage.FAILED_ATTEMPT, Stage.READY_FOR_PICKUP, Stage.DELIVERED})
"""It reached the buyer, or the carrier tried. A promise is kept by that."""

_ANY_SCAN_AFTER_THE_FIRST = UNDER_WAY - {Stage.ACCEPTED} | {Stage.CANCELLED}

ONWARD: Mapping[Stage, frozenset[Stage]] = {
    # Label data that comes late and a second "accepted" say nothing new about a parcel that is already travelling.
    Stage.REGISTERED: _ANY_SCAN_AFTER_THE_FIRST | {Stage.REGISTERED, Stage.ACCEPTED},
    Stage.ACCEPTED: _ANY_SCAN_AFTER_THE_FIRST | {Stage.ACCEPTED},
    # From here on the newest scan rules: back to the depot in the evening is real, and so is a second attempt.
    Stage.IN_TRANSIT: _ANY_SCAN_AFTER_THE_FIRST,
    Stage.OUT_FOR_DELIVERY: _ANY_SCAN_AFTER_THE_FIRST,
    Stage.FAILED_ATTEMPT: _ANY_SCAN_AFTER_THE_FIRST,
    Stage.READY_FOR_PICKUP: _ANY_SCAN_AFTER_THE_FIRST,
    # On its way back the same scans (in transit, out for delivery, attempted) are about the sender.
    Stage.RETURNING: frozenset({Stage.RETURNING, Stage.RETURNED, Stage.LOST}),
    Stage.DELIVERED: frozenset({Stage.DELIVERED}),
    Stage.RETURNED: frozenset({Stage.RETURNED}),
    Stage.LOST: frozenset({Stage.LOST}),
    Stage.CANCELLED: frozenset({Stage.CANCELLED}),
}
"""What a later scan may change a stage to in the normal course of things. All else is ignored, with a reason."""


@dataclass(frozen=True, slots=True)
class Correction:
    """A carrier takes back what it said. `if_taken`: only when the later scan says who or what took the parcel."""

    said: Stage
    then: frozenset[Stage]
    why: str
    if_taken: bool = False


CORRECTIONS: tuple[Correction, ...] = (
    Correction(Stage.DELIVERED, frozenset({Stage.FAILED_ATTEMPT}), "scanned too early: nobody was there after all"),
    Correction(
        Stage.DELIVERED, frozenset({Stage.READY_FOR_PICKUP}), "it waits at a point, the buyer has not got it yet"
    ),
    Correction(Stage.DELIVERED, frozenset({Stage.RETURNING}), "refused after the scan, or sent back by the buyer"),
    Correction(Stage.DELIVERED, frozenset({Stage.RETURNED}), "as before, and only the end of the way back was scanned"),
    Correction(Stage.DELIVERED, frozenset({Stage.LOST}), "the carrier admits that nobody received it"),
    # A bare "delivered" at the end of a way back means: delivered to the sender.
    Correction(Stage.RETURNING, frozenset({Stage.DELIVERED}), "called off: somebody took the parcel", if_taken=True),
    Correction(Stage.RETURNED, frozenset({Stage.DELIVERED}), "closed by mistake: somebody took it", if_taken=True),
    Correction(Stage.LOST, UNDER_WAY - {Stage.LOST}, "found again: any scan proves it"),
    Correction(Stage.CANCELLED, UNDER_WAY, "the label was called off, and yet the parcel travels"),
)


def may_follow(said: Stage, then: Stage, delivered_to: DeliveredTo | None = None) -> bool:
    """True when a scan `then`, later than `said`, changes or confirms the stage. `unknown` never does."""
    if then in ONWARD.get(said, frozenset()):
        return True
    return any(
        row.said is said and then in row.then and (delivered_to is not None or not row.if_taken) for row in CORRECTIONS
    )


# --- 2. What a buyer hears of a carrier's scan ------------------------------------------------------------------------

STEP_OF: Mapping[Stage, Step | None] = {
    Stage.REGISTERED: None,
    Stage.ACCEPTED: Step.SHIPPED,
    Stage.IN_TRANSIT: Step.IN_TRANSIT,
    Stage.OUT_FOR_DELIVERY: Step.OUT_FOR_DELIVERY,
    Stage.FAILED_ATTEMPT: Step.FAILED_ATTEMPT,
    Stage.READY_FOR_PICKUP: Step.READY_FOR_PICKUP,
    Stage.DELIVERED: Step.DELIVERED,
    Stage.RETURNING: Step.RETURNING,
    Stage.RETURNED: Step.RETURNED,
    Stage.LOST: Step.LOST,
    Stage.CANCELLED: None,  # of the label. Whether the order goes on is for the shop to say.
    Stage.UNKNOWN: None,
}


@dataclass(frozen=True, slots=True)
class Trouble:
    """A condition that a buyer hears of by itself, when `action_by` is one of these (None: nobody in particular).

    `kind` tells the troubles of one step apart and belongs to that step alone. It is told once in each episode, which
    ends with the first scan under way without any condition; `once`: a single time, however often it comes and goes.
    """

    condition: Condition
    action_by: frozenset[Actor | None]
    step: Step
    kind: str
    once: bool = False


_BUYER = frozenset({Actor.BUYER})
_ANYBODY = frozenset({Actor.BUYER, Actor.SHOP, Actor.CARRIER, None})

TROUBLES: tuple[Trouble, ...] = (
    Trouble(Condition.DELAYED, _ANYBODY, Step.DELAYED, kind=Lateness.DELAY),
    Trouble(Condition.WEATHER, _ANYBODY, Step.DELAYED, kind=Lateness.DELAY),
    Trouble(Condition.CUSTOMS, _BUYER, Step.CUSTOMS, kind="buyer"),
    Trouble(Condition.CUSTOMS, _ANYBODY - _BUYER, Step.CUSTOMS, kind="clearance", once=True),
    # Charges before delivery are duties in nearly every carrier's table. What the shop owes, the buyer only waits for.
    Trouble(Condition.PAYMENT_DUE, _BUYER, Step.CUSTOMS, kind="payment_due"),
    Trouble(Condition.PAYMENT_DUE, frozenset({Actor.SHOP}), Step.DELAYED, kind="shop_owes"),
    # What the carrier mends by itself is not worth a message: the next scan tells.
    Trouble(Condition.ADDRESS_PROBLEM, _ANYBODY - {Actor.CARRIER}, Step.DELAYED, kind="address_problem"),
    Trouble(Condition.DAMAGED, _ANYBODY - {Actor.CARRIER}, Step.DELAYED, kind="damaged"),
    # Unless somebody must act "held" is a pause: for a future date, for the other parcels, in the store.
    Trouble(Condition.HELD, frozenset({Actor.BUYER, Actor.SHOP}), Step.DELAYED, kind="held"),
)
"""Told from the stages in TROUBLED. Elsewhere the stage's own step carries the condition (`failed_attempt`, absent)."""

TROUBLED = frozenset({Stage.REGISTERED, Stage.ACCEPTED, Stage.IN_TRANSIT, Stage.OUT_FOR_DELIVERY})

NOT_ON_ITS_WAY = frozenset({Condition.REFUSED})
"""In transit, and yet "it is on its way to you" would be wrong. What comes of it is told when the carrier says so."""


@functools.cache
def trouble_of(stage: Stage, condition: Condition | None, action_by: Actor | None) -> Trouble | None:
    """The row that makes this scan's condition worth a message of its own, if any."""
    if condition is None or stage not in TROUBLED:
        return None
    return next((row for row in TROUBLES if row.condition is condition and action_by in row.action_by), None)


@functools.cache
def steps_of_scan(stage: Stage, condition: Condition | None, action_by: Actor | None) -> tuple[Step, ...]:
    """What a buyer hears of one scan. Trouble replaces "in transit" and goes beside all else."""
    step = STEP_OF[stage]
    trouble = trouble_of(stage, condition, action_by)
    if stage is Stage.IN_TRANSIT and (trouble is not None or condition in NOT_ON_ITS_WAY):
        step = None
    told = (step, trouble.step if trouble is not None else None)
    return tuple(each for each in told if each is not None)


# --- 3. How often a step can be told of one parcel --------------------------------------------------------------------

ONCE_A_DAY = frozenset({Step.OUT_FOR_DELIVERY, Step.FAILED_ATTEMPT})
"""Told again on another day. The day is that of the scan in the order's zone, so it is a part of the fact itself."""

EPISODE_ENDS_WITH: Mapping[Stage, frozenset[Stage]] = {
    Stage.DELIVERED: frozenset(
        {Stage.FAILED_ATTEMPT, Stage.READY_FOR_PICKUP, Stage.RETURNING, Stage.RETURNED, Stage.LOST}
    ),
    Stage.READY_FOR_PICKUP: frozenset({Stage.OUT_FOR_DELIVERY, Stage.FAILED_ATTEMPT, Stage.DELIVERED}),
}
"""Told again only after one of these lay between: the scans of a stage are numbered by their unbroken runs.

A fact that comes in later can add a run or split one in two, it can never join two; so the set of occurrences that were
ever told is the same in whichever order the facts came in.
"""

# Trouble is told as its row says; all other steps once for each parcel.

# --- 4. Until when a step stays true ----------------------------------------------------------------------------------

SURVIVES: Mapping[Step, frozenset[Step]] = {
    # Back in the depot after nobody was home: the buyer must still hear that somebody rang.
    Step.FAILED_ATTEMPT: frozenset({Step.IN_TRANSIT, Step.DELAYED, Step.CUSTOMS}),
}
"""A step is true until a later scan tells the buyer something else. These are the exceptions."""

BUYER_MUST_ACT_SURVIVES = frozenset({Step.IN_TRANSIT, Step.DELAYED, Step.CUSTOMS})
"""Trouble in which the buyer must act is not undone by one more scan on the way."""

UNTOLD_ONCE_CANCELLED = frozenset({Step.SHIPPED, Step.IN_TRANSIT, Step.DELAYED, Step.CUSTOMS})
"""After the shop has cancelled the order these are noise; a delivery, an attempt or a return are still news."""

# --- 5. What a buyer hears of a shop's snapshot -----------------------------------------------------------------------

SHOP_TELLS: Mapping[ShopState, tuple[Step, ...]] = {
    ShopState.PLACED: (),
    ShopState.CONFIRMED: (Step.ORDER_CONFIRMED,),
    ShopState.PREPARING: (Step.ORDER_CONFIRMED, Step.PREPARING),
    ShopState.SHIPPED: (Step.ORDER_CONFIRMED, Step.PREPARING, Step.SHIPPED),
    ShopState.DELIVERED: (Step.ORDER_CONFIRMED, Step.PREPARING, Step.SHIPPED, Step.DELIVERED),
    ShopState.CANCELLED: (Step.ORDER_CONFIRMED, Step.ORDER_CANCELLED),
    ShopState.RETURNED: (Step.ORDER_CONFIRMED, Step.PREPARING, Step.SHIPPED, Step.RETURNED),
}
"""The snapshot's own step last; before it those it implies. Steps about a parcel are told of each parcel named."""

PAYMENT_TELLS: Mapping[PaymentState | None, tuple[Step, ...]] = {
    None: (),
    PaymentState.PENDING: (),
    PaymentState.PAID: (Step.PAYMENT_RECEIVED,),
    PaymentState.REFUNDED: (Step.PAYMENT_RECEIVED, Step.REFUNDED),
}

SHOP_SAYS_OF_PARCELS: Mapping[ShopState, Stage] = {
    ShopState.DELIVERED: Stage.DELIVERED,
    ShopState.RETURNED: Stage.RETURNED,
}
"""The shop's word counts as a scan of each parcel it names, unless the carrier has scanned that parcel since."""

OPENING = (Step.ORDER_CONFIRMED, Step.PAYMENT_RECEIVED, Step.PREPARING)
"""Heard before anything about a parcel, whatever the clocks say."""
