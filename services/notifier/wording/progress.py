"""How far a parcel has come, as four marks in an e-mail: preparing, shipped, out for delivery, delivered."""

from __future__ import annotations

from typing import assert_never

from services.notifier.wording.situation import Situation
from shared.contracts.vocabulary import Step


def marks_reached(step: Step, *, has_parcel: bool) -> int | None:
    """How many of the four marks are lit; None when the story has left that road and the marks would mislead."""
    match step:
        case Step.ORDER_CONFIRMED | Step.PAYMENT_RECEIVED:
            return 0
        case Step.PREPARING:
            return 1
        case Step.SHIPPED | Step.IN_TRANSIT | Step.CUSTOMS:
            return 2
        case Step.DELAYED:
            return 2 if has_parcel else 1
        case Step.OUT_FOR_DELIVERY | Step.FAILED_ATTEMPT | Step.READY_FOR_PICKUP:
            return 3
        case Step.DELIVERED:
            return 4
        case Step.RETURNING | Step.RETURNED | Step.LOST | Step.ORDER_CANCELLED | Step.REFUNDED:
            return None
        case _:
            assert_never(step)


def progress(situation: Situation) -> tuple[tuple[str, bool], ...]:
    """`(label, lit)` for each mark; empty when there is nothing to show."""
    step = situation.step.step
    lit = marks_reached(step, has_parcel=situation.parcel is not None)
    if lit is None:
        return ()
    third = "ready_for_pickup" if step is Step.READY_FOR_PICKUP else "out_for_delivery"
    names = ("preparing", "shipped", third, "delivered")
    return tuple((situation.speech.say(f"progress.{name}"), place < lit) for place, name in enumerate(names))
