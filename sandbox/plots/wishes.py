"""Orders with special wishes: silence, a gift, policies, other ways in, a carrier that has to be asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from sandbox.beats import CarrierKnows, Plot, ShopSays, Via
from sandbox.plots.draft import OPENING, Draft
from sandbox.plots.everyday import ON_THE_WAY, dispatch
from shared.contracts.orders import Notify, Policies, Policy, Promise
from shared.contracts.vocabulary import DeliveredTo, PaymentState, ShopState, Stage, Step

_ALL = (*ON_THE_WAY, Step.DELIVERED)


def silence_please(draft: Draft) -> Plot:
    """The shop asked for no message at all: the order is followed, and nobody is told."""
    draft.notify = Notify(suppress=True)
    parcel = draft.new_parcel()
    rounds = (*draft.opening(), *dispatch(draft, parcel), (draft.out_today(parcel),))
    return draft.plot("silence_please", "La tienda pidió silencio", rounds, must=())


def only_what_matters(draft: Draft) -> Plot:
    """Some steps are silenced by name; what the buyer must know still gets through."""
    draft.notify = Notify(suppress=(Step.PREPARING, Step.IN_TRANSIT, Step.OUT_FOR_DELIVERY))
    parcel = draft.new_parcel()
    rounds = (
        *draft.opening(),
        *dispatch(draft, parcel),
        (draft.out_today(parcel),),
        (draft.arrives(parcel),),
    )
    must = draft.heard(Step.ORDER_CONFIRMED, Step.PAYMENT_RECEIVED) + draft.heard(
        Step.SHIPPED, Step.DELIVERED, by=parcel
    )
    return draft.plot("only_what_matters", "Solo lo importante", rounds, must)


def a_gift(draft: Draft) -> Plot:
    """Who pays and who opens the door are two people, and both are told."""
    assert draft.receiver is not None
    parcel = draft.new_parcel()
    rounds = (
        *draft.opening(),
        *dispatch(draft, parcel),
        (draft.out_today(parcel),),
        (draft.arrives(parcel),),
    )
    return draft.plot("a_gift", "Un regalo", rounds, draft.heard(*OPENING) + draft.heard(*_ALL, by=parcel))


def with_promise_and_policies(draft: Draft) -> Plot:
    """A promised day that is kept, thirty days to return it, three years of warranty."""
    draft.promise = Promise(deliver_from=draft.today, deliver_until=draft.today + timedelta(days=2))
    draft.policies = Policies(
        returns=Policy(version="2026-02", url="https://libreriafaro.example/devoluciones", days=30),
        warranty=Policy(version="2026-02", url="https://libreriafaro.example/garantia", months=36),
    )
    parcel = draft.new_parcel()
    rounds = (
        *draft.opening(),
        *dispatch(draft, parcel),
        (draft.out_today(parcel),),
        (draft.arrives(parcel),),
    )
    must = draft.heard(*OPENING) + draft.heard(*_ALL, by=parcel)
    return draft.plot("with_promise_and_policies", "Con día prometido y devoluciones", rounds, must)


def seen_only_when_asked(draft: Draft) -> Plot:
    """No webhook ever comes: by the time we ask the carrier, the parcel has arrived."""
    parcel = draft.new_parcel("dhl")
    scans = (
        draft.scanned(Stage.ACCEPTED, draft.day(3, "18:05")),
        draft.scanned(Stage.IN_TRANSIT, draft.day(2, "05:20")),
        draft.scanned(Stage.OUT_FOR_DELIVERY, draft.hours_ago(4)),
        draft.scanned(Stage.DELIVERED, draft.hours_ago(1), delivered_to=DeliveredTo.RECIPIENT),
    )
    rounds = (*draft.opening(), (CarrierKnows(parcel, scans), draft.says(ShopState.SHIPPED, parcel)))
    return draft.plot(
        "seen_only_when_asked",
        "Hay que preguntar al transportista",
        rounds,
        draft.heard(*OPENING) + draft.heard(Step.DELIVERED, by=parcel),
        may=draft.heard(*ON_THE_WAY, by=parcel),
    )


def _told_through(draft: Draft, kind: str, title: str, via: Via) -> Plot:
    """The happy story, with the shop speaking another of the forms that are open to it."""
    parcel = draft.new_parcel()
    told = (
        draft.says(ShopState.CONFIRMED),
        draft.says(ShopState.PREPARING, paid=PaymentState.PAID),
        draft.says(ShopState.SHIPPED, parcel),
    )
    confirmed, preparing, shipped = (replace(beat, via=via) for beat in told)
    rounds: tuple[tuple[ShopSays, ...], ...] = ((confirmed,), (preparing,), (shipped,))
    scans = (
        (draft.scan(parcel, Stage.IN_TRANSIT, draft.day(2, "04:45")),),
        (draft.out_today(parcel),),
        (draft.arrives(parcel),),
    )
    return draft.plot(kind, title, (*rounds, *scans), draft.heard(*OPENING) + draft.heard(*_ALL, by=parcel))


def straight_to_kafka(draft: Draft) -> Plot:
    return _told_through(draft, "straight_to_kafka", "La tienda escribe en Kafka", Via.KAFKA)


def as_one_cloudevent(draft: Draft) -> Plot:
    return _told_through(draft, "as_one_cloudevent", "La tienda manda CloudEvents", Via.STRUCTURED)


def as_a_batch_of_cloudevents(draft: Draft) -> Plot:
    return _told_through(draft, "as_a_batch_of_cloudevents", "CloudEvents por lotes", Via.BATCH)


def in_a_list(draft: Draft) -> Plot:
    return _told_through(draft, "in_a_list", "Pedidos en lista", Via.LIST)
