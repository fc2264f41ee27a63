"""A shop with an SMS provider of its own choice: told as data, sent once, and heard of by its receipts."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import httpx
import pytest

from sandbox.providers import Action, Providers, Rule
from sandbox.providers.keyed import DESCRIPTION
from services.notifier.channels.sms_http_description import read_description
from services.notifier.receipt_formats.sms_http import sign
from shared.contracts.vocabulary import Channel, Step
from shared.database import Database
from tests.support.notifier_world import BY_SMS, Notifier, a_notifier, step

SMS = Channel.SMS
PUBLIC_URL = "http://127.0.0.1:1"


@pytest.fixture
async def described(
    running: Providers, notifier_database: Database, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Notifier]:
    """With this one provider alone."""
    for name in running.environment:
        monkeypatch.delenv(name, raising=False)
    for name, value in {**running.keyed_environment, "NOTIFIER_PUBLIC_URL": PUBLIC_URL}.items():
        monkeypatch.setenv(name, value)
    async with a_notifier(notifier_database, running) as opened:
        yield opened
    running.faults.clear()
    running.keyed.forget()


async def says(notifier: Notifier, secret: str | None = None, **told: object) -> httpx.Response:
    """What the provider posts, signed now."""
    receipts = read_description(DESCRIPTION).receipts
    assert receipts is not None
    body, timestamp = json.dumps(told).encode(), str(int(datetime.now(UTC).timestamp()))
    signed = sign(receipts.signature, body, timestamp, secret or notifier.providers.keyed.account.receipt_secret)
    headers = {"X-Timestamp": timestamp, "X-Signature": signed}
    return await notifier.http.post("/receipts/sms-http", content=body, headers=headers)


async def test_a_message_goes_out_once_and_its_receipt_brings_it_to_its_end(described: Notifier) -> None:
    await described.hears(step(Step.SHIPPED, buyer=BY_SMS))
    await described.send_what_is_due()
    row = await described.message(Step.SHIPPED, SMS)
    (entry,) = described.accepted
    assert (row["state"], row["provider"], entry.message_id) == ("accepted", "sms_http", row["id"])

    answer = await says(described, id=entry.provider_message_id, reference=str(row["id"]), status="delivered")

    assert answer.json() == {"taken": 1, "moved": 1}
    assert await described.state(Step.SHIPPED, SMS) == ("delivered", "sms_http_delivered")


async def test_a_receipt_tells_of_a_message_whose_answer_was_lost(described: Notifier) -> None:
    described.providers.faults.add(Rule(action=Action.ACCEPT_THEN_DROP))
    await described.hears(step(Step.SHIPPED, buyer=BY_SMS))
    await described.send_what_is_due()
    row = await described.message(Step.SHIPPED, SMS)
    assert row["state"] == "unknown"
    (entry,) = described.accepted

    await says(described, id=entry.provider_message_id, reference=str(row["id"]), status="sent")

    assert (await described.state(Step.SHIPPED, SMS))[0] == "accepted"


async def test_a_forged_receipt_moves_nothing(described: Notifier) -> None:
    await described.hears(step(Step.SHIPPED, buyer=BY_SMS))
    await described.send_what_is_due()
    row = await described.message(Step.SHIPPED, SMS)

    answer = await says(
        described, secret="guess", id=row["provider_message_id"], reference=str(row["id"]), status="undelivered"
    )

    assert answer.status_code == 401
    assert (await described.state(Step.SHIPPED, SMS))[0] == "accepted"


async def test_a_receipt_that_cannot_be_read_is_refused_with_a_clear_word(described: Notifier) -> None:
    answer = await described.http.post("/receipts/sms-http", content=b"{")
    assert answer.status_code == 401

    assert (await says(described)).json() == {"taken": 0, "moved": 0}


async def test_an_installation_without_such_a_provider_has_no_such_address(notifier: Notifier) -> None:
    assert (await notifier.http.post("/receipts/sms-http", content=b"{}")).status_code == 404
