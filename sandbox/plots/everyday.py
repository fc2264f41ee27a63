"""Orders that go well: at the door, with a neighbour, in a locker, in two parcels."""

from __future__ import annotations

from sandbox.beats import Parcel, Plot, Round
from sandbox.plots.draft import OPENING, Draft
from shared.contracts.vocabulary import Actor, DeliveredTo, ShopState, Stage, Step

ON_THE_WAY = (Step.SHIPPED, Step.IN_TRANSIT, Step.OUT_FOR_DELIVERY)


def dispatch(draft: Draft, parcel: Parcel) -> tuple[Round, ...]:
    """Handed to the carrier, then seen on its way."""
    return (
        (draft.says(ShopState.SHIPPED, parcel), draft.scan(parcel, Stage.ACCEPTED, draft.day(3, "18:05"))),
        (
            draft.scan(
                parcel,
                Stage.IN_TRANSIT,
                draft.day(2, "04:40"),
                city="Zaragoza" if draft.buyer.country == "ES" else None,
            ),
        ),
    )


def _delivered(draft: Draft, kind: str, title: str, to: DeliveredTo, carrier: str = "generic") -> Plot:
    parcel = draft.new_parcel(carrier)
    rounds = (
        *draft.opening(),
        *dispatch(draft, parcel),
        (draft.out_today(parcel),),
        (draft.arrives(parcel, to),),
    )
    must = draft.heard(*OPENING) + draft.heard(*ON_THE_WAY, Step.DELIVERED, by=parcel)
    return draft.plot(kind, title, rounds, must)


def at_the_door(draft: Draft) -> Plot:
    return _delivered(draft, "at_the_door", "Entregado en casa", DeliveredTo.RECIPIENT)


def at_the_door_by_dhl(draft: Draft) -> Plot:
    return _delivered(draft, "at_the_door_by_dhl", "Entregado en casa por DHL", DeliveredTo.RECIPIENT, "dhl")


def with_a_neighbour(draft: Draft) -> Plot:
    return _delivered(draft, "with_a_neighbour", "Lo recogió un vecino", DeliveredTo.NEIGHBOUR)


def in_a_safe_place(draft: Draft) -> Plot:
    return _delivered(draft, "in_a_safe_place", "Lo dejaron en un lugar seguro", DeliveredTo.SAFE_PLACE)


def at_reception(draft: Draft) -> Plot:
    return _delivered(draft, "at_reception", "Lo dejaron en recepción", DeliveredTo.RECEPTION)


def in_a_locker(draft: Draft) -> Plot:
    """Brought to a locker; delivered once the buyer has opened it."""
    parcel = draft.new_parcel()
    rounds = (
        *draft.opening(),
        *dispatch(draft, parcel),
        (
            draft.scan(
                parcel,
                Stage.READY_FOR_PICKUP,
                draft.day(1, "12:15"),
                delivered_to=DeliveredTo.LOCKER,
                action_by=Actor.BUYER,
            ),
        ),
        (draft.arrives(parcel, DeliveredTo.LOCKER),),
    )
    steps = (Step.SHIPPED, Step.IN_TRANSIT, Step.READY_FOR_PICKUP, Step.DELIVERED)
    return draft.plot(
        "in_a_locker", "Te espera en la taquilla", rounds, draft.heard(*OPENING) + draft.heard(*steps, by=parcel)
    )


def in_two_parcels(draft: Draft) -> Plot:
    """Two carriers, two references: half an order delivered is not an order delivered."""
    first, second = draft.new_parcel("generic"), draft.new_parcel("dhl")
    rounds = (
        *draft.opening(),
        (draft.says(ShopState.SHIPPED, first, second),),
        (
            draft.scan(first, Stage.IN_TRANSIT, draft.day(3, "05:30")),
            draft.scan(second, Stage.IN_TRANSIT, draft.day(3, "06:10")),
        ),
        (draft.scan(first, Stage.DELIVERED, draft.day(1, "12:40"), delivered_to=DeliveredTo.RECIPIENT),),
        (draft.out_today(second),),
        (draft.arrives(second),),
    )
    must = draft.heard(*OPENING) + draft.heard(Step.SHIPPED, Step.IN_TRANSIT, Step.DELIVERED, by=first)
    must += draft.heard(*ON_THE_WAY, Step.DELIVERED, by=second)
    return draft.plot("in_two_parcels", "En dos paquetes", rounds, must)
