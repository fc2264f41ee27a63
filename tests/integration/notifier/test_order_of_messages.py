"""A buyer reads of an order in the order in which things happened, and a stuck message does not silence the rest."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from sandbox.providers import Action, Rule
from services.notifier.queue import PATIENCE
from shared.contracts.steps import StepReached
from shared.contracts.vocabulary import Channel, Step
from tests.support.migrated import ask
from tests.support.mortal import Killed, MortalDatabase
from tests.support.notifier_world import BY_SMS, Notifier, now, step

EMAIL, SMS = Channel.EMAIL, Channel.SMS
CONFIRMED, PAID, REFUNDED = Step.ORDER_CONFIRMED, Step.PAYMENT_RECEIVED, Step.REFUNDED
"""None of these makes another untrue."""
HOLD = PATIENCE.hold


def throttle(notifier: Notifier, seconds: int, times: int = 1) -> None:
    notifier.providers.faults.add(
        Rule(provider="twilio", action=Action.THROTTLE_429, times=times, retry_after_seconds=seconds)
    )


async def hears_both(notifier: Notifier) -> None:
    await notifier.hears(step(CONFIRMED, 1, buyer=BY_SMS), step(REFUNDED, 2, buyer=BY_SMS))


async def received(notifier: Notifier) -> list[str]:
    rows = await ask(notifier.database, "SELECT id, step FROM messages")
    names = {row["id"]: str(row["step"]) for row in rows}
    return [names[entry.message_id] for entry in notifier.accepted if entry.message_id is not None]


async def test_messages_of_one_order_leave_one_after_the_other(notifier: Notifier) -> None:
    await notifier.hears(*(step(kind, nth) for nth, kind in enumerate((CONFIRMED, PAID, REFUNDED), start=1)))
    await notifier.send_what_is_due()
    assert await received(notifier) == [CONFIRMED, PAID, REFUNDED]


@pytest.mark.parametrize("minutes_ahead", [-10, 1.5, 10])
async def test_messages_of_one_order_keep_their_order_though_consumers_clocks_differ(
    notifier: Notifier, minutes_ahead: float
) -> None:
    other = replace(notifier, consumers_clock=lambda: now() + timedelta(minutes=minutes_ahead))
    await other.hears(step(CONFIRMED, 1, buyer=BY_SMS))
    await notifier.hears(step(REFUNDED, 2, buyer=BY_SMS))
    await notifier.send_what_is_due()
    assert await received(notifier) == [CONFIRMED, REFUNDED]


async def test_a_message_that_is_tried_again_holds_back_its_successor(notifier: Notifier) -> None:
    throttle(notifier, 20)
    await hears_both(notifier)
    await notifier.send_what_is_due()
    assert await received(notifier) == []
    await notifier.let_time_pass(timedelta(seconds=30))
    await notifier.send_what_is_due()
    assert await received(notifier) == [CONFIRMED, REFUNDED]


async def test_a_message_in_doubt_holds_back_its_successor_for_a_while_and_then_stays_in_doubt(
    notifier: Notifier,
) -> None:
    notifier.providers.faults.add(Rule(action=Action.DROP_BEFORE_ACCEPT, times=1))
    await hears_both(notifier)
    await notifier.send_what_is_due()
    await notifier.let_time_pass(HOLD - timedelta(seconds=5))
    await notifier.send_what_is_due()
    assert await received(notifier) == []
    await notifier.let_time_pass(timedelta(seconds=10))
    await notifier.send_what_is_due()
    assert await received(notifier) == [REFUNDED]
    assert (await notifier.state(CONFIRMED, SMS))[0] == "unknown"


async def test_a_message_that_cannot_leave_for_long_is_given_up_for_its_successor(notifier: Notifier) -> None:
    throttle(notifier, 3_600)
    await hears_both(notifier)
    await notifier.send_what_is_due()
    await notifier.let_time_pass(HOLD - timedelta(seconds=5))
    await notifier.tidy()
    assert (await notifier.state(CONFIRMED, SMS))[0] == "frozen"
    await notifier.let_time_pass(timedelta(seconds=10))
    await notifier.tidy()
    assert await notifier.state(CONFIRMED, SMS) == ("superseded", "held_back_too_long")
    await notifier.send_what_is_due()
    assert await received(notifier) == [REFUNDED]


@pytest.mark.parametrize("retry_after_seconds", [0, 3_600])
async def test_while_a_provider_is_away_no_message_is_given_up_for_one_that_could_not_leave_either(
    notifier: Notifier, retry_after_seconds: int
) -> None:
    away = Rule(action=Action.UNAVAILABLE_503, retry_after_seconds=retry_after_seconds)
    notifier.providers.faults.add(away)
    await hears_both(notifier)
    await notifier.send_what_is_due()
    await notifier.let_time_pass(timedelta(minutes=10))
    await notifier.tidy()
    await notifier.send_what_is_due()
    notifier.providers.faults.clear()
    await notifier.let_time_pass(timedelta(hours=1, minutes=30))
    await notifier.tidy()
    await notifier.send_what_is_due()
    assert await received(notifier) == [CONFIRMED, REFUNDED]


async def test_a_message_that_cannot_leave_and_holds_nobody_back_is_not_given_up(notifier: Notifier) -> None:
    throttle(notifier, 3_600)
    await notifier.hears(step(CONFIRMED, 1, buyer=BY_SMS))
    await notifier.send_what_is_due()
    await notifier.let_time_pass(timedelta(minutes=30))
    await notifier.tidy()
    assert (await notifier.state(CONFIRMED, SMS))[0] == "frozen"


@pytest.mark.parametrize("frozen_before", [False, True])
async def test_after_a_long_outage_of_the_sender_every_message_goes_out_and_in_order(
    notifier: Notifier, frozen_before: bool
) -> None:
    await hears_both(notifier)
    if frozen_before:
        await notifier.new_sender().freeze_due(SMS)
    await notifier.let_time_pass(timedelta(hours=3))
    await notifier.tidy()
    await notifier.send_what_is_due()
    assert await received(notifier) == [CONFIRMED, REFUNDED]


async def test_after_a_long_outage_one_failed_attempt_does_not_cost_a_message_its_turn(notifier: Notifier) -> None:
    await hears_both(notifier)
    await notifier.let_time_pass(timedelta(hours=3))
    throttle(notifier, 10)
    await notifier.send_what_is_due()
    await notifier.tidy()
    await notifier.let_time_pass(timedelta(seconds=15))
    await notifier.send_what_is_due()
    assert await received(notifier) == [CONFIRMED, REFUNDED]


async def test_a_message_that_waits_for_the_morning_holds_back_nobody_and_is_told_in_the_morning(
    notifier: Notifier,
) -> None:
    await notifier.hears(step(PAID, 1))
    await ask(notifier.database, "UPDATE messages SET not_before = now() + interval '8 hours' RETURNING id")
    await notifier.hears(step(Step.OUT_FOR_DELIVERY, 2))
    await notifier.send_what_is_due()
    assert await received(notifier) == [Step.OUT_FOR_DELIVERY]
    await notifier.let_time_pass(timedelta(minutes=10))
    await notifier.tidy()
    assert await notifier.state(PAID) == ("planned", "due")
    await notifier.let_time_pass(timedelta(hours=8))
    await notifier.send_what_is_due()
    assert await received(notifier) == [Step.OUT_FOR_DELIVERY, PAID]


async def test_a_stuck_message_holds_back_no_other_channel_and_no_other_order(notifier: Notifier) -> None:
    both = BY_SMS.model_copy(update={"email": "lucia@example.com"})
    notifier.providers.faults.add(Rule(action=Action.DROP_BEFORE_ACCEPT, times=1, provider="twilio"))
    await notifier.hears(step(CONFIRMED, 1, buyer=both))
    await notifier.send_what_is_due()
    await notifier.hears(step(REFUNDED, 2, buyer=both), step(REFUNDED, 1, order_id="A-2", buyer=BY_SMS))
    await notifier.send_what_is_due()
    assert (await notifier.state(CONFIRMED, SMS))[0] == "unknown"
    assert (await notifier.state(REFUNDED, EMAIL))[0] == "accepted"
    assert (await notifier.state(REFUNDED, SMS, "A-2"))[0] == "accepted"
    assert (await notifier.state(REFUNDED, SMS))[0] == "planned"


async def test_what_a_dead_sender_had_in_flight_holds_back_its_successor_until_it_is_known_to_be_in_doubt(
    notifier: Notifier,
) -> None:
    await hears_both(notifier)
    with pytest.raises(Killed):
        await notifier.new_sender(MortalDatabase(notifier.database, 2, committed=True)).work_off(SMS)
    await notifier.send_what_is_due()
    assert await received(notifier) == []
    await notifier.let_time_pass(PATIENCE.flight + timedelta(seconds=5))
    await notifier.tidy()
    await notifier.send_what_is_due()
    assert await received(notifier) == []
    await notifier.let_time_pass(HOLD + timedelta(seconds=5))
    await notifier.send_what_is_due()
    assert await received(notifier) == [REFUNDED]


def two_steps_of_each(orders: list[str]) -> list[StepReached]:
    return [step(kind, nth, order_id=name) for name in orders for nth, kind in ((1, CONFIRMED), (2, PAID))]


async def test_two_senders_over_two_hundred_messages_send_each_once_and_each_order_in_its_order(
    notifier: Notifier,
) -> None:
    orders = [f"A-{number}" for number in range(100)]
    await notifier.hears(
        *(step(kind, nth, order_id=name) for name in orders for nth, kind in ((1, CONFIRMED), (2, PAID)))
    )
    await asyncio.gather(*(notifier.send_what_is_due(notifier.new_sender()) for _ in range(2)))
    await notifier.send_what_is_due()
    rows = await ask(notifier.database, "SELECT id, order_id, sequence, state FROM messages WHERE channel = 'email'")
    assert {row["state"] for row in rows} == {"accepted"}
    sent = [entry.message_id for entry in notifier.accepted]
    assert len(sent) == len(set(sent)) == 200
    places = {message: place for place, message in enumerate(sent)}
    first = {row["order_id"]: places[row["id"]] for row in rows if row["sequence"] == 1}
    second = {row["order_id"]: places[row["id"]] for row in rows if row["sequence"] == 2}
    assert all(first[name] < second[name] for name in orders)


async def test_two_senders_among_failing_providers_leave_an_exact_account_of_every_message(notifier: Notifier) -> None:
    faults = notifier.providers.faults
    faults.add(Rule(provider="smtp", action=Action.THROTTLE_429, times=20, retry_after_seconds=0))
    faults.add(Rule(provider="smtp", action=Action.ACCEPT_THEN_DROP, times=6))
    faults.add(Rule(provider="smtp", action=Action.REJECT, times=4))
    orders = [f"A-{number}" for number in range(60)]
    await notifier.hears(
        *(step(kind, nth, order_id=name) for name in orders for nth, kind in ((1, CONFIRMED), (2, PAID)))
    )
    for _ in range(8):
        await asyncio.gather(*(notifier.send_what_is_due(notifier.new_sender()) for _ in range(2)))
        await notifier.let_time_pass(timedelta(seconds=45))
        await notifier.tidy()
    rows = await ask(notifier.database, "SELECT id, state FROM messages WHERE channel = 'email'")
    states = {row["id"]: row["state"] for row in rows}
    sent = [entry.message_id for entry in notifier.accepted]
    assert len(sent) == len(set(sent)), "nobody hears anything twice"
    assert sorted(states.values()) == ["accepted"] * 110 + ["failed"] * 4 + ["unknown"] * 6
    assert set(sent) == {message for message, state in states.items() if state in ("accepted", "unknown")}
    final = {"accepted": ["planned", "sent"], "failed": ["planned", "failed"], "unknown": ["planned", "unknown"]}
    assert await notifier.verdicts() == {message: final[state] for message, state in states.items()}
