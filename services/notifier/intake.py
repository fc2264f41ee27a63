"""The door of the notifier: a step becomes messages in the ledger, each with its verdict, in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import cast
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifier import erasure, ledger
from services.notifier.domain.delivery import WAITING
from services.notifier.domain.fallback import Waits, deadline_for
from services.notifier.domain.phone_costs import PHONE_CHANNELS, REFUSALS, Caps, Wish, why_not_to
from services.notifier.domain.plan import Planned, Recipient, Rules, StepFacts, plan
from services.notifier.domain.urgency import Urgency
from services.notifier.ledger import NewMessage
from services.notifier.people import phone_caps
from services.notifier.people.audience import Known, Somebody, address_of, look_up, recipients_of
from services.notifier.preferences import links
from services.notifier.sending.amending import amend
from services.notifier.sending.catching_up import held_back
from services.notifier.sending.overtaking import call_off_overtaken
from shared.contracts.base import Contract
from shared.contracts.erasures import ErasureRequested, step_without_contact
from shared.contracts.steps import StepReached
from shared.contracts.topics import TRACKING_ERASURES, TRACKING_STEPS
from shared.contracts.vocabulary import Actor, Channel
from shared.database import time_of
from shared.failpoints import failpoint
from shared.messaging.consume import Intake, Taken
from shared.messaging.failures import Poison
from shared.messaging.inbox import Delivery
from shared.observability import spans
from shared.observability.metrics import PHONE_REFUSED
from shared.shops import Shop, Shops

GROUP = "notifier"
TOPICS = (TRACKING_STEPS, TRACKING_ERASURES)
_NAMESPACE = uuid5(NAMESPACE_URL, "hito:message")


@dataclass(frozen=True)
class Planner:
    """What planning needs beside the step. `clock` answers the time of now, in UTC.

    Messages are planned by the database's clock, which the sender goes by too: a consumer whose own is ahead would
    put off a message that its order's next one, planned by another, then overtakes.
    """

    shops: Shops
    installed: frozenset[Channel]
    clock: Callable[[], datetime]
    new_token: Callable[[], str] = links.new_token


def intake(planner: Planner) -> Intake:
    """What `notifier consume` takes in."""

    async def take_in(tx: AsyncConnection, deliveries: Sequence[Delivery[Contract]]) -> Sequence[Taken]:
        fresh = [delivery for delivery in deliveries if not delivery.conflicting]
        now = await time_of(tx)
        asked = [delivery for delivery in fresh if isinstance(delivery.data, ErasureRequested)]
        await erasure.hold(tx, erasing=bool(asked))
        await erasure.erase_all(tx, cast("list[Delivery[ErasureRequested]]", asked), now)
        steps = [
            cast("Delivery[StepReached]", delivery) for delivery in fresh if isinstance(delivery.data, StepReached)
        ]
        reached = [delivery for delivery in steps if delivery.data.amends is None]
        if reached:
            await _take_in(tx, reached, replace(planner, clock=lambda: now))
        if len(reached) < len(steps):
            await _amend(tx, [delivery for delivery in steps if delivery.data.amends is not None])
        return [Taken.STALE if delivery.conflicting else Taken.APPLIED for delivery in deliveries]

    return Intake(GROUP, TOPICS, take_in)


async def _take_in(tx: AsyncConnection, steps: Sequence[Delivery[StepReached]], planner: Planner) -> None:
    erased = await erasure.erased_among(tx, {(d.data.shop, d.data.order_id) for d in steps})
    fresh = [_as_it_may_be_kept(delivery, erased) for delivery in steps]
    known = await look_up(tx, [delivery.data for delivery in fresh], planner.clock())
    await ledger.remember_steps(tx, fresh)
    messages = await _within_caps(tx, fresh, planner, erased, known)
    written = await ledger.plan_messages(tx, messages)
    failpoint("notifier.after_plan")
    planned = {(m.step.shop, m.step.order_id, m.verdict.recipient) for m in messages if m.verdict.state in WAITING}
    await links.keep(tx, planned, planner.new_token, planner.clock())
    called_off = await call_off_overtaken(tx, {(d.data.shop, d.data.order_id) for d in fresh})
    await ledger.tell(tx, {*written, *called_off})


async def _amend(tx: AsyncConnection, steps: Sequence[Delivery[StepReached]]) -> None:
    """What they amend was told before them, at the latest in the same batch."""
    orders = {(each.data.shop, each.data.order_id) for each in steps}
    erased = await erasure.erased_among(tx, orders)
    called_off = await amend(tx, [_as_it_may_be_kept(each, erased).data for each in steps])
    await ledger.tell(tx, {*called_off, *await call_off_overtaken(tx, orders)})


def _as_it_may_be_kept(delivery: Delivery[StepReached], erased: erasure.Orders) -> Delivery[StepReached]:
    """A step that was on its way when its buyer's contact was erased still carries it."""
    step = delivery.data
    return delivery._replace(data=step_without_contact(step)) if (step.shop, step.order_id) in erased else delivery


async def _within_caps(
    tx: AsyncConnection,
    deliveries: Sequence[Delivery[StepReached]],
    planner: Planner,
    erased: erasure.Orders,
    known: Known,
) -> list[NewMessage]:
    """Decide on all; where a cap leaves no room for a phone, once more without it."""

    def decided(delivery: Delivery[StepReached], refused: Mapping[str, str]) -> Decided:
        step = delivery.data
        return decide(step, planner, known, erased=(step.shop, step.order_id) in erased, refused=refused)

    all_decided = [decided(delivery, {}) for delivery in deliveries]
    asking = [(nth, role, wish) for nth, each in enumerate(all_decided) for role, wish in _by_phone(each, planner)]
    answers = await phone_caps.take_room(tx, [wish for _, _, wish in asking], planner.clock())
    refused: dict[int, dict[str, str]] = {}
    for (nth, role, _), why in zip(asking, answers, strict=True):
        if why is not None:
            refused.setdefault(nth, {})[role] = why
    for nth, roles in refused.items():
        all_decided[nth] = decided(deliveries[nth], roles)
    pairs = zip(deliveries, all_decided, strict=True)
    return [message for delivery, each in pairs for message in _messages(delivery, each, planner)]


def _by_phone(decided: Decided, planner: Planner) -> Iterator[tuple[str, Wish]]:
    """Whom a phone may tell of this, now or when a channel before it fails: counted once, by role."""
    caps = planner.shops[decided.shop].phones
    wanted = {v.recipient for v in decided.verdicts if v.channel in PHONE_CHANNELS and v.state in WAITING}
    for role in sorted(wanted):
        number = decided.people[role].phone
        assert number is not None, "only who has a phone is reachable by it"
        limits = Caps(caps.per_number_a_day, caps.per_prefix_a_day, caps.per_shop_a_day)
        yield role, Wish(decided.shop, number, limits)


def _messages(delivery: Delivery[StepReached], decided: Decided, planner: Planner) -> list[NewMessage]:
    for verdict in decided.verdicts:
        if verdict.reason in REFUSALS:
            PHONE_REFUSED.labels(decided.shop, verdict.reason).inc()
    about = {"hito.step": delivery.data.step.value}
    with spans.span("plan messages", spans.SpanKind.INTERNAL, about, parent=delivery.envelope.traceparent) as span:
        verdicts = held_back(decided.verdicts, delivery.heard_at, planner.clock())
        span.set_attribute("hito.messages", len(verdicts))
        return [_new_message(delivery, decided, verdict) for verdict in verdicts]


@dataclass(frozen=True)
class Decided:
    """Everybody who could be told of a step, and one verdict for each of them and each channel."""

    facts: StepFacts
    people: dict[str, Somebody]
    verdicts: tuple[Planned, ...]
    waits: Waits
    shop: str


def decide(
    step: StepReached, planner: Planner, known: Known, *, erased: bool, refused: Mapping[str, str] | None = None
) -> Decided:
    """Raises Poison for a shop that is not configured. `refused`: why a cap leaves no room for some roles' phones."""
    shop = planner.shops.get(step.shop)
    if shop is None:
        raise Poison("unknown shop: it is not configured here")
    people = recipients_of(step)
    facts = step_facts(step, shop, erased=erased)
    views = [_view(known, shop, role, person, (refused or {}).get(role)) for role, person in people.items()]
    verdicts = plan(facts, views, _rules(shop, step, planner), planner.clock())
    return Decided(facts, people, verdicts, _waits(shop, facts), shop.id)


def _view(known: Known, shop: Shop, role: str, person: Somebody, no_room: str | None) -> Recipient:
    """Somebody as planning sees them, with the reason why their phone is not written to."""
    refused = no_room or (why_not_to(person.phone, shop.phones.countries) if person.phone else None)
    return replace(known.view(shop.id, role, person), phone_refused=refused)


def step_facts(step: StepReached, shop: Shop, *, erased: bool = False) -> StepFacts:
    parcel = step.parcel
    return StepFacts(
        step=step.step,
        parcel=parcel.key if parcel else "",
        sequence=step.sequence,
        occurred_at=step.occurred_at,
        still_true=step.still_true,
        silenced=step.notify.silences(step.step),
        buyer_must_act=parcel is not None and parcel.action_by is Actor.BUYER,
        zone=step.buyer.timezone or shop.zone,
        erased=erased,
        gift=bool(step.gift),
    )


def _rules(shop: Shop, step: StepReached, planner: Planner) -> Rules:
    quiet = shop.quiet_hours
    return Rules(
        groups=shop.channels.order,
        groups_for_step=shop.channels.groups_for(step.step),
        installed=planner.installed,
        quiet=(quiet.begin, quiet.end) if quiet else None,
    )


def _waits(shop: Shop, facts: StepFacts) -> Waits:
    wished = shop.channels
    trying = timedelta(minutes=wished.fallback_after_minutes) if wished.fallback_after_minutes else None
    receipt = timedelta(minutes=wished.receipt_within_minutes) if wished.receipt_within_minutes else None
    resend = wished.resend_in_doubt and facts.buyer_must_act
    return Waits(deadline_for(urgent=facts.urgency is Urgency.URGENT, wished=trying), receipt, resend)


def _new_message(delivery: Delivery[StepReached], decided: Decided, verdict: Planned) -> NewMessage:
    step = delivery.data
    return NewMessage(
        id=message_id(step, verdict.recipient, verdict.channel),
        step=step,
        step_event=delivery.envelope.id,
        facts=decided.facts,
        verdict=verdict,
        address=address_of(decided.people[verdict.recipient], verdict.channel),
        waits=decided.waits,
    )


def message_id(step: StepReached, recipient: str, channel: Channel) -> UUID:
    """The same message has the same id, however often its step is told: it travels to the provider and comes back."""
    return uuid5(_NAMESPACE, "\x1f".join((str(step.event_id), recipient, channel)))
