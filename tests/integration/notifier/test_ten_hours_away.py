"""The notifier stood still for ten hours while parcels went out and arrived: each buyer hears once what is true now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest

from services.notifier.sending.catching_up import LATE, READ_ON
from services.tracking.api.describe import describe_why
from shared.contracts.base import Contract
from shared.contracts.steps import StepReached
from shared.contracts.vocabulary import Channel, Step
from shared.database import Database
from shared.messaging.inbox import Delivery
from tests.support.deliveries import delivery, order, scan
from tests.support.migrated import ask
from tests.support.notifier_world import BY_MAIL, BY_SMS, Notifier, now, step
from tests.support.tracking_world import FARO, OTHER, Tracking, announcer_for

EMAIL = Channel.EMAIL
AT_THE_DOOR, AT_THE_COUNTER, ON_ITS_WAY, CALLED_OFF = "A-door", "A-counter", "A-road", "A-off"
TRUE_NOW = {
    AT_THE_DOOR: Step.DELIVERED,
    AT_THE_COUNTER: Step.READY_FOR_PICKUP,
    ON_ITS_WAY: Step.IN_TRANSIT,
    CALLED_OFF: Step.ORDER_CANCELLED,
}
BATCH = 3
"""Few at a time, so that one order's steps do not come in together."""


@dataclass
class Day:
    """What shop and carrier say of one order and its parcel, so many hours before the notifier is back."""

    back_at: datetime
    order_id: str

    def says(self, hours: float, state: str, sequence: int, *, parcel: bool = False) -> Delivery[Contract]:
        told = order(
            state,
            sequence,
            order_id=self.order_id,
            buyer=BY_MAIL,
            parcels=[("seur", self.order_id)] if parcel else (),
            placed_at=self.back_at - timedelta(hours=12),
        )
        return delivery(told, said_at=self.back_at - timedelta(hours=hours))

    def scanned(self, hours: float, stage: str, **more: Any) -> Delivery[Contract]:
        seen = scan(stage, 1, of=("seur", self.order_id), **more)
        return delivery(seen.model_copy(update={"occurred_at": self.back_at - timedelta(hours=hours)}))


def ten_hours(back_at: datetime) -> list[Delivery[Contract]]:
    """In the order in which they were heard; every order was confirmed eleven hours ago."""
    door, counter, road, off = (Day(back_at, name) for name in TRUE_NOW)
    return [
        *(day.says(11, "confirmed", 1) for day in (door, counter, road, off)),
        *(day.says(9.5, "shipped", 2, parcel=True) for day in (door, counter, road)),
        door.scanned(9, "in_transit"),
        counter.scanned(8.5, "in_transit"),
        road.scanned(8, "accepted"),
        door.scanned(6, "out_for_delivery"),
        counter.scanned(5.5, "out_for_delivery"),
        counter.scanned(4, "failed_attempt"),
        road.scanned(3, "in_transit"),
        off.says(2.5, "cancelled", 2),
        counter.scanned(2, "ready_for_pickup", by="buyer"),
        door.scanned(1, "delivered"),
    ]


@pytest.fixture
def tracking(tracking_database: Database) -> Tracking:
    return Tracking(tracking_database, announcer_for(FARO, OTHER))


async def taken_in(notifier: Notifier, steps: list[StepReached]) -> None:
    """As the consumer finds them on its return, with a sender that works on after each batch."""
    sender = notifier.new_sender()
    for channel in notifier.adapters:
        await sender.begin(channel)
    for first in range(0, len(steps), BATCH):
        batch = steps[first : first + BATCH]
        await notifier.hears(*(delivery(told, heard_at=told.occurred_at) for told in batch))
        await notifier.send_what_is_due(sender)


async def received(notifier: Notifier) -> dict[str, list[str]]:
    """What each order's buyer was told, in order."""
    rows = await ask(notifier.database, "SELECT id, order_id, step FROM messages")
    known = {row["id"]: row for row in rows}
    told: dict[str, list[str]] = {}
    for entry in notifier.accepted:
        assert entry.message_id is not None
        told.setdefault(known[entry.message_id]["order_id"], []).append(known[entry.message_id]["step"])
    return told


async def test_each_buyer_hears_the_one_thing_that_is_true_now_and_the_trace_says_what_it_superseded(
    notifier: Notifier, tracking: Tracking
) -> None:
    for fact in ten_hours(now()):
        await tracking.tell(fact)
    steps = await tracking.steps()
    before = [told for told in steps if told.step is Step.ORDER_CONFIRMED]
    await notifier.hears(*before)
    await notifier.send_what_is_due()
    assert await received(notifier) == {name: [Step.ORDER_CONFIRMED] for name in TRUE_NOW}

    away = [told for told in steps if told not in before]
    assert all(told.still_true for told in away if told.step is not Step.PREPARING), "true when they were announced"
    await taken_in(notifier, away)
    assert await received(notifier) == {name: [Step.ORDER_CONFIRMED] for name in TRUE_NOW}, "it reads on first"
    await notifier.let_time_pass(READ_ON)
    await notifier.send_what_is_due()
    assert await received(notifier) == {name: [Step.ORDER_CONFIRMED, last] for name, last in TRUE_NOW.items()}

    await tracking.tell(*await notifier.outcomes())
    for name, last in TRUE_NOW.items():
        trace = await verdicts_in_the_trace(tracking, name)
        stale = {told.step for told in away if told.order_id == name} - {last}
        assert trace.pop(last) == ("sent", "smtp_accepted")
        assert trace.pop(Step.ORDER_CONFIRMED)[0] == "sent"
        assert set(trace) == stale
        assert {verdict for verdict, _ in trace.values()} <= {"superseded"}
        trace.pop(Step.PREPARING, None)  # the shop never said it; tracking announced it as past
        assert all(reason.startswith("overtaken_by_") for _, reason in trace.values())


async def verdicts_in_the_trace(tracking: Tracking, order_id: str) -> dict[Step, tuple[str, str]]:
    """Of the buyer's e-mails, as `/why` answers them."""
    why = describe_why(await tracking.story(order_id))
    return {
        followed.step: (message.verdict, message.reason)
        for decision in why.decisions
        for followed in decision.steps
        for message in followed.messages
        if message.channel == EMAIL
    }


async def test_what_was_planned_before_the_stop_waits_for_what_may_have_made_it_untrue(notifier: Notifier) -> None:
    await notifier.hears(step(Step.OUT_FOR_DELIVERY, 1, buyer=BY_SMS, age=timedelta(0)))
    await notifier.let_time_pass(timedelta(hours=10))
    sender = notifier.new_sender()
    assert await sender.begin(Channel.SMS) == 1
    await notifier.send_what_is_due(sender)
    assert await received(notifier) == {}
    await notifier.hears(step(Step.DELIVERED, 2, buyer=BY_SMS))
    await notifier.let_time_pass(READ_ON)
    await notifier.send_what_is_due(sender)
    assert await received(notifier) == {"A-1001": [Step.DELIVERED]}
    assert await notifier.state(Step.OUT_FOR_DELIVERY, Channel.SMS) == ("superseded", "overtaken_by_delivered")


async def test_what_is_still_true_after_the_stop_is_told_a_little_later(notifier: Notifier) -> None:
    told = step(Step.SHIPPED, age=timedelta(hours=9))
    await taken_in(notifier, [told])
    assert await received(notifier) == {}
    await notifier.let_time_pass(READ_ON)
    await notifier.send_what_is_due()
    assert await received(notifier) == {"A-1001": [Step.SHIPPED]}


async def test_a_step_that_did_not_wait_is_told_at_once_however_old_the_scan(notifier: Notifier) -> None:
    told = step(Step.SHIPPED, age=timedelta(hours=9))
    await notifier.hears(delivery(told, heard_at=now() - LATE / 2))
    await notifier.send_what_is_due()
    assert await received(notifier) == {"A-1001": [Step.SHIPPED]}


async def test_what_is_held_back_until_the_consumer_has_read_on_is_still_told_before_what_came_after_it(
    notifier: Notifier,
) -> None:
    await notifier.hears(step(Step.ORDER_CONFIRMED, 1, age=timedelta(0)))
    await notifier.let_time_pass(LATE + timedelta(seconds=10))
    await notifier.hears(
        delivery(step(Step.PAYMENT_RECEIVED, 2), heard_at=now() - LATE - timedelta(seconds=5)),
        step(Step.REFUNDED, 3),
    )
    sender = notifier.new_sender()
    assert await sender.begin(EMAIL) == 1
    await notifier.send_what_is_due(sender)
    assert await received(notifier) == {}

    await notifier.let_time_pass(READ_ON)
    await notifier.send_what_is_due(sender)

    assert await received(notifier) == {"A-1001": [Step.ORDER_CONFIRMED, Step.PAYMENT_RECEIVED, Step.REFUNDED]}
