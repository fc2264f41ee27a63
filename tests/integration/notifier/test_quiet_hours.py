"""Messages that are still waiting when quiet hours begin: whatever kept them, they leave when the hours are over."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from sandbox.providers import Action, Rule
from shared.contracts.vocabulary import Channel, Step
from shared.shops import QuietHours, Shops
from tests.support.migrated import ask
from tests.support.notifier_world import DEMO, Notifier, now, step

MADRID = ZoneInfo("Europe/Madrid")
HOUR = timedelta(hours=1)


def quiet_from(begin: datetime, last: timedelta) -> Shops:
    """The demo shop, quiet in Madrid from then on for so long."""
    local = begin.astimezone(MADRID)
    hours = QuietHours(begin=local.time(), end=(local + last).time())
    return Shops({"demo": DEMO.model_copy(update={"quiet_hours": hours})})


async def night_falls(notifier: Notifier) -> None:
    """The quiet hours that the shop's messages were told to expect have begun just now."""
    await ask(
        notifier.database,
        "UPDATE messages SET quiet_at = now() - interval '1 second', "
        "quiet_begin = (now() AT TIME ZONE zone)::time - interval '1 minute', "
        "quiet_end = (now() AT TIME ZONE zone)::time + interval '2 hours' WHERE quiet_at IS NOT NULL RETURNING id",
    )


async def waits_until_morning(notifier: Notifier, kind: Step = Step.SHIPPED) -> bool:
    row = await notifier.message(kind)
    return bool(now() + HOUR < row["not_before"] < now() + 3 * HOUR and row["quiet_at"] > row["not_before"])


async def test_a_message_planned_in_quiet_hours_waits_and_an_urgent_one_leaves(notifier: Notifier) -> None:
    notifier = replace(notifier, shops=quiet_from(now() - HOUR, 3 * HOUR))
    await notifier.hears(step(Step.SHIPPED), step(Step.ORDER_CONFIRMED, 2, order_id="A-2"))
    await notifier.send_what_is_due()
    assert await notifier.state(Step.SHIPPED) == ("planned", "due")
    assert await waits_until_morning(notifier)
    assert (await notifier.state(Step.ORDER_CONFIRMED, order_id="A-2"))[0] == "accepted"


async def test_a_message_that_was_planned_before_and_not_taken_in_time_waits_as_well(notifier: Notifier) -> None:
    notifier = replace(notifier, shops=quiet_from(now() + HOUR, 8 * HOUR))
    await notifier.hears(step(Step.SHIPPED))
    await night_falls(notifier)
    assert await notifier.send_what_is_due() == 0
    await notifier.tidy()
    assert await notifier.send_what_is_due() == 0
    assert await waits_until_morning(notifier)
    await notifier.let_time_pass(3 * HOUR)
    await notifier.send_what_is_due()
    assert (await notifier.state(Step.SHIPPED))[0] == "accepted"
    assert len(notifier.accepted) == 1


async def test_one_that_is_frozen_is_planned_again_and_holds_back_no_urgent_one(notifier: Notifier) -> None:
    notifier = replace(notifier, shops=quiet_from(now() + HOUR, 8 * HOUR))
    await notifier.hears(step(Step.REFUNDED))
    await notifier.new_sender().freeze_due(Channel.EMAIL)
    await night_falls(notifier)
    await notifier.tidy()
    row = await notifier.message(Step.REFUNDED)
    assert (row["state"], row["request"], row["request_sha256"]) == ("planned", None, None)
    await notifier.hears(step(Step.OUT_FOR_DELIVERY, 2))
    await notifier.send_what_is_due()
    assert [entry.message_id for entry in notifier.accepted] == [(await notifier.message(Step.OUT_FOR_DELIVERY))["id"]]


async def test_a_retry_that_falls_into_quiet_hours_waits_for_their_end_with_the_same_bytes(notifier: Notifier) -> None:
    notifier = replace(notifier, shops=quiet_from(now() + HOUR, 8 * HOUR))
    notifier.providers.faults.add(Rule(action=Action.UNAVAILABLE_503, times=1))
    await notifier.hears(step(Step.SHIPPED))
    await notifier.send_what_is_due()
    before = await notifier.message(Step.SHIPPED)
    assert (before["state"], before["attempts"]) == ("frozen", 1)
    await night_falls(notifier)
    await notifier.let_time_pass(timedelta(minutes=1))
    assert await notifier.send_what_is_due() == 0
    await notifier.tidy()
    assert await waits_until_morning(notifier)
    waiting = await notifier.message(Step.SHIPPED)
    assert (waiting["state"], waiting["request"]) == ("frozen", before["request"])
    await notifier.let_time_pass(3 * HOUR)
    await notifier.send_what_is_due()
    after = await notifier.message(Step.SHIPPED)
    assert (after["state"], after["request_sha256"]) == ("accepted", before["request_sha256"])


async def test_one_that_is_too_old_when_the_hours_are_over_ends_and_says_why(notifier: Notifier) -> None:
    notifier = replace(notifier, shops=quiet_from(now() + HOUR, 8 * HOUR))
    await notifier.hears(step(Step.SHIPPED, age=timedelta(days=7) - HOUR))
    await night_falls(notifier)
    await notifier.tidy()
    assert await notifier.state(Step.SHIPPED) == ("expired", "quiet_until_too_late")
    told = (await notifier.verdicts())[(await notifier.message(Step.SHIPPED))["id"]]
    assert told == ["planned", "expired"]


@pytest.mark.parametrize("kind", [Step.OUT_FOR_DELIVERY, Step.DELIVERED])
async def test_what_is_urgent_never_learns_of_quiet_hours(notifier: Notifier, kind: Step) -> None:
    notifier = replace(notifier, shops=quiet_from(now() + HOUR, 8 * HOUR))
    await notifier.hears(step(kind))
    assert (await notifier.message(kind))["quiet_at"] is None
