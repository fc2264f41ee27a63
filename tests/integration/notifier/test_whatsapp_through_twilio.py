"""WhatsApp through Twilio from the step to the receipt, beside or instead of the Cloud API."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sandbox.providers import Providers
from shared.contracts.vocabulary import Channel, Step
from shared.database import Database
from tests.support.channel_world import second_providers
from tests.support.notifier_world import BY_WHATSAPP, Notifier, a_notifier, step, templates
from tests.support.receipts_posted import callback_url, twilio_says


@pytest.fixture
async def through_twilio(
    running: Providers, notifier_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Notifier]:
    account = {name: value for name, value in running.environment.items() if name.startswith("TWILIO")}
    del account["TWILIO_FROM"]
    second = second_providers(running, templates(), tmp_path / "sids.toml")
    del second["SMTP_URL_2"]
    for name, value in {**account, **second, "NOTIFIER_PUBLIC_URL": "http://127.0.0.1:1"}.items():
        monkeypatch.setenv(name, value)
    async with a_notifier(notifier_database, running) as opened:
        yield opened


async def test_a_template_reaches_the_buyer_and_its_receipt_the_ledger(through_twilio: Notifier) -> None:
    await through_twilio.hears(step(Step.SHIPPED, buyer=BY_WHATSAPP))
    await through_twilio.send_what_is_due()
    row = await through_twilio.message(Step.SHIPPED, Channel.WHATSAPP)
    [accepted] = through_twilio.accepted

    assert (row["provider"], row["state"]) == ("twilio_whatsapp", "accepted")
    assert (accepted.channel, accepted.template, accepted.to) == (Channel.WHATSAPP, "hito_shipped", "+34600000001")
    answer = await twilio_says(through_twilio, callback_url(row), "read", sid=row["provider_message_id"])
    assert (answer.status_code, answer.json()) == (200, {"taken": 1, "moved": 1})
    assert await through_twilio.state(Step.SHIPPED, Channel.WHATSAPP) == ("read", "twilio_whatsapp_read")


async def test_a_number_without_whatsapp_is_out_of_reach(through_twilio: Notifier) -> None:
    await through_twilio.hears(step(Step.SHIPPED, buyer=BY_WHATSAPP))
    await through_twilio.send_what_is_due()
    row = await through_twilio.message(Step.SHIPPED, Channel.WHATSAPP)

    await twilio_says(through_twilio, callback_url(row), "undelivered", sid=row["provider_message_id"], code=63024)

    assert await through_twilio.state(Step.SHIPPED, Channel.WHATSAPP) == (
        "bounced",
        "twilio_whatsapp_63024_undeliverable",
    )


async def test_a_receipt_on_the_path_of_sms_moves_no_whatsapp_message(through_twilio: Notifier) -> None:
    await through_twilio.hears(step(Step.SHIPPED, buyer=BY_WHATSAPP))
    await through_twilio.send_what_is_due()
    row = await through_twilio.message(Step.SHIPPED, Channel.WHATSAPP)
    url = callback_url(row).replace("/twilio-whatsapp?", "/twilio?")

    answer = await twilio_says(through_twilio, url, "undelivered", sid=row["provider_message_id"])

    assert answer.json() == {"taken": 1, "moved": 0}
