"""An attempt that should have ended is noticed also when no sender is left to notice it."""

from __future__ import annotations

from datetime import timedelta

from services.notifier.sending.overdue import measure_overdue
from shared.contracts.vocabulary import Channel, Step
from tests.support.figures import figure
from tests.support.migrated import ask
from tests.support.notifier_world import Notifier, now, step


async def overdue_seconds(notifier: Notifier) -> float:
    async with notifier.database.transaction() as tx:
        await measure_overdue(tx, now())
    return figure("otn_in_flight_overdue_seconds")


async def test_an_attempt_of_a_sender_that_is_gone_is_overdue_when_its_time_is_over(notifier: Notifier) -> None:
    await notifier.hears(step(Step.OUT_FOR_DELIVERY))
    await notifier.new_sender().freeze_due(Channel.EMAIL)
    lease = "state = 'in_flight', lease_until = now() + interval '1 minute'"
    await ask(notifier.database, f"UPDATE messages SET {lease} WHERE state = 'frozen' RETURNING id")
    assert await overdue_seconds(notifier) == 0
    await notifier.let_time_pass(timedelta(minutes=5))
    assert await overdue_seconds(notifier) >= 240
    await notifier.tidy()
    assert await overdue_seconds(notifier) == 0
