"""Messages leave: what the provider's answer makes of each, and when it is tried again, if ever."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from sandbox.backends.ports import free_port
from sandbox.providers import Action, Rule
from services.notifier.domain.retries import LONGEST_RETRY_AFTER, PATIENT
from shared.contracts.steps import Contact, StepReached
from shared.contracts.vocabulary import Channel, Step
from shared.processes import Runtime
from tests.support.migrated import ask, count
from tests.support.mortal import SleepyDatabase
from tests.support.notifier_world import BY_MAIL, BY_SMS, BY_WHATSAPP, Notifier, a_notifier, step
from tests.support.waiting import until

EMAIL, SMS, WHATSAPP = Channel.EMAIL, Channel.SMS, Channel.WHATSAPP
BUYERS = {EMAIL: BY_MAIL, SMS: BY_SMS, WHATSAPP: BY_WHATSAPP}
PROVIDERS = {EMAIL: "smtp", SMS: "twilio", WHATSAPP: "graph"}
LONG = timedelta(hours=8)


def shipped(channel: Channel = SMS) -> StepReached:
    return step(Step.SHIPPED, buyer=BUYERS[channel])


async def fails(notifier: Notifier, action: Action, **more: int) -> tuple[str, str]:
    """One SMS meets this fault. Answers what became of it."""
    notifier.providers.faults.add(Rule(action=action, **more))
    await notifier.hears(shipped())
    await notifier.new_sender().work_off(SMS)
    return await notifier.state(Step.SHIPPED, SMS)


@pytest.mark.parametrize("channel", list(Channel))
async def test_a_message_goes_out_once_with_exactly_the_bytes_that_were_frozen(
    notifier: Notifier, channel: Channel
) -> None:
    await notifier.hears(shipped(channel))
    await notifier.send_what_is_due()
    row = await notifier.message(Step.SHIPPED, channel)
    (received,) = notifier.accepted
    assert (row["state"], row["attempts"], row["language"]) == ("accepted", 1, "es")
    assert received.message_id == row["id"]
    assert received.sha256 == row["request_sha256"]
    assert received.channel is channel
    assert received.provider_message_id == row["provider_message_id"] or channel is EMAIL
    assert (await notifier.verdicts(channel))[row["id"]] == ["planned", "sent"]


async def test_an_accepted_message_is_never_touched_again(notifier: Notifier) -> None:
    await notifier.hears(shipped())
    await notifier.send_what_is_due()
    await notifier.let_time_pass(timedelta(days=30))
    await notifier.tidy()
    assert await notifier.send_what_is_due() == 0
    assert len(notifier.accepted) == 1


async def test_a_refusal_is_final_and_keeps_the_providers_reason(notifier: Notifier) -> None:
    assert await fails(notifier, Action.REJECT, code=21211) == ("failed", "twilio_21211_invalid_number")
    await notifier.let_time_pass(LONG)
    assert await notifier.send_what_is_due() == 0
    (verdicts,) = (await notifier.verdicts(SMS)).values()
    assert verdicts == ["planned", "failed"]


@pytest.mark.parametrize(
    ("action", "received"),
    [
        (Action.ERROR_500, 0),
        (Action.HANG, 0),
        (Action.DROP_BEFORE_ACCEPT, 0),
        (Action.ACCEPT_THEN_ERROR_500, 1),
        (Action.ACCEPT_THEN_HANG, 1),
        (Action.ACCEPT_THEN_DROP, 1),
        (Action.GARBAGE_2XX, 1),
        (Action.SLOW_DRIP, 1),
    ],
)
async def test_whatever_leaves_room_for_doubt_is_unknown_and_never_sent_again(
    notifier: Notifier, action: Action, received: int
) -> None:
    state, _ = await fails(notifier, action, times=1)
    assert state == "unknown"
    await notifier.let_time_pass(LONG)
    await notifier.tidy()
    assert await notifier.send_what_is_due() == 0
    assert len(notifier.accepted) == received
    assert (await notifier.state(Step.SHIPPED, SMS))[0] == "unknown"


@pytest.mark.parametrize("action", [Action.THROTTLE_429, Action.UNAVAILABLE_503])
async def test_who_is_asked_to_wait_waits_as_long_as_the_provider_wishes_and_tries_again(
    notifier: Notifier, action: Action
) -> None:
    assert (await fails(notifier, action, times=1, retry_after_seconds=60))[0] == "frozen"
    assert 60 <= await wait_of(notifier) <= 75
    await notifier.let_time_pass(timedelta(seconds=55))
    assert await notifier.send_what_is_due() == 0
    await notifier.let_time_pass(timedelta(seconds=25))
    assert await notifier.send_what_is_due() == 1
    row = await notifier.message(Step.SHIPPED, SMS)
    assert (row["state"], row["attempts"]) == ("accepted", 2)
    assert notifier.accepted[0].sha256 == row["request_sha256"]


async def wait_of(notifier: Notifier) -> float:
    """Seconds from the last attempt to the next."""
    (row,) = await ask(
        notifier.database,
        "SELECT extract(epoch FROM not_before - changed_at) AS seconds FROM messages WHERE state = 'frozen'",
    )
    return float(row["seconds"])


async def test_a_provider_that_wishes_for_a_week_is_granted_an_hour(notifier: Notifier) -> None:
    await fails(notifier, Action.THROTTLE_429, retry_after_seconds=604_800)
    assert await wait_of(notifier) <= LONGEST_RETRY_AFTER.total_seconds() * 1.25


async def test_attempts_follow_the_schedule_with_jitter_and_end_in_giving_up(notifier: Notifier) -> None:
    await fails(notifier, Action.THROTTLE_429, retry_after_seconds=0)
    for pause in PATIENT.pauses:
        assert pause.total_seconds() - 1 <= await wait_of(notifier) <= pause.total_seconds() * 1.25
        await notifier.let_time_pass(pause * 1.3)
        await notifier.new_sender().work_off(SMS)
    assert await notifier.state(Step.SHIPPED, SMS) == ("failed", "gave_up_twilio_20429_too_many_requests")
    assert (await notifier.message(Step.SHIPPED, SMS))["attempts"] == len(PATIENT.pauses) + 1
    assert notifier.accepted == []


@pytest.mark.parametrize(
    ("channel", "variable", "address"),
    [
        (EMAIL, "SMTP_URL", "smtp://127.0.0.1:{port}?starttls=off"),
        (SMS, "TWILIO_URL", "http://127.0.0.1:{port}"),
        (WHATSAPP, "WHATSAPP_URL", "http://127.0.0.1:{port}"),
    ],
)
async def test_a_provider_that_nobody_can_connect_to_is_tried_again_and_the_message_arrives_once(
    notifier: Notifier, monkeypatch: pytest.MonkeyPatch, channel: Channel, variable: str, address: str
) -> None:
    monkeypatch.setenv(variable, address.format(port=free_port()))
    await notifier.hears(shipped(channel))
    async with a_notifier(notifier.database, notifier.providers) as cut_off:
        await cut_off.send_what_is_due()
    assert (await notifier.state(Step.SHIPPED, channel))[0] == "frozen"
    await notifier.let_time_pass(timedelta(seconds=10))
    await notifier.send_what_is_due()
    assert (await notifier.state(Step.SHIPPED, channel))[0] == "accepted"
    assert len(notifier.accepted) == 1


async def test_a_message_that_lacks_a_fact_fails_with_its_name_and_the_others_go_out(notifier: Notifier) -> None:
    lacking = step(Step.SHIPPED, order_id="A-1")
    assert lacking.parcel is not None
    no_phone = lacking.parcel.model_copy(update={"contact": Contact(phone="-", of_shop=False)})
    await notifier.hears(lacking.model_copy(update={"parcel": no_phone}), step(Step.SHIPPED, order_id="A-2"))
    await notifier.send_what_is_due()
    assert await notifier.state(Step.SHIPPED, EMAIL, "A-1") == ("failed", "cannot_render_missing_phone")
    assert [entry.message_id for entry in notifier.accepted] == [
        (await notifier.message(Step.SHIPPED, EMAIL, "A-2"))["id"]
    ]
    verdicts = (await notifier.verdicts())[(await notifier.message(Step.SHIPPED, EMAIL, "A-1"))["id"]]
    assert verdicts == ["planned", "failed"]


async def test_a_row_that_nobody_can_read_any_more_stops_nobody_else(notifier: Notifier) -> None:
    await notifier.hears(step(Step.SHIPPED, order_id="A-1"), step(Step.SHIPPED, order_id="A-2"))
    await ask(notifier.database, "UPDATE steps SET step = step - 'buyer' WHERE order_id = 'A-1' RETURNING event_id")
    await notifier.send_what_is_due()
    assert await notifier.state(Step.SHIPPED, EMAIL, "A-1") == ("failed", "cannot_render_ValidationError")
    assert (await notifier.state(Step.SHIPPED, EMAIL, "A-2"))[0] == "accepted"


async def test_what_nobody_sent_in_time_expires_and_is_not_sent_afterwards(notifier: Notifier) -> None:
    await notifier.hears(step(Step.OUT_FOR_DELIVERY))
    await notifier.let_time_pass(timedelta(hours=14))
    assert await notifier.send_what_is_due() == 0, "also before anybody has tidied up"
    await notifier.tidy()
    assert await notifier.state(Step.OUT_FOR_DELIVERY) == ("expired", "too_old_to_tell")
    (verdicts,) = [told for told in (await notifier.verdicts()).values() if told[0] == "planned"]
    assert verdicts == ["planned", "expired"]


async def test_a_step_that_is_called_off_between_claim_and_flight_does_not_leave(notifier: Notifier) -> None:
    async def meanwhile() -> None:
        await notifier.hears(step(Step.DELIVERED, 2))

    await notifier.hears(step(Step.SHIPPED, 1))
    await notifier.new_sender(SleepyDatabase(notifier.database, 2, meanwhile)).work_off(EMAIL)
    assert await notifier.state(Step.SHIPPED) == ("superseded", "overtaken_by_delivered")
    assert notifier.accepted == []
    await notifier.send_what_is_due()
    assert [entry.message_id for entry in notifier.accepted] == [(await notifier.message(Step.DELIVERED))["id"]]


async def test_a_sender_works_until_it_is_asked_to_stop_and_leaves_nothing_in_flight(
    notifier: Notifier,
) -> None:
    await notifier.hears(*(step(Step.SHIPPED, order_id=f"A-{number}") for number in range(40)))
    runtime = Runtime("notifier", ("send",))
    task = asyncio.create_task(notifier.new_sender(runtime=runtime).run())
    await until(lambda: some_are_accepted(notifier), "some messages have left")
    runtime.stop.set()
    await asyncio.wait_for(task, 20)
    assert await count(notifier.database, "messages", "state IN ('claimed', 'in_flight')") == 0
    left = await count(notifier.database, "messages", "state = 'accepted'")
    assert len(notifier.accepted) == left
    await notifier.send_what_is_due()
    assert len(notifier.accepted) == len({entry.message_id for entry in notifier.accepted}) == 40


async def some_are_accepted(notifier: Notifier) -> bool:
    return len(notifier.accepted) > 3
