"""A sender may die at any line: what has not left is sent once by the next, what may have left is never sent again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.contracts.vocabulary import Channel, Step
from tests.support.mortal import AbsentDatabase, Killed, MortalDatabase, SleepyDatabase, Witness, die
from tests.support.notifier_world import BY_SMS, Notifier, step

EMAIL = Channel.EMAIL
FREEZE, CLAIM, PUT_IN_FLIGHT, RECORD = range(4)
"""The transactions of one round of one channel, in order."""
BEFORE, AFTER = False, True


async def next_process_takes_over(notifier: Notifier) -> None:
    """Long after: every lease has ended."""
    await notifier.let_time_pass(timedelta(minutes=10))
    await notifier.tidy()
    await notifier.send_what_is_due()
    await notifier.tidy()
    await notifier.send_what_is_due()


@pytest.mark.parametrize(
    ("transaction", "committed", "left_behind", "ends", "received"),
    [
        (FREEZE, BEFORE, "planned", "accepted", 1),
        (FREEZE, AFTER, "frozen", "accepted", 1),
        (CLAIM, BEFORE, "frozen", "accepted", 1),
        (CLAIM, AFTER, "claimed", "accepted", 1),
        (PUT_IN_FLIGHT, BEFORE, "claimed", "accepted", 1),
        (PUT_IN_FLIGHT, AFTER, "in_flight", "unknown", 0),
        (RECORD, BEFORE, "in_flight", "unknown", 1),
        (RECORD, AFTER, "accepted", "accepted", 1),
    ],
)
async def test_a_sender_that_dies_around_a_commit(
    notifier: Notifier, transaction: int, committed: bool, left_behind: str, ends: str, received: int
) -> None:
    await notifier.hears(step(Step.SHIPPED))
    dying = notifier.new_sender(MortalDatabase(notifier.database, transaction, committed=committed))
    with pytest.raises(Killed):
        await dying.work_off(EMAIL)
    assert (await notifier.state(Step.SHIPPED))[0] == left_behind
    await next_process_takes_over(notifier)
    assert (await notifier.state(Step.SHIPPED))[0] == ends
    assert len(notifier.accepted) == received


@pytest.mark.parametrize(("moment", "received"), [("before", 0), ("after", 1)])
async def test_a_sender_that_dies_around_the_call_to_the_provider_leaves_a_message_in_doubt(
    notifier: Notifier, moment: str, received: int
) -> None:
    await notifier.hears(step(Step.SHIPPED))
    witness = Witness(notifier.adapters[EMAIL][0], **{moment: die})
    mortal = replace(notifier, adapters={**notifier.adapters, EMAIL: (witness,)})
    with pytest.raises(Killed):
        await mortal.new_sender().work_off(EMAIL)
    assert (await notifier.state(Step.SHIPPED))[0] == "in_flight"
    await next_process_takes_over(notifier)
    assert await notifier.state(Step.SHIPPED) == ("unknown", "sender_lost_in_flight")
    assert len(notifier.accepted) == received


async def test_doubt_is_told_to_the_order_once_and_does_not_go_away_with_time(notifier: Notifier) -> None:
    await notifier.hears(step(Step.SHIPPED))
    dying = notifier.new_sender(MortalDatabase(notifier.database, PUT_IN_FLIGHT, committed=True))
    with pytest.raises(Killed):
        await dying.work_off(EMAIL)
    for _ in range(3):
        await next_process_takes_over(notifier)
    (verdicts,) = (await notifier.verdicts()).values()
    assert verdicts == ["planned", "unknown"]
    assert notifier.accepted == []


async def test_before_a_lease_has_ended_nobody_else_touches_the_message(notifier: Notifier) -> None:
    await notifier.hears(step(Step.SHIPPED))
    dying = notifier.new_sender(MortalDatabase(notifier.database, CLAIM, committed=True))
    with pytest.raises(Killed):
        await dying.work_off(EMAIL)
    await notifier.let_time_pass(notifier.patience.claim - timedelta(seconds=3))
    await notifier.tidy()
    assert await notifier.send_what_is_due() == 0
    assert (await notifier.state(Step.SHIPPED))[0] == "claimed"


async def test_a_sender_that_slept_through_its_claim_does_not_send_what_another_has_sent_since(
    notifier: Notifier,
) -> None:
    async def while_it_sleeps() -> None:
        await notifier.let_time_pass(timedelta(minutes=10))
        await notifier.tidy()
        await notifier.send_what_is_due()

    await notifier.hears(step(Step.SHIPPED))
    sleeper = notifier.new_sender(SleepyDatabase(notifier.database, PUT_IN_FLIGHT, while_it_sleeps))
    await sleeper.work_off(EMAIL)
    assert len(notifier.accepted) == 1
    assert (await notifier.message(Step.SHIPPED))["attempts"] == 1


async def test_a_sender_that_slept_through_its_claim_does_not_send_what_another_holds_now(notifier: Notifier) -> None:
    async def while_it_sleeps() -> None:
        await notifier.let_time_pass(timedelta(minutes=10))
        await notifier.tidy()
        other = notifier.new_sender(MortalDatabase(notifier.database, CLAIM, committed=True))
        with pytest.raises(Killed):
            await other.work_off(EMAIL)

    await notifier.hears(step(Step.SHIPPED))
    sleeper = notifier.new_sender(SleepyDatabase(notifier.database, PUT_IN_FLIGHT, while_it_sleeps))
    await sleeper.work_off(EMAIL)
    assert notifier.accepted == []
    row = await notifier.message(Step.SHIPPED)
    assert (row["state"], row["epoch"], row["attempts"]) == ("claimed", 2, 0)


async def test_a_database_that_is_away_after_the_call_costs_no_answer(notifier: Notifier) -> None:
    await notifier.hears(step(Step.SHIPPED))
    patient = notifier.new_sender(AbsentDatabase(notifier.database, RECORD, tries=3))
    await patient.work_off(EMAIL)
    assert (await notifier.state(Step.SHIPPED))[0] == "accepted"
    assert len(notifier.accepted) == 1


async def test_what_goes_out_after_a_crash_are_the_bytes_that_were_frozen_before_it(notifier: Notifier) -> None:
    await notifier.hears(step(Step.SHIPPED, buyer=BY_SMS))
    dying = notifier.new_sender(MortalDatabase(notifier.database, CLAIM, committed=True))
    with pytest.raises(Killed):
        await dying.work_off(Channel.SMS)
    frozen = await notifier.message(Step.SHIPPED, Channel.SMS)
    await next_process_takes_over(notifier)
    (received,) = notifier.accepted
    assert received.sha256 == frozen["request_sha256"]
    assert received.message_id == frozen["id"]
