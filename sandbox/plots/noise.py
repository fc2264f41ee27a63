"""Orders whose world is untidy: facts too early, twice, backwards, unreadable, forged, stale or hostile."""

from __future__ import annotations

from sandbox.beats import Lie, Plot, ShopSays, SomebodyLies
from sandbox.plots.draft import OPENING, Draft
from sandbox.plots.everyday import ON_THE_WAY, dispatch
from shared.contracts.vocabulary import PaymentState, ShopState, Stage, Step

HOSTILE_WORDS = "<img src=x onerror=alert(1)> {{7*7}} </script><script>alert(document.domain)</script>"


def carrier_before_the_shop(draft: Draft) -> Plot:
    """The parcel moves before its order is known: its scans wait, and the buyer hears only what is true by then."""
    parcel = draft.new_parcel()
    rounds = (
        (
            draft.scan(parcel, Stage.ACCEPTED, draft.day(3, "18:10")),
            draft.scan(parcel, Stage.IN_TRANSIT, draft.day(2, "04:30")),
        ),
        (draft.says(ShopState.SHIPPED, parcel, paid=PaymentState.PAID),),
        (draft.out_today(parcel),),
        (draft.arrives(parcel),),
    )
    steps = (Step.IN_TRANSIT, Step.OUT_FOR_DELIVERY, Step.DELIVERED)
    return draft.plot(
        "carrier_before_the_shop",
        "El transportista llegó antes que la tienda",
        rounds,
        draft.heard(Step.ORDER_CONFIRMED, Step.PAYMENT_RECEIVED) + draft.heard(*steps, by=parcel),
    )


def everything_twice(draft: Draft) -> Plot:
    """The carrier delivers each call three times, the shop repeats its last word."""
    parcel = draft.new_parcel()
    confirmed, preparing = draft.says(ShopState.CONFIRMED), draft.says(ShopState.PREPARING, paid=PaymentState.PAID)
    shipped = draft.says(ShopState.SHIPPED, parcel)
    rounds = (
        (confirmed, confirmed),
        (preparing, preparing, confirmed),
        (shipped, draft.scan(parcel, Stage.ACCEPTED, draft.day(3, "17:55"), times=3), shipped),
        (draft.scan(parcel, Stage.IN_TRANSIT, draft.day(2, "05:00"), times=3),),
        (draft.scan(parcel, Stage.OUT_FOR_DELIVERY, draft.hours_ago(4), times=3),),
        (draft.arrives(parcel, times=3),),
    )
    must = draft.heard(*OPENING) + draft.heard(*ON_THE_WAY, Step.DELIVERED, by=parcel)
    return draft.plot("everything_twice", "Todo llega repetido", rounds, must)


def scans_backwards(draft: Draft) -> Plot:
    """The last day's scans arrive in the wrong order: «out for delivery» after «delivered» is news no more."""
    parcel = draft.new_parcel()
    rounds = (
        *draft.opening(),
        (draft.says(ShopState.SHIPPED, parcel),),
        (
            draft.arrives(parcel),
            draft.out_today(parcel),
            draft.scan(parcel, Stage.IN_TRANSIT, draft.day(2, "04:50")),
            draft.scan(parcel, Stage.ACCEPTED, draft.day(3, "18:20")),
        ),
    )
    must = draft.heard(*OPENING) + draft.heard(Step.SHIPPED, Step.DELIVERED, by=parcel)
    return draft.plot("scans_backwards", "Los avisos llegan al revés", rounds, must)


def word_nobody_knows(draft: Draft) -> Plot:
    """A status word without a row: for the operators' queue, never for the buyer."""
    parcel = draft.new_parcel()
    rounds = (
        *draft.opening(),
        *dispatch(draft, parcel),
        (draft.scan(parcel, Stage.UNKNOWN, draft.day(1, "09:00"), code="zona_gris_7", text="Evento interno 7"),),
        (draft.out_today(parcel),),
        (draft.arrives(parcel),),
    )
    must = draft.heard(*OPENING) + draft.heard(*ON_THE_WAY, Step.DELIVERED, by=parcel)
    return draft.plot("word_nobody_knows", "Un código que nadie conoce", rounds, must)


def somebody_lies(draft: Draft) -> Plot:
    """Forged, replayed and unreadable calls say that it was delivered; it was not, not yet."""
    parcel = draft.new_parcel()
    scan = draft.scanned(Stage.DELIVERED, draft.day(1, "10:00"))
    lies = (
        SomebodyLies(parcel, scan, Lie.FORGED, 401),
        SomebodyLies(parcel, scan, Lie.OLD, 401),
        SomebodyLies(parcel, scan, Lie.GARBAGE, 422),
    )
    rounds = (
        *draft.opening(),
        *dispatch(draft, parcel),
        lies,
        (draft.out_today(parcel),),
        (draft.arrives(parcel),),
    )
    must = draft.heard(*OPENING) + draft.heard(*ON_THE_WAY, Step.DELIVERED, by=parcel)
    return draft.plot("somebody_lies", "Alguien falsifica avisos", rounds, must)


def old_news_from_the_shop(draft: Draft) -> Plot:
    """The shop's queue jams: an old snapshot arrives after a newer one and changes nothing."""
    parcel = draft.new_parcel()
    opening = draft.opening()
    stale = opening[-1][0]
    assert isinstance(stale, ShopSays)
    rounds = (
        opening[0],
        *dispatch(draft, parcel),
        (stale,),
        (draft.out_today(parcel),),
        (draft.arrives(parcel),),
    )
    opening_steps = (Step.ORDER_CONFIRMED, Step.PAYMENT_RECEIVED)
    must = draft.heard(*opening_steps) + draft.heard(*ON_THE_WAY, Step.DELIVERED, by=parcel)
    return draft.plot("old_news_from_the_shop", "La tienda manda una foto vieja", rounds, must)


def hostile_words(draft: Draft) -> Plot:
    """A carrier's text and city that try to be markup, a template and a script."""
    parcel = draft.new_parcel()
    rounds = (
        *draft.opening(),
        (
            draft.says(ShopState.SHIPPED, parcel),
            draft.scan(parcel, Stage.ACCEPTED, draft.day(3, "18:15"), text=HOSTILE_WORDS),
        ),
        (draft.scan(parcel, Stage.IN_TRANSIT, draft.day(2, "04:35"), text=HOSTILE_WORDS, city=HOSTILE_WORDS),),
        (draft.out_today(parcel, text=HOSTILE_WORDS, city=HOSTILE_WORDS),),
        (draft.arrives(parcel, text=HOSTILE_WORDS),),
    )
    must = draft.heard(*OPENING) + draft.heard(*ON_THE_WAY, Step.DELIVERED, by=parcel)
    return draft.plot("hostile_words", "Texto hostil del transportista", rounds, must)
