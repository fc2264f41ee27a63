"""The careful SMS provider of the sandbox does what its kind promises: it is what promises are tested against."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox.providers import Action, Providers, Rule, providers
from sandbox.providers.keyed import KEY_WINDOW
from tests.support.callback_sink import CallbackSink, callback_sink
from tests.support.letters import MESSAGE_ID


class Clock:
    """Stands still until a test moves it."""

    now = datetime(2026, 3, 24, 9, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def running(tmp_path: Path, clock: Clock) -> AsyncIterator[Providers]:
    async with providers(tmp_path, clock=clock) as found:
        yield found


@pytest.fixture
async def sink() -> AsyncIterator[CallbackSink]:
    async with callback_sink() as found:
        yield found


async def post(running: Providers, key: str = "k1", api_key: str | None = None, **changes: Any) -> httpx.Response:
    body = {"to": "+34600000001", "from": "+34600000000", "text": "Hola", "reference": str(MESSAGE_ID), **changes}
    headers = {"Authorization": f"Bearer {api_key or running.keyed.account.api_key}", "Idempotency-Key": key}
    async with httpx.AsyncClient(timeout=5) as client:
        return await client.post(f"{running.keyed_url}/v1/messages", json=body, headers=headers)


async def look_up(running: Providers) -> httpx.Response:
    headers = {"Authorization": f"Bearer {running.keyed.account.api_key}"}
    async with httpx.AsyncClient(timeout=5) as client:
        return await client.get(f"{running.keyed_url}/v1/messages/by-reference/{MESSAGE_ID}", headers=headers)


async def test_the_same_request_again_gets_the_first_answer_and_nobody_a_second_message(running: Providers) -> None:
    first, again = await post(running), await post(running)

    assert first.json() == again.json()
    assert len(running.accept_log.read()) == 1
    assert running.keyed.answered_again == 1


async def test_even_requests_at_the_same_moment_are_one_message(running: Providers) -> None:
    answers = await asyncio.gather(*(post(running) for _ in range(8)))

    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len(running.accept_log.read()) == 1


async def test_a_key_with_another_body_is_refused(running: Providers) -> None:
    await post(running)

    assert (await post(running, text="Adiós")).status_code == 422
    assert len(running.accept_log.read()) == 1


async def test_a_key_is_forgotten_after_its_window(running: Providers, clock: Clock) -> None:
    await post(running)
    clock.now += KEY_WINDOW + timedelta(seconds=1)
    await post(running)

    assert len(running.accept_log.read()) == 2


async def test_a_request_that_was_refused_leaves_its_key_free(running: Providers) -> None:
    running.faults.add(Rule(action=Action.THROTTLE_429, times=1))

    assert (await post(running)).status_code == 429
    assert (await post(running)).status_code == 202


async def test_an_answer_lost_on_the_way_can_be_had_again_by_key_and_by_look_up(running: Providers) -> None:
    running.faults.add(Rule(action=Action.ACCEPT_THEN_DROP, times=1))
    with pytest.raises(httpx.TransportError):
        await post(running)

    found, again = await look_up(running), await post(running)

    assert found.json()["id"] == again.json()["id"] == running.accept_log.read()[0].provider_message_id


async def test_a_message_that_never_arrived_is_not_found(running: Providers) -> None:
    assert (await look_up(running)).status_code == 404


async def test_a_look_up_tells_what_became_of_it_even_if_the_receipt_is_lost(running: Providers) -> None:
    running.faults.add(Rule(action=Action.RECEIPT_LOST))
    await post(running)
    await running.callbacks.quiet()

    assert (await look_up(running)).json()["status"] == "delivered"


async def test_receipts_are_posted_where_the_message_says(running: Providers, sink: CallbackSink) -> None:
    await post(running, callback_url=f"{sink.url}/receipts/sms-http")
    await running.callbacks.quiet()

    assert [posted.url for posted in sink.posted] == [f"{sink.url}/receipts/sms-http"] * 2
    assert all(posted.headers["x-signature"].startswith("v1=") for posted in sink.posted)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"to": "600000001"}, "invalid_number"),
        ({"from": "+34600000009"}, "sender_unknown"),
        ({"text": ""}, "text_missing"),
        ({"text": "x" * 1601}, "text_too_long"),
    ],
)
async def test_it_refuses_a_wrong_field(running: Providers, change: dict[str, str], code: str) -> None:
    answer = await post(running, **change)

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)


async def test_it_refuses_strangers_and_requests_without_a_key(running: Providers) -> None:
    assert (await post(running, api_key="guess")).status_code == 401
    assert (await post(running, key="")).status_code == 400
