"""One question to a carrier over HTTP, and its answer as a value: nothing a carrier answers raises here."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx

from services.carrier_gateway.parts.base import Malformed, Parsed, Refusal
from services.carrier_gateway.parts.pull import Pull, Query, refusal_of
from shared.bounded_body import ACCEPTED, Unreadable, read_body

ANSWER_DEADLINE = timedelta(seconds=10)
ANSWER_LIMIT_BYTES = 512 * 1024
"""Ten times the longest answers; what is read in one go must not keep everybody else waiting."""
LONGEST_RETRY_AFTER = timedelta(hours=24)


@dataclass(frozen=True)
class Answer:
    """What came back. `malformed` says that the body was not what the carrier documents."""

    parsed: Parsed
    retry_after: timedelta | None = None
    malformed: str | None = None


@dataclass(frozen=True)
class Fetched:
    """A successful answer as it came."""

    headers: Mapping[str, str]
    body: bytes


async def ask(client: httpx.AsyncClient, pull: Pull, query: Query, url: str, key: str, now: datetime) -> Answer:
    """Ask about one parcel, for no longer than ANSWER_DEADLINE. `client` follows no redirects."""
    fetched = await fetch(client, pull.request(query, url, key), now)
    if isinstance(fetched, Answer):
        return fetched
    try:
        return Answer(pull.read(query, fetched.body))
    except Malformed as error:
        return Answer(Parsed(), malformed=str(error))


async def fetch(client: httpx.AsyncClient, request: httpx.Request, now: datetime) -> Fetched | Answer:
    """A successful answer, or what there is instead of one. The deadline is for all of it: bytes may drip."""
    request.headers.update(ACCEPTED)
    try:
        async with asyncio.timeout(ANSWER_DEADLINE.total_seconds()):
            response = await client.send(request, stream=True)
            try:
                body = await read_body(response, ANSWER_LIMIT_BYTES)
            finally:
                await response.aclose()
    except (httpx.HTTPError, TimeoutError):
        return Answer(Parsed(refusal=Refusal.OUTAGE))
    except Unreadable as error:
        return Answer(Parsed(), malformed=str(error))
    refusal = refusal_of(response.status_code)
    if refusal is not None:
        return Answer(Parsed(refusal=refusal), read_retry_after(response.headers.get("retry-after"), now))
    return Fetched(response.headers, body)


def read_retry_after(value: str | None, now: datetime) -> timedelta | None:
    """Seconds or an HTTP date (RFC 9110, 10.2.3), between nothing and a day; None when absent or unreadable."""
    if value is None:
        return None
    try:
        if value.strip().isdigit():
            pause = timedelta(seconds=min(int(value), 10**6))
        else:
            date = parsedate_to_datetime(value)
            pause = (date if date.tzinfo else date.replace(tzinfo=UTC)) - now
    except ValueError:
        return None
    return min(max(pause, timedelta(0)), LONGEST_RETRY_AFTER)
