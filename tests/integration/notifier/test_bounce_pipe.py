"""What an MTA sees of the bounce pipe: taken, never to be taken, or try again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from pydantic import SecretStr

from services.notifier.bounces.pipe import PipeSettings, bounce, hand_over
from services.notifier.receipt_formats import parse_dsn
from tests.support.callback_sink import CallbackSink, callback_sink
from tests.support.letters import MESSAGE_ID
from tests.support.mail_reports import BOUNCE_SECRET, bounce_mail


@pytest.fixture
async def sink() -> AsyncIterator[CallbackSink]:
    async with callback_sink() as opened:
        yield opened


async def pipe(url: str) -> int:
    settings = PipeSettings(email_bounce_secret=SecretStr(BOUNCE_SECRET), notifier_url=url)
    now = datetime.now(UTC)
    return await asyncio.to_thread(hand_over, bounce_mail(), settings, message_id="bounce_1", now=now)


async def test_what_is_handed_over_is_what_the_notifier_believes(sink: CallbackSink) -> None:
    assert await pipe(sink.url) == 0

    [posted] = sink.posted
    assert posted.url == f"{sink.url}/receipts/dsn"
    receipts = parse_dsn(posted.body, posted.headers, [BOUNCE_SECRET], datetime.now(UTC))
    assert [receipt.message_id for receipt in receipts] == [MESSAGE_ID]


@pytest.mark.parametrize(("status", "code"), [(503, 75), (500, 75), (401, 75), (404, 75), (422, 65), (413, 65)])
async def test_the_mta_keeps_the_mail_until_it_was_taken_or_never_will_be(
    sink: CallbackSink, status: int, code: int
) -> None:
    sink.answers = [status]

    assert await pipe(sink.url) == code


async def test_a_notifier_that_is_away_makes_the_mta_try_again() -> None:
    assert await pipe("http://127.0.0.1:1") == 75


def test_a_pipe_without_a_secret_says_which_variable_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    assert bounce([]) == 78
    assert "EMAIL_BOUNCE_SECRET" in capsys.readouterr().err
    assert bounce(["--help"]) == 64
