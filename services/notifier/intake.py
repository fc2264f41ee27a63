"""The door of the notifier: a step becomes messages in the ledger, each with its verdict, in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifier import erasure, ledger
from services.notifier.catching_up import held_back
from services.notifier.domain.delivery import State
from services.notifier.domain.plan import Planned, Recipient, Rules, StepFacts, Told, overtake, plan
from services.notifier.ledger import Change, NewMessage
from shared.contracts.base import Contract
from shared.contracts.erasures import ErasureRequested, step_without_contact
from shared.contracts.orders import Buyer
from shared.contracts.orders import Recipient as OtherRecipient
from shared.contracts.steps import StepReached
from shared.contracts.topics import TRACKING_ERASURES, TRACKING_STEPS
from shared.contracts.vocabulary import Actor, Channel, Step
from shared.database import Row
from shared.messaging.consume import Intake, Taken
from shared.messaging.failures import Poison
from shared.messaging.inbox import Delivery
from shared.shops import Shop, Shops

GROUP = "notifier"
BUYER = "buyer"
_NAMESPACE = uuid5(NAMESPACE_URL, "hito:message")


@dataclass(frozen=True)
class Planner:
    """What planning needs beside the step. `clock` answers the time of now, in UTC."""

    shops: Shops
    installed: frozenset[Channel]
    clock: Callable[[], datetime]


def intake(planner: Planner) -> Intake:
    """What `notifier consume` takes in."""

    async def take_in(tx: AsyncConnection, deliveries: Sequence[Delivery[Contract]]) -> Sequence[Taken]:
        fresh = [delivery for delivery in deliveries if not delivery.conflicting]
        asked = [delivery for delivery in fresh if isinstance(delivery.data, ErasureRequested)]
        await erasure.hold(tx, erasing=bool(asked))
        await erasure.erase_all(tx, cast("list[Delivery[ErasureRequested]]", asked), planner.clock())
        steps = [delivery for delivery in fresh if isinstance(delivery.data, StepReached)]
        if steps:
            await _take_in(tx, cast("list[Delivery[StepReached]]", steps), planner)
        return [Taken.STALE if delivery.conflicting else Taken.APPLIED for delivery in deliveries]

    return Intake(GROUP, (TRACKING_STEPS, TRACKING_ERASURES), take_in)


async def _take_in(tx: AsyncConnection, steps: Sequence[Delivery[StepReached]], planner: Planner) -> None:
    erased = await erasure.erased_among(tx, {(d.data.shop, d.data.order_id) for d in steps})
    fresh = [_as_it_may_be_kept(delivery, erased) for delivery in steps]
    messages = [message for delivery in fresh for message in _messages(delivery, planner, erased)]
    await ledger.remember_steps(tx, fresh)
    written = await ledger.plan_messages(tx, messages)
    overtaken = await _overtaken(tx, {(d.data.shop, d.data.order_id) for d in fresh})
    called_off = await ledger.change(tx, overtaken)
    await ledger.tell(tx, {*written, *called_off})


def _as_it_may_be_kept(delivery: Delivery[StepReached], erased: erasure.Orders) -> Delivery[StepReached]:
    """A step that was on its way when its buyer's contact was erased still carries it."""
    step = delivery.data
    return delivery._replace(data=step_without_contact(step)) if (step.shop, step.order_id) in erased else delivery


def _messages(delivery: Delivery[StepReached], planner: Planner, erased: erasure.Orders) -> list[NewMessage]:
    step = delivery.data
    decided = decide(step, planner, erased=(step.shop, step.order_id) in erased)
    verdicts = held_back(decided.verdicts, delivery.heard_at, planner.clock())
    return [_new_message(delivery, decided.facts, verdict, decided.people[verdict.recipient]) for verdict in verdicts]


@dataclass(frozen=True)
class Decided:
    """Everybody who could be told of a step, and one verdict for each of them and each channel."""

    facts: StepFacts
    people: dict[str, Buyer | OtherRecipient]
    verdicts: tuple[Planned, ...]


def decide(step: StepReached, planner: Planner, *, erased: bool) -> Decided:
    """Raises Poison for a shop that is not configured."""
    shop = planner.shops.get(step.shop)
    if shop is None:
        raise Poison("unknown shop: it is not configured here")
    people = recipients_of(step)
    facts = step_facts(step, shop, erased=erased)
    views = [_view(role, person) for role, person in people.items()]
    return Decided(facts, people, plan(facts, views, _rules(shop, step, planner), planner.clock()))


def recipients_of(step: StepReached) -> dict[str, Buyer | OtherRecipient]:
    """Everybody to tell, by role: the buyer first, then the others, numbered where a role comes twice."""
    people: dict[str, Buyer | OtherRecipient] = {BUYER: step.buyer}
    for other in step.recipients:
        role, number = other.role, 2
        while role in people:
            role, number = f"{other.role}-{number}", number + 1
        people[role] = other
    return people


def address_of(person: Buyer | OtherRecipient, channel: Channel) -> str | None:
    return person.email if channel is Channel.EMAIL else person.phone


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
    )


def _view(role: str, person: Buyer | OtherRecipient) -> Recipient:
    return Recipient(
        role=role,
        reachable=frozenset(channel for channel in Channel if address_of(person, channel) is not None),
        consents=frozenset(c.channel for c in person.consents if c.purpose == "order_status"),
    )


def _rules(shop: Shop, step: StepReached, planner: Planner) -> Rules:
    quiet = shop.quiet_hours
    return Rules(
        groups=shop.channels.order,
        groups_for_step=shop.channels.groups_for(step.step),
        installed=planner.installed,
        quiet=(quiet.begin, quiet.end) if quiet else None,
    )


def _new_message(
    delivery: Delivery[StepReached], facts: StepFacts, verdict: Planned, person: Buyer | OtherRecipient
) -> NewMessage:
    step = delivery.data
    return NewMessage(
        id=message_id(step, verdict.recipient, verdict.channel),
        step=step,
        step_event=delivery.envelope.id,
        facts=facts,
        verdict=verdict,
        address=address_of(person, verdict.channel),
    )


def message_id(step: StepReached, recipient: str, channel: Channel) -> UUID:
    """The same message has the same id, however often its step is told: it travels to the provider and comes back."""
    return uuid5(_NAMESPACE, "\x1f".join((str(step.event_id), recipient, channel)))


async def _overtaken(tx: AsyncConnection, orders: set[tuple[str, str]]) -> dict[UUID, Change]:
    """All messages of these orders that a later step has made untrue before they left."""
    found: dict[UUID, Change] = {}
    for rows in (await ledger.messages_of(tx, orders)).values():
        for position, reason in overtake(_told(row) for row in rows).items():
            found[rows[position]["id"]] = Change(State.SUPERSEDED, reason)
    return found


def _told(row: Row) -> Told:
    return Told(
        recipient=row["recipient"],
        channel=Channel(row["channel"]),
        step=Step(row["step"]),
        parcel=row["parcel"],
        sequence=row["sequence"],
        buyer_must_act=row["buyer_must_act"],
        state=State(row["state"]),
    )
