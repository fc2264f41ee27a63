"""A provider that was away takes messages again: what waited for it leaves at once, in its order and not by night."""

from __future__ import annotations

from datetime import timedelta

from sandbox.providers import Action, Rule
from services.notifier.domain.circuit import FAILURES
from services.notifier.sender import Sender
from shared.contracts.vocabulary import Channel, Step
from tests.support.migrated import ask
from tests.support.notifier_world import BY_SMS, Notifier, step

EMAIL, SMS = Channel.EMAIL, Channel.SMS
MANY = FAILURES + 3
AN_OUTAGE = timedelta(minutes=10)
"""Long enough for the next attempt of what was tried in it to be minutes away."""


def order(number: int) -> str:
    return f"A-{number}"


def go_away(notifier: Notifier, action: Action = Action.UNAVAILABLE_503) -> None:
    notifier.providers.faults.add(Rule(action=action, retry_after_seconds=3_600))


async def lives_through_an_outage(notifier: Notifier, sender: Sender, action: Action = Action.UNAVAILABLE_503) -> None:
    """Many messages are tried while none is taken; each is to be tried again an hour after the provider is back."""
    go_away(notifier, action)
    await notifier.hears(*(step(Step.SHIPPED, order_id=order(number), buyer=BY_SMS) for number in range(MANY)))
    await notifier.send_what_is_due(sender)
    await notifier.let_time_pass(AN_OUTAGE)
    notifier.providers.faults.clear()


async def hears_of_another_order(notifier: Notifier, sender: Sender) -> None:
    await notifier.hears(step(Step.SHIPPED, order_id="A-new", buyer=BY_SMS))
    await notifier.send_what_is_due(sender)


async def states(notifier: Notifier) -> dict[str, str]:
    rows = await ask(
        notifier.database, "SELECT order_id, state FROM messages WHERE channel = 'sms' AND address IS NOT NULL"
    )
    return {row["order_id"]: row["state"] for row in rows}


async def test_the_first_message_that_is_taken_again_brings_all_that_waited(notifier: Notifier) -> None:
    sender = notifier.new_sender()
    await lives_through_an_outage(notifier, sender)
    await notifier.send_what_is_due(sender)
    assert notifier.accepted == [], "nobody knows yet that it is back"
    await hears_of_another_order(notifier, sender)
    assert set((await states(notifier)).values()) == {"accepted"}
    assert len(notifier.accepted) == MANY + 1


async def test_a_sender_that_was_not_there_during_the_outage_brings_them_too(notifier: Notifier) -> None:
    await lives_through_an_outage(notifier, notifier.new_sender())
    await hears_of_another_order(notifier, notifier.new_sender())
    assert set((await states(notifier)).values()) == {"accepted"}


async def test_who_was_told_to_come_back_later_comes_back_later(notifier: Notifier) -> None:
    """A limit is about our pace or this recipient: that others are taken says nothing of it."""
    sender = notifier.new_sender()
    await lives_through_an_outage(notifier, sender, Action.THROTTLE_429)
    await hears_of_another_order(notifier, sender)
    assert await states(notifier) == {**{order(number): "frozen" for number in range(MANY)}, "A-new": "accepted"}


async def test_what_waited_for_another_provider_waits_on(notifier: Notifier) -> None:
    sender = notifier.new_sender()
    await lives_through_an_outage(notifier, sender)
    await notifier.hears(step(Step.SHIPPED, order_id="A-new"))
    await notifier.send_what_is_due(sender)
    assert await notifier.state(Step.SHIPPED, EMAIL, "A-new") == ("accepted", "smtp_accepted")
    assert set((await states(notifier)).values()) == {"frozen"}


async def test_messages_of_one_order_leave_in_their_order(notifier: Notifier) -> None:
    sender = notifier.new_sender()
    go_away(notifier)
    await notifier.hears(step(Step.ORDER_CONFIRMED, 1), step(Step.PAYMENT_RECEIVED, 2), step(Step.REFUNDED, 3))
    await notifier.send_what_is_due(sender)
    await notifier.let_time_pass(AN_OUTAGE)
    notifier.providers.faults.clear()
    await notifier.hears(step(Step.SHIPPED, order_id="A-new"))
    await notifier.send_what_is_due(sender)
    rows = await ask(notifier.database, "SELECT id, step FROM messages WHERE order_id = 'A-1001'")
    names = {row["id"]: row["step"] for row in rows}
    told = [names[entry.message_id] for entry in notifier.accepted if entry.message_id in names]
    assert told == [Step.ORDER_CONFIRMED, Step.PAYMENT_RECEIVED, Step.REFUNDED]


async def test_what_waits_for_the_morning_waits_on(notifier: Notifier) -> None:
    sender = notifier.new_sender()
    await lives_through_an_outage(notifier, sender)
    await ask(
        notifier.database,
        "UPDATE messages SET zone = 'UTC', quiet_begin = (now() AT TIME ZONE 'UTC')::time - interval '1 hour', "
        "quiet_end = (now() AT TIME ZONE 'UTC')::time + interval '6 hours', "
        "not_before = now() + interval '6 hours', quiet_at = now() + interval '20 hours' RETURNING id",
    )
    await notifier.hears(step(Step.SHIPPED, order_id="A-new", buyer=BY_SMS))
    await notifier.send_what_is_due(sender)
    assert await states(notifier) == {**{order(number): "frozen" for number in range(MANY)}, "A-new": "accepted"}
