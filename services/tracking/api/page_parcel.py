"""One parcel as its buyer sees it: what state it is in, what that asks of them, and what happened on the way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from services.tracking.announce import Announcer, parcel_facts, shipment_of
from services.tracking.api.page_answers import PageEvent, PageMilestone, PageParcel, Tone
from services.tracking.api.page_dates import Calendar, place_name
from services.tracking.api.page_language import ASKS_THE_BUYER, Words, variants_of
from services.tracking.api.page_links import unbroken, web_link
from services.tracking.domain.lifecycle import FINAL, TROUBLED
from services.tracking.domain.promise import PromiseBroken, broken_on, is_late_news
from services.tracking.domain.shipment import ParcelFact, ParcelKey, ParcelState, in_true_order
from services.tracking.queries import OrderStory
from shared.contracts.shipments import Eta
from shared.contracts.steps import ParcelFacts
from shared.contracts.vocabulary import Actor, Condition, OrderState, Stage
from shared.shops import Shop

_REACHED: Mapping[Stage, int] = {
    Stage.REGISTERED: 0,
    Stage.ACCEPTED: 1,
    Stage.IN_TRANSIT: 1,
    Stage.OUT_FOR_DELIVERY: 2,
    Stage.FAILED_ATTEMPT: 2,
    Stage.READY_FOR_PICKUP: 2,
    Stage.DELIVERED: 3,
}
"""How far along the progress line. Stages that are not here have left the way to the buyer."""


@dataclass(frozen=True)
class Reader:
    """For whom a story is told, and with what."""

    story: OrderStory
    announcer: Announcer
    words: Words
    calendar: Calendar

    @property
    def shop(self) -> Shop:
        return self.announcer.shops[self.story.order.shop]

    def late(self, key: ParcelKey | None) -> bool:
        """True when the promised day is over and this is news: the shop has not promised another since."""
        promise = self.story.order.promise
        return promise is not None and any(
            isinstance(fact, PromiseBroken)
            and fact.promised_until == promise.deliver_until
            and fact.parcel in (key, None)
            for fact in self.story.time_facts
        )

    def is_news(self, state: ParcelState) -> bool:
        """Whether being late against the promise is worth a word beside what the carrier said last."""
        promised = self.story.decision.shop.promise_until
        return promised is not None and is_late_news(state, broken_on(promised, self.story.decision.shop.zone))


def tone_of(stage: Stage, condition: Condition | None, action_by: Actor | None, *, late: bool = False) -> Tone:
    """`act` when the buyer has to do something, in whichever stage; a parcel that arrived asks for nothing."""
    if stage is Stage.DELIVERED:
        return Tone.TROUBLE if condition is Condition.DAMAGED else Tone.GOOD
    if stage in FINAL or stage is Stage.RETURNING:
        return Tone.TROUBLE
    theirs = action_by in (None, Actor.BUYER)
    if stage is Stage.READY_FOR_PICKUP or action_by is Actor.BUYER:
        return Tone.ACT
    attempted = stage is Stage.FAILED_ATTEMPT and condition is not Condition.WEATHER
    if theirs and (attempted or condition in ASKS_THE_BUYER):
        return Tone.ACT
    troubled = condition is not None or late or stage is Stage.FAILED_ATTEMPT or action_by is Actor.SHOP
    return Tone.TROUBLE if troubled else Tone.CALM


def describe_parcel(reader: Reader, key: ParcelKey) -> PageParcel:
    state = reader.story.decision.parcels[key]
    shipment = shipment_of(reader.story.order, key)
    facts = parcel_facts(reader.shop, reader.announcer.directory, key, shipment, state)
    late = reader.late(key) and reader.is_news(state)
    values = sentence_values(reader, facts)
    variants = variants_of(state.condition, state.action_by, state.delivered_to, late=late)
    return PageParcel(
        carrier_name=facts.carrier_name or reader.words.say("ui.carrier_not_known"),
        reference=facts.reference,
        phone=facts.contact.phone,
        phone_of_shop=facts.contact.of_shop,
        hours=facts.contact.hours,
        carrier_url=web_link(facts.carrier_url),
        stage=state.stage,
        condition=state.condition,
        action_by=state.action_by,
        delivered_to=state.delivered_to,
        eta=facts.eta,
        since=state.since,
        tone=tone_of(state.stage, state.condition, state.action_by, late=late),
        title=reader.words.of_parcel("title", state.stage, variants, values),
        next=reader.words.of_parcel("next", state.stage, variants, values),
        expected=_expected(reader, state, facts.eta),
        place=place_name(reader.words, state.city, state.country, reader.shop.country),
        items=sum(line.quantity for line in facts.lines) or None,
        milestones=milestones(reader.words, state, _counted(reader.story, key)),
        timeline=_timeline(reader, key, values),
    )


def _expected(reader: Reader, state: ParcelState, eta: Eta | None) -> str | None:
    """After an attempt the day it was tried on is no news: only a later one that the carrier names."""
    if reader.story.decision.state in (OrderState.CANCELLED, OrderState.RETURNED):
        return None
    if state.stage is Stage.FAILED_ATTEMPT and state.seen_at is not None and eta is not None:
        zone = reader.calendar.zone
        later = eta.until.astimezone(zone).date() > state.seen_at.astimezone(zone).date()
        return reader.calendar.expected(eta, None) if later else None
    return reader.calendar.expected(eta, reader.story.order.promise) if state.stage in TROUBLED else None


def sentence_values(reader: Reader, facts: ParcelFacts) -> dict[str, str]:
    """What a sentence about a parcel may name. `promised` only where there is a promise."""
    shop, promise = reader.shop, reader.story.order.promise
    care = reader.words.say("ui.care_in_a_sentence", shop=shop.name)
    carrier = facts.carrier_name or reader.words.say("ui.the_carrier")
    values = {
        "carrier": carrier,
        "callee": care if facts.contact.of_shop else carrier,
        "phone": unbroken(facts.contact.phone),
        "shop": shop.name,
        "support_phone": unbroken(shop.support_phone),
    }
    return values | ({"promised": reader.calendar.day(promise.deliver_until)} if promise else {})


def milestones(words: Words, state: ParcelState, facts: Sequence[ParcelFact]) -> tuple[PageMilestone, ...]:
    """Prepared, sent, out for delivery (or waiting to be collected), delivered. Empty off the way to the buyer."""
    reached = _REACHED.get(state.stage)
    if reached is None:
        return ()
    last_mile = {fact.stage: fact.occurred_at for fact in reversed(facts) if _REACHED.get(fact.stage) == 2}
    collected = state.stage is Stage.READY_FOR_PICKUP or (
        state.stage is Stage.DELIVERED and Stage.READY_FOR_PICKUP in last_mile
    )
    third = Stage.READY_FOR_PICKUP if collected else Stage.OUT_FOR_DELIVERY
    known = next((fact.occurred_at for fact in facts if fact.stage is Stage.REGISTERED), None)
    marks = (
        ("prepared", known),
        ("shipped", state.first_scan_at),
        (third.value, last_mile.get(third)),
        ("delivered", state.delivered_at),
    )
    return tuple(
        PageMilestone(
            name=name,
            label=words.say(f"progress.{name}"),
            at=at if nth <= reached else None,
            reached=nth <= reached,
            current=nth == reached,
        )
        for nth, (name, at) in enumerate(marks)
    )


def _counted(story: OrderStory, key: ParcelKey) -> tuple[ParcelFact, ...]:
    """The parcel's facts that changed something, as they happened, with the shop's own word where that ruled last."""
    ignored = {each.fact for each in story.decision.ignored}
    facts = [fact for fact in story.facts.get(key, ()) if fact.id not in ignored and fact.stage is not Stage.UNKNOWN]
    state, shop = story.decision.parcels[key], story.decision.shop
    if state.ruling == shop.id:
        facts.append(ParcelFact(shop.id, shop.time, state.stage))
    return in_true_order(facts)


def _timeline(reader: Reader, key: ParcelKey, values: Mapping[str, str]) -> tuple[PageEvent, ...]:
    """Newest first. Scans in a row that say the same of the same place are told once, with the first one's hour."""
    told: list[PageEvent] = []
    for event in _events(reader, key, values):
        if not told or (told[-1].title, told[-1].place) != (event.title, event.place):
            told.append(event)
    return tuple(reversed(told))


def _events(reader: Reader, key: ParcelKey, values: Mapping[str, str]) -> Iterator[PageEvent]:
    for fact in _counted(reader.story, key):
        variants = variants_of(fact.condition, fact.action_by, fact.delivered_to)
        yield PageEvent(
            at=fact.occurred_at,
            clock=fact.clock,
            title=reader.words.of_parcel("event", fact.stage, variants, values),
            place=place_name(reader.words, fact.city, fact.country, reader.shop.country),
        )
