"""One POST to a provider that honours no idempotency key, told apart by what it proves.

A request that reached no connection is NOT_SENT; an answer is read up to a limit and within a deadline; a connection
lost after the request left is AMBIGUOUS. Redirects are not followed: they would send the message a second time.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any, TypeVar

import httpx

from services.notifier.channels.base import OutcomeClass, ProviderError, SendResult
from shared.failpoints import failpoint

ANSWER_LIMIT_BYTES = 64 * 1024
CONNECT_DEADLINE = timedelta(seconds=5)
KEEPALIVE_EXPIRY = timedelta(seconds=2)
"""Shorter than any server's idle timeout: a request on a connection that the server is closing ends in doubt."""
LONGEST_RETRY_AFTER = timedelta(hours=1)

Code = TypeVar("Code", int, str)
"""Some providers number their errors, others name them."""

_NEVER_LEFT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the provider said. `body` is empty when the connection broke after the status line."""

    status: int
    body: bytes
    retry_after: timedelta | None

    @property
    def accepted(self) -> bool:
        return 200 <= self.status < 300

    def json(self) -> dict[str, Any]:
        """The body as a JSON object; empty when it is anything else."""
        try:
            value = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return value if isinstance(value, dict) else {}


def open_client(deadline: timedelta) -> httpx.AsyncClient:
    """A client for one provider. `deadline` bounds a whole attempt, see `post`."""
    seconds = deadline.total_seconds()
    connect = min(CONNECT_DEADLINE.total_seconds(), seconds)
    return httpx.AsyncClient(
        timeout=httpx.Timeout(seconds, connect=connect, pool=connect),
        limits=httpx.Limits(max_connections=100, keepalive_expiry=KEEPALIVE_EXPIRY.total_seconds()),
        headers={"User-Agent": "hito-notifier", "Accept-Encoding": "identity"},
        follow_redirects=False,
    )


@lru_cache(maxsize=64)
def _parsed(url: str) -> httpx.URL:
    """A provider has one address or two; parsing one costs a tenth of a request."""
    return httpx.URL(url)


async def post(
    client: httpx.AsyncClient, provider: str, url: str, body: bytes, headers: Mapping[str, str], deadline: timedelta
) -> Answer | SendResult:
    """The provider's answer, or the class of an attempt that got none."""
    try:
        request = client.build_request("POST", _parsed(url), content=body, headers=headers)
        return await _exchange(client, request, deadline)
    except _NEVER_LEFT:
        return SendResult(OutcomeClass.NOT_SENT, f"{provider}_unreachable")
    except (TimeoutError, httpx.TimeoutException):
        return SendResult(OutcomeClass.AMBIGUOUS, f"{provider}_timeout")
    except (httpx.HTTPError, httpx.StreamError):
        return SendResult(OutcomeClass.AMBIGUOUS, f"{provider}_connection_lost")


async def ask(client: httpx.AsyncClient, url: str, headers: Mapping[str, str], deadline: timedelta) -> Answer | None:
    """What the provider answers to a GET, which changes nothing there; None when it cannot be had."""
    try:
        return await _exchange(client, client.build_request("GET", url, headers=headers), deadline)
    except (TimeoutError, httpx.HTTPError, httpx.StreamError):
        return None


async def _exchange(client: httpx.AsyncClient, request: httpx.Request, deadline: timedelta) -> Answer:
    async with asyncio.timeout(deadline.total_seconds()):
        response = await client.send(request, stream=True)
        failpoint("notifier.before_answer_read")
        try:
            return Answer(response.status_code, await _read(response), _retry_after(response.headers))
        finally:
            await response.aclose()


def refusal(provider: str, answer: Answer, code: Code | None, errors: Mapping[Code, ProviderError]) -> SendResult:
    """The class of an answer that is no 2xx: by the provider's own code where its table has one, else by the status.

    A 5xx other than 503 may come after the message went out, whatever code it carries.
    """
    status = answer.status
    if status >= 500 and status != 503:
        return SendResult(OutcomeClass.AMBIGUOUS, f"{provider}_{status}")
    row = errors.get(code) if code is not None and status < 500 else None
    if row is not None:
        reason, wait = f"{provider}_{code}_{row.words}", answer.retry_after
        return SendResult(row.outcome, reason, retry_after=wait, unreachable=row.unreachable)
    reason = f"{provider}_{status}" if code is None else f"{provider}_{status}_{code}"
    if status == 429:
        return SendResult(OutcomeClass.THROTTLED, reason, retry_after=answer.retry_after)
    if status == 503 or (status in (401, 403) and code is None):
        return SendResult(OutcomeClass.NOT_SENT, reason, retry_after=answer.retry_after)
    definite = 400 <= status < 500 and status != 408
    return SendResult(OutcomeClass.REJECTED if definite else OutcomeClass.AMBIGUOUS, reason)


async def _read(response: httpx.Response) -> bytes:
    """The body up to the limit. A refusal whose body breaks off is still a refusal; a yes needs its body."""
    received = b""
    try:
        async for chunk in response.aiter_raw():
            received += chunk
            if len(received) > ANSWER_LIMIT_BYTES:
                return b""
    except httpx.TransportError:
        if response.is_success:
            raise
        return b""
    return received


def _retry_after(headers: httpx.Headers) -> timedelta | None:
    """RFC 9110, 10.2.3: seconds, or a date, which is read against the server's own clock (its `Date`)."""
    given = headers.get("retry-after", "").strip()
    if given.isascii() and given.isdigit():
        wait = timedelta(seconds=min(int(given[:9]), int(LONGEST_RETRY_AFTER.total_seconds())))
    else:
        try:
            wait = parsedate_to_datetime(given) - parsedate_to_datetime(headers.get("date", ""))
        except (ValueError, TypeError):
            return None
    return max(timedelta(0), min(wait, LONGEST_RETRY_AFTER))
