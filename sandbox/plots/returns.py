"""Orders that do not arrive: refused, not collected, damaged, lost, cancelled."""

from __future__ import annotations

from sandbox.beats import Plot
from sandbox.plots.draft import OPENING, Draft
from sandbox.plots.everyday import dispatch
from shared.contracts.vocabulary import (
    Actor,
    Condition,
    DeliveredTo,
    PaymentState,
    ShopState,
    Stage,
    Step,
)

MOVING = (Step.SHIPPED, Step.IN_TRANSIT)
HOME_AGAIN = (Step.RETURNING, Step.RETURNED)


def refused_and_refunded(draft: Draft) -> Plot:
    parcel = draft.new_parcel()
    rounds = (
        *draft.opening(),
        *dispatch(draft, parcel),
        (
            draft.scan(
                parcel, Stage.FAILED_ATTEMPT, draft.day(1, "12:30"), condition=Condition.REFUSED, action_by=Actor.SHOP
            ),
        ),
        (draft.scan(parcel, Stage.RETURNING, draft.day(1, "17:20")),),
        (draft.scan(parcel, Stage.RETURNED, draft.hours_ago(1)),),
        (draft.says(ShopState.RETURNED, parcel, paid=PaymentState.REFUNDED),),
    )
    about_parcel = (*MOVING, Step.FAILED_ATTEMPT, *HOME_AGAIN)
    must = draft.heard(*OPENING, Step.REFUNDED) + draft.heard(*about_parcel, by=parcel)
    return draft.plot("refused_and_refunded", "Rechazado, devuelto y reembolsado", rounds, must)


def not_collected(draft: Draft) -> Plot:
    """It waited at the pickup point until its time was up."""
    parcel = draft.new_parcel("dhl")
    rounds = (
        *draft.opening(),
        *dispatch(draft, parcel),
        (
            draft.scan(
                parcel,
                Stage.READY_FOR_PICKUP,
                draft.day(2, "12:00"),
                delivered_to=DeliveredTo.PICKUP_POINT,
                action_by=Actor.BUYER,
            ),
        ),
        (draft.scan(parcel, Stage.RETURNING, draft.day(1, "09:30")),),
        (draft.scan(parcel, Stage.RETURNED, draft.hours_ago(1)),),
    )
    must = draft.heard(*OPENING) + draft.heard(*MOVING, Step.READY_FOR_PICKUP, *HOME_AGAIN, by=parcel)
    return draft.plot("not_collected", "Nadie lo recogió", rounds, must)


def damaged_and_sent_back(draft: Draft) -> Plot:
    parcel = draft.new_parcel()
    rounds = (
        *draft.opening(),
        *dispatch(draft, parcel),
        (
            draft.scan(
                parcel, Stage.IN_TRANSIT, draft.day(1, "07:15"), condition=Condition.DAMAGED, action_by=Actor.SHOP
            ),
        ),
        (draft.scan(parcel, Stage.RETURNING, draft.day(1, "15:30"), condition=Condition.DAMAGED),),
        (draft.scan(parcel, Stage.RETURNED, draft.hours_ago(1)),),
    )
    must = draft.heard(*OPENING) + draft.heard(*MOVING, Step.DELAYED, *HOME_AGAIN, by=parcel)
    return draft.plot("damaged_and_sent_back", "Se dañó por el camino", rounds, must)


def lost_and_refunded(draft: Draft) -> Plot:
    parcel = draft.new_parcel()
    rounds = (
        *draft.opening(),
        *dispatch(draft, parcel),
        (draft.scan(parcel, Stage.LOST, draft.hours_ago(2), action_by=Actor.SHOP),),
        (draft.says(ShopState.SHIPPED, parcel, paid=PaymentState.REFUNDED),),
    )
    must = draft.heard(*OPENING, Step.REFUNDED) + draft.heard(*MOVING, Step.LOST, by=parcel)
    return draft.plot("lost_and_refunded", "Se perdió: dinero devuelto", rounds, must)


def cancelled_before_shipping(draft: Draft) -> Plot:
    rounds = (
        *draft.opening(),
        (draft.says(ShopState.CANCELLED),),
        (draft.says(ShopState.CANCELLED, paid=PaymentState.REFUNDED),),
    )
    must = draft.heard(*OPENING, Step.ORDER_CANCELLED, Step.REFUNDED)
    return draft.plot("cancelled_before_shipping", "Cancelado antes de salir", rounds, must)
