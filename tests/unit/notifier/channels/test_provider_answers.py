"""What one POST proves, on a wire that misbehaves in ways the simulated providers do not."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.notifier.channels.base import SendResult
from services.notifier.channels.http import Answer, open_client, post
from tests.support.scripted_server import raw_http

DEADLINE = timedelta(seconds=5)


async def ask(answer: bytes) -> Answer | SendResult:
    async with raw_http(answer) as url, open_client(DEADLINE) as client:
        return await post(client, "twilio", url, b"To=%2B34600000001", {}, DEADLINE)


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        (b"Retry-After: 7", timedelta(seconds=7)),
        (b"Retry-After: 999999999999999999999999", timedelta(hours=1)),
        (
            b"Date: Tue, 24 Mar 2026 09:30:00 GMT\r\nRetry-After: Tue, 24 Mar 2026 09:32:00 GMT",
            timedelta(minutes=2),
        ),
        (b"Date: Tue, 24 Mar 2026 09:30:00 GMT\r\nRetry-After: Tue, 24 Mar 2026 09:00:00 GMT", timedelta(0)),
        (b"Retry-After: Tue, 24 Mar 2026 09:32:00 GMT", None),
        (b"Retry-After: soon", None),
        (b"Retry-After: -5", None),
        (b"X-None: 0", None),
    ],
)
async def test_retry_after_is_read_as_seconds_or_by_the_servers_own_clock(
    headers: bytes, wait: timedelta | None
) -> None:
    answer = await ask(b"HTTP/1.1 429 Too Many\r\nContent-Length: 0\r\n" + headers + b"\r\n\r\n")

    assert isinstance(answer, Answer)
    assert answer.retry_after == wait


async def test_a_refusal_whose_body_breaks_off_is_still_a_refusal() -> None:
    answer = await ask(b'HTTP/1.1 400 Bad\r\nContent-Length: 500\r\n\r\n{"code": 21211')

    assert answer == Answer(400, b"", None)


@pytest.mark.parametrize(
    "wire",
    [
        b'HTTP/1.1 201 Created\r\nContent-Length: 500\r\n\r\n{"sid": "SM',
        b"",
        b"HTTP/1.1 2",
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
async def test_an_answer_that_breaks_off_leaves_us_in_doubt(wire: bytes) -> None:
    answer = await ask(wire)

    assert isinstance(answer, SendResult)
    assert answer.outcome == "ambiguous"


async def test_an_endless_answer_is_not_read_to_its_end() -> None:
    answer = await ask(b"HTTP/1.1 201 Created\r\nContent-Length: 9000000\r\n\r\n" + b"x" * 200_000)

    assert answer == Answer(201, b"", None)


async def test_a_redirect_is_not_followed() -> None:
    async with raw_http(b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n") as elsewhere:
        answer = await ask(f"HTTP/1.1 307 Moved\r\nLocation: {elsewhere}\r\nContent-Length: 0\r\n\r\n".encode())

    assert isinstance(answer, Answer)
    assert answer.status == 307


async def test_an_address_that_is_none_sends_nothing() -> None:
    async with open_client(DEADLINE) as client:
        result = await post(client, "twilio", "https://no-such-host.invalid/", b"", {}, DEADLINE)

    assert result == SendResult(outcome=result.outcome, reason="twilio_unreachable")  # type: ignore[union-attr]
