"""Orders that arrive in the end: nobody at home, snow, customs, a wrong address, a promise not kept."""

from __future__ import annotations

from datetime import timedelta

from sandbox.beats import Plot
from sandbox.plots.draft import OPENING, Draft
from sandbox.plots.everyday import dispatch
from shared.contracts.orders import Promise
from shared.contracts.vocabulary import Actor, Condition, DeliveredTo, ShopState, Stage, Step

MOVING = (Step.SHIPPED, Step.IN_TRANSIT)
ARRIVES = (Step.OUT_FOR_DELIVERY, Step.DELIVERED)


def nobody_home_then_next_day(draft: Draft) -> Plot:
    """The driver rings again the next day."""
    parcel = draft.new_parcel()
    rounds = (
        *draft.opening(),
        *dispatch(draft, parcel),
        (
            draft.scan(
                parcel,
                Stage.FAILED_ATTEMPT,
                draft.day(1, "12:50"),
                condition=Condition.RECIPIENT_ABSENT,
                action_by=Actor.CARRIER,
            ),
        ),
        (draft.out_today(parcel),),
        (draft.arrives(parcel),),
    )
    must = draft.heard(*OPENING) + draft.heard(*MOVING, Step.FAILED_ATTEMPT, *ARRIVES, by=parcel)
    return draft.plot("nobody_home_then_next_day", "No había nadie: al día siguiente", rounds, must)


def nobody_home_then_pickup(draft: Draft) -> Plot:
    parcel = draft.new_parcel("dhl")
    rounds = (
        *draft.opening(),
        *dispatch(draft, parcel),
        (
            draft.scan(
                parcel,
                Stage.FAILED_ATTEMPT,
                draft.day(1, "11:45"),
                condition=Condition.RECIPIENT_ABSENT,
                action_by=Actor.BUYER,
            ),
        ),
        (
            draft.scan(
                parcel,
                Stage.READY_FOR_PICKUP,
                draft.day(1, "18:30"),
                delivered_to=DeliveredTo.PICKUP_POINT,
                action_by=Actor.BUYER,
            ),
        ),
        (draft.arrives(parcel, None),),
    )
    steps = (*MOVING, Step.FAILED_ATTEMPT, Step.READY_FOR_PICKUP, Step.DELIVERED)
    return draft.plot(
        "nobody_home_then_pickup",
        "No había nadie: a recoger en un punto",
        rounds,
        draft.heard(*OPENING) + draft.heard(*steps, by=parcel),
    )


def _held_up(
    draft: Draft, kind: str, title: str, step: Step, condition: Condition, act: Actor, carrier: str = "generic"
) -> Plot:
    parcel = draft.new_parcel(carrier)
    rounds = (
        *draft.opening(),
        *dispatch(draft, parcel),
        (draft.scan(parcel, Stage.IN_TRANSIT, draft.day(2, "11:00"), condition=condition, action_by=act),),
        (draft.out_today(parcel),),
        (draft.arrives(parcel),),
    )
    must = draft.heard(*OPENING) + draft.heard(*MOVING, step, *ARRIVES, by=parcel)
    return draft.plot(kind, title, rounds, must)


def stopped_by_snow(draft: Draft) -> Plot:
    return _held_up(draft, "stopped_by_snow", "Parado por la nieve", Step.DELAYED, Condition.WEATHER, Actor.CARRIER)


def delayed_by_the_carrier(draft: Draft) -> Plot:
    return _held_up(
        draft, "delayed_by_the_carrier", "El transportista va con retraso", Step.DELAYED, Condition.DELAYED,
        Actor.CARRIER, "dhl",
    )  # fmt: skip


def at_customs(draft: Draft) -> Plot:
    return _held_up(draft, "at_customs", "En la aduana", Step.CUSTOMS, Condition.CUSTOMS, Actor.CARRIER, "dhl")


def wrong_address(draft: Draft) -> Plot:
    """The carrier cannot find the house: the buyer has to call."""
    return _held_up(
        draft, "wrong_address", "Falta el número del portal", Step.DELAYED, Condition.ADDRESS_PROBLEM, Actor.BUYER
    )


def promise_broken(draft: Draft) -> Plot:
    """The carrier says nothing is wrong, but the day that the shop promised is over."""
    parcel = draft.new_parcel()
    travelling = (*draft.opening(), *dispatch(draft, parcel))
    draft.promise = Promise(deliver_from=draft.today - timedelta(days=3), deliver_until=draft.today - timedelta(days=2))
    rounds = (
        *travelling,
        (draft.says(ShopState.SHIPPED, parcel),),
        (draft.out_today(parcel),),
        (draft.arrives(parcel),),
    )
    must = draft.heard(*OPENING) + draft.heard(*MOVING, Step.DELAYED, *ARRIVES, by=parcel)
    return draft.plot("promise_broken", "El día prometido ya pasó", rounds, must)


def said_delivered_by_mistake(draft: Draft) -> Plot:
    """The driver scanned the wrong parcel: taken back the same day, truly delivered the next."""
    parcel = draft.new_parcel()
    rounds = (
        *draft.opening(),
        (draft.says(ShopState.SHIPPED, parcel), draft.scan(parcel, Stage.ACCEPTED, draft.day(3, "18:00"))),
        (draft.scan(parcel, Stage.DELIVERED, draft.day(1, "12:10")),),
        (draft.scan(parcel, Stage.FAILED_ATTEMPT, draft.day(1, "16:45"), action_by=Actor.CARRIER),),
        (draft.out_today(parcel),),
        (draft.arrives(parcel),),
    )
    steps = (Step.SHIPPED, Step.DELIVERED, Step.FAILED_ATTEMPT, *ARRIVES)
    return draft.plot(
        "said_delivered_by_mistake",
        "Entregado por error, y después de verdad",
        rounds,
        draft.heard(*OPENING) + draft.heard(*steps, by=parcel),
    )
