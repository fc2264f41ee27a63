"""From an order's story to what its buyer is shown: the same answer for the page and for its JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from services.tracking.announce import Announcer
from services.tracking.api.page_answers import PageAnswer, PageEvent, PageParcel, Tone
from services.tracking.api.page_dates import Calendar
from services.tracking.api.page_language import Words, words_for
from services.tracking.api.page_links import unbroken, web_link
from services.tracking.api.page_parcel import Reader, describe_parcel
from services.tracking.domain.snapshot import ShopFact, without_conflicts
from services.tracking.queries import OrderStory
from shared.contracts.vocabulary import Clock, OrderState, PaymentState, ShopState, Stage

_ENDED = (OrderState.CANCELLED, OrderState.RETURNED)
_STILL_TO_COME = (OrderState.PLACED, OrderState.CONFIRMED, OrderState.PREPARING)


def calendar_of(story: OrderStory, announcer: Announcer, asked: str | None, now: datetime) -> Calendar:
    """In the language asked for, else the buyer's, else the shop's; days and hours in the order's zone."""
    words = words_for(asked, story.order.buyer.locale, announcer.shops[story.order.shop].language)
    return Calendar(words, ZoneInfo(story.decision.shop.zone), now)


def describe_page(story: OrderStory, announcer: Announcer, calendar: Calendar) -> PageAnswer:
    order, decision, words = story.order, story.decision, calendar.words
    reader = Reader(story, announcer, words, calendar)
    parcels = tuple(describe_parcel(reader, key) for key in decision.shop.parcels)
    tone, title, next_, expected = _headline(reader, parcels)
    return PageAnswer(
        language=words.language,
        shop_name=reader.shop.name,
        shop_phone=reader.shop.support_phone,
        shop_website=web_link(reader.shop.website),
        order_id=order.order_id,
        state=decision.state,
        tone=tone,
        title=title,
        next=next_,
        expected=expected,
        note=_note(reader),
        placed_at=order.placed_at,
        promised_from=order.promise.deliver_from if order.promise else None,
        promised_until=order.promise.deliver_until if order.promise else None,
        late=any(reader.late(key) for key in (*decision.shop.parcels, None)),
        parcels_total=decision.parcels_total,
        parcels_delivered=decision.parcels_delivered,
        parcels=parcels,
        timeline=_newest_first(_order_events(reader)),
    )


def _headline(reader: Reader, parcels: Sequence[PageParcel]) -> tuple[Tone, str, str, str | None]:
    """What the whole page says first: of the order, of its one parcel, or of all its parcels together."""
    state = reader.story.decision.state
    counting = [parcel for parcel in parcels if parcel.stage is not Stage.CANCELLED] or list(parcels)
    if state in _ENDED:
        return _of_order(reader, state)
    if not counting:
        return _of_order(reader, state)
    if len(counting) == 1:
        only = counting[0]
        return only.tone, only.title, only.next, only.expected
    return _of_several(reader, counting)


def _of_order(reader: Reader, state: OrderState) -> tuple[Tone, str, str, str | None]:
    promise = reader.story.order.promise
    said = "late" if state in _STILL_TO_COME and reader.late(None) else state.value
    if state is OrderState.CANCELLED and reader.story.decision.shop.payment is PaymentState.REFUNDED:
        said = "cancelled_and_refunded"
    values = {"shop": reader.shop.name, "support_phone": unbroken(reader.shop.support_phone)}
    if promise is not None:
        values["promised"] = reader.calendar.day(promise.deliver_until)
    tone = (
        Tone.TROUBLE if said == "late" or state in _ENDED else Tone.GOOD if state is OrderState.DELIVERED else Tone.CALM
    )
    expected = reader.calendar.expected(None, promise) if state in (*_STILL_TO_COME, OrderState.SHIPPED) else None
    return (tone, *_said(reader.words, f"order.{said}", values), expected)


def _of_several(reader: Reader, parcels: Sequence[PageParcel]) -> tuple[Tone, str, str, str | None]:
    """Somebody has to act, something is wrong, or simply how many are where."""
    decision = reader.story.decision
    tones = [parcel.tone for parcel in parcels]
    tone = next((each for each in (Tone.ACT, Tone.TROUBLE) if each in tones), Tone.CALM)
    said = tone.value
    if tone is Tone.CALM:
        tone = Tone.GOOD if decision.state is OrderState.DELIVERED else Tone.CALM
        said = "preparing" if decision.state in _STILL_TO_COME else decision.state.value
    values = {
        "total": str(decision.parcels_total),
        "delivered": str(decision.parcels_delivered),
        "support_phone": unbroken(reader.shop.support_phone),
    }
    days = {parcel.expected for parcel in parcels if parcel.expected is not None}
    same_day = days.pop() if len(days) == 1 and tone is Tone.CALM else None
    return (tone, *_said(reader.words, f"several.{said}", values), same_day)


def _said(words: Words, key: str, values: Mapping[str, str]) -> tuple[str, str]:
    return words.say(f"{key}.title", **values), words.say(f"{key}.next", **values)


def _note(reader: Reader) -> str | None:
    decision = reader.story.decision
    if decision.shop.payment is PaymentState.REFUNDED and decision.state is not OrderState.CANCELLED:
        return reader.words.say("note.refunded")
    open_ = decision.state not in (*_ENDED, OrderState.DELIVERED)
    if decision.shop.lines_pending and decision.shop.parcels and open_:
        return reader.words.say("note.more_to_come")
    return None


def _newest_first(events: Iterable[PageEvent]) -> tuple[PageEvent, ...]:
    """What was said at the same moment keeps its order: last said, first shown."""
    return tuple(sorted(events, key=lambda event: event.at))[::-1]


def _order_events(reader: Reader) -> Iterator[PageEvent]:
    """Each thing the shop said of the order as a whole, when it said so first. Parcels speak for themselves."""
    told: dict[str, datetime] = {"placed": reader.story.order.placed_at}
    standing = reader.story.decision.shop
    for snapshot in without_conflicts(reader.story.snapshots):
        if _is_told(snapshot.state, standing):
            told.setdefault(snapshot.state.value, snapshot.time)
        if snapshot.payment is PaymentState.PAID:
            told.setdefault("paid", snapshot.time)
        elif snapshot.payment is PaymentState.REFUNDED:
            told.setdefault("refunded", snapshot.time)
    for name, at in told.items():
        title = reader.words.say(f"order_event.{name}", shop=reader.shop.name)
        yield PageEvent(at=at, clock=Clock.EXACT, title=title, place=None)


def _is_told(state: ShopState, standing: ShopFact) -> bool:
    """Sent, delivered and returned are told by each parcel, if there is any; what was taken back is not told."""
    if state in (ShopState.CONFIRMED, ShopState.PREPARING):
        return True
    of_the_order = state is ShopState.CANCELLED or not standing.parcels
    return state is standing.state and state is not ShopState.PLACED and of_the_order
