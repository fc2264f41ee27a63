"""A second provider takes over when the first one fails: what certainly was not sent, and nothing else."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sandbox.backends.ports import free_port
from services.notifier.channels import open_adapters
from services.notifier.channels.base import ChannelAdapter
from services.notifier.domain.circuit import FAILURES
from services.notifier.sender import Sender
from shared.contracts.vocabulary import Channel, Step
from tests.support.careful_provider import CarefulProvider, Does
from tests.support.migrated import ask
from tests.support.notifier_world import BY_SMS, Notifier, step
from tests.support.receipts_posted import callback_url, twilio_says

SMS = Channel.SMS
SHIPPED = Step.SHIPPED
MANY = FAILURES + 5


async def hears_many(notifier: Notifier, count: int = MANY, first: int = 0) -> None:
    numbers = range(first, first + count)
    await notifier.hears(*(step(SHIPPED, order_id=f"A-{number}", buyer=BY_SMS) for number in numbers))


async def goes_on(notifier: Notifier, sender: Sender, rounds: int = 4) -> None:
    """One process goes on while time passes: what it has learnt of the providers it still knows."""
    for _ in range(rounds):
        await sender.tidy()
        await notifier.send_what_is_due(sender)
        await notifier.let_time_pass(timedelta(seconds=4))


def out_of_reach(notifier: Notifier, monkeypatch: pytest.MonkeyPatch) -> ChannelAdapter:
    """Twilio's own adapter, with nobody at the other end."""
    monkeypatch.setenv("TWILIO_URL", f"http://127.0.0.1:{free_port()}")
    settings = {"twilio": type(notifier.settings["twilio"])()}
    (adapter,) = open_adapters(settings)[SMS]
    return adapter


async def providers_of(notifier: Notifier) -> list[tuple[str, str]]:
    rows = await ask(notifier.database, "SELECT provider, state FROM messages WHERE channel = 'sms' ORDER BY id")
    return [(str(row["provider"]), str(row["state"])) for row in rows]


async def test_what_the_first_provider_never_took_goes_out_through_the_second(
    notifier: Notifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = CarefulProvider(SMS, provider="second")
    first = out_of_reach(notifier, monkeypatch)
    installation = notifier.through(first, second)
    await hears_many(installation)
    await goes_on(installation, installation.new_sender())
    await first.close()
    assert await providers_of(notifier) == [("second", "accepted")] * MANY
    assert len(set(second.told)) == len(second.told) == MANY
    rows = await ask(notifier.database, "SELECT id, request FROM messages WHERE channel = 'sms'")
    assert all(bytes(row["request"]).startswith(str(row["id"]).encode()) for row in rows), "written anew"


async def test_a_provider_that_works_keeps_its_messages(notifier: Notifier) -> None:
    second = CarefulProvider(SMS, provider="second")
    installation = notifier.through(*notifier.adapters[SMS], second)
    await hears_many(installation)
    await goes_on(installation, installation.new_sender())
    assert await providers_of(notifier) == [("twilio", "accepted")] * MANY
    assert second.told == []


async def test_what_the_first_provider_may_have_taken_is_never_given_to_the_second(notifier: Notifier) -> None:
    first = CarefulProvider(SMS, provider="first", always=Does.LOSES_ITS_ANSWER)
    second = CarefulProvider(SMS, provider="second")
    installation = notifier.through(first, second)
    sender = installation.new_sender()
    await hears_many(installation)
    await goes_on(installation, sender)
    await hears_many(installation, 5, first=100)
    await goes_on(installation, sender)
    assert not set(first.told) & set(second.told)
    assert len(first.told) + len(second.told) == MANY + 5
    assert len(second.told) >= 5, "the second has taken over for those that came later"
    states = await providers_of(notifier)
    assert set(states) == {("first", "unknown"), ("second", "accepted")}


async def test_when_both_fail_messages_wait_and_go_out_once_when_one_is_back(notifier: Notifier) -> None:
    away = [Does.CANNOT_BE_REACHED] * 12
    first, second = (CarefulProvider(SMS, *away, provider=name) for name in ("first", "second"))
    installation = notifier.through(first, second)
    await hears_many(installation, 8)
    sender = installation.new_sender()
    for _ in range(6):
        await goes_on(installation, sender, 1)
        await notifier.let_time_pass(timedelta(minutes=10))
    assert {state for _, state in await providers_of(notifier)} == {"accepted"}
    assert len(first.told + second.told) == len({*first.told, *second.told}) == 8


async def test_a_receipt_of_the_provider_that_was_passed_over_moves_nothing(notifier: Notifier) -> None:
    await hears_many(notifier, 1)
    await notifier.new_sender().freeze_due(SMS)
    (row,) = await ask(notifier.database, "SELECT * FROM messages WHERE channel = 'sms'")
    second = CarefulProvider(SMS, provider="second")
    installation = notifier.through(second)
    await goes_on(installation, installation.new_sender())
    assert await providers_of(notifier) == [("second", "accepted")]
    answer = await twilio_says(notifier, callback_url(row), "failed", sid="SM" + "0" * 32)
    assert answer.json() == {"taken": 1, "moved": 0}
