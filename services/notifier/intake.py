"""The door of the notifier: a step becomes messages in the ledger, each with its verdict, in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifier import erasure, ledger
from services.notifier.domain.delivery import WAITING
from services.notifier.domain.fallback import Waits, deadline_for
from services.notifier.domain.plan import Planned, Rules, StepFacts, plan
from services.notifier.domain.urgency import Urgency
from services.notifier.ledger import NewMessage
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
from shared.failpoints import failpoint
from shared.messaging.consume import Intake, Taken
from shared.messaging.failures import Poison
from shared.messaging.inbox import Delivery
from shared.shops import Shop, Shops

GROUP = "notifier"
_NAMESPACE = uuid5(NAMESPACE_URL, "hito:message")


@dataclass(frozen=True)
class Planner:
    """What planning needs beside the step. `clock` answers the time of now, in UTC."""

    shops: Shops
    installed: frozenset[Channel]
    clock: Callable[[], datetime]
    new_token: Callable[[], str] = links.new_token


def intake(planner: Planner) -> Intake:
    """What `notifier consume` takes in."""

    async def take_in(tx: AsyncConnection, deliveries: Sequence[Delivery[Contract]]) -> Sequence[Taken]:
        fresh = [delivery for delivery in deliveries if not delivery.conflicting]
        asked = [delivery for delivery in fresh if isinstance(delivery.data, ErasureRequested)]
        await erasure.hold(tx, erasing=bool(asked))
        await erasure.erase_all(tx, cast("list[Delivery[ErasureRequested]]", asked), planner.clock())
        steps = [
            cast("Delivery[StepReached]", delivery) for delivery in fresh if isinstance(delivery.data, StepReached)
        ]
        reached = [delivery for delivery in steps if delivery.data.amends is None]
        if reached:
            await _take_in(tx, reached, planner)
        if len(reached) < len(steps):
            await _amend(tx, [delivery for delivery in steps if delivery.data.amends is not None])
        return [Taken.STALE if delivery.conflicting else Taken.APPLIED for delivery in deliveries]

    return Intake(GROUP, (TRACKING_STEPS, TRACKING_ERASURES), take_in)


async def _take_in(tx: AsyncConnection, steps: Sequence[Delivery[StepReached]], planner: Planner) -> None:
    erased = await erasure.erased_among(tx, {(d.data.shop, d.data.order_id) for d in steps})
    fresh = [_as_it_may_be_kept(delivery, erased) for delivery in steps]
    known = await look_up(tx, [delivery.data for delivery in fresh], planner.clock())
    messages = [message for delivery in fresh for message in _messages(delivery, planner, erased, known)]
    await ledger.remember_steps(tx, fresh)
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


def _messages(
    delivery: Delivery[StepReached], planner: Planner, erased: erasure.Orders, known: Known
) -> list[NewMessage]:
    step = delivery.data
    decided = decide(step, planner, known, erased=(step.shop, step.order_id) in erased)
    verdicts = held_back(decided.verdicts, delivery.heard_at, planner.clock())
    return [_new_message(delivery, decided, verdict) for verdict in verdicts]


@dataclass(frozen=True)
class Decided:
    """Everybody who could be told of a step, and one verdict for each of them and each channel."""

    facts: StepFacts
    people: dict[str, Somebody]
    verdicts: tuple[Planned, ...]
    waits: Waits


def decide(step: StepReached, planner: Planner, known: Known, *, erased: bool) -> Decided:
    """Raises Poison for a shop that is not configured."""
    shop = planner.shops.get(step.shop)
    if shop is None:
        raise Poison("unknown shop: it is not configured here")
    people = recipients_of(step)
    facts = step_facts(step, shop, erased=erased)
    views = [known.view(step.shop, role, person) for role, person in people.items()]
    return Decided(facts, people, plan(facts, views, _rules(shop, step, planner), planner.clock()), _waits(shop, facts))


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
