"""One question to a carrier over HTTP, and its answer as a value: nothing a carrier answers raises here.

Where the carrier names its last answer (ETag, Last-Modified), the next question asks only for a newer one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
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


LONGEST_VALIDATOR = 200


@dataclass(frozen=True)
class Validators:
    """What a carrier calls one of its answers (RFC 9110, 8.8)."""

    etag: str | None = None
    last_modified: str | None = None

    @property
    def headers(self) -> dict[str, str]:
        """A tag is stronger than a date: with one, the date is not asked for."""
        if self.etag is not None:
            return {"If-None-Match": self.etag}
        return {"If-Modified-Since": self.last_modified} if self.last_modified is not None else {}


NO_VALIDATORS = Validators()


@dataclass(frozen=True)
class Answer:
    """What came back. `malformed` says that the body was not what the carrier documents; `unchanged`, that it is what
    it was.
    """

    parsed: Parsed
    retry_after: timedelta | None = None
    malformed: str | None = None
    unchanged: bool = False
    validators: Validators = NO_VALIDATORS

    @property
    def failure(self) -> str | None:
        """Why it says nothing, where the carrier is in trouble; its own refusals are answers."""
        return "malformed" if self.malformed else Refusal.OUTAGE if self.parsed.refusal is Refusal.OUTAGE else None


@dataclass(frozen=True)
class Fetched:
    """A successful answer as it came."""

    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Asked:
    """A question, and what its last answer was called."""

    query: Query
    last: Validators = NO_VALIDATORS


async def ask(client: httpx.AsyncClient, pull: Pull, asked: Asked, url: str, key: str, now: datetime) -> Answer:
    """Ask about one parcel, for no longer than ANSWER_DEADLINE. `client` follows no redirects."""
    request = pull.request(asked.query, url, key)
    if request.method == "GET":
        request.headers.update(asked.last.headers)
    fetched = await fetch(client, request, now)
    if isinstance(fetched, Answer):
        return replace(fetched, validators=asked.last) if fetched.unchanged else fetched
    try:
        return Answer(pull.read(asked.query, fetched.body), validators=read_validators(fetched.headers))
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
    if response.status_code == httpx.codes.NOT_MODIFIED and _is_conditional(request):
        return Answer(Parsed(), unchanged=True)
    refusal = refusal_of(response.status_code)
    if refusal is not None:
        return Answer(Parsed(refusal=refusal), read_retry_after(response.headers.get("retry-after"), now))
    return Fetched(response.headers, body)


def _is_conditional(request: httpx.Request) -> bool:
    return "if-none-match" in request.headers or "if-modified-since" in request.headers


def read_validators(headers: Mapping[str, str]) -> Validators:
    """What could not be sent back as it came is as good as absent."""
    etag, date = headers.get("etag"), headers.get("last-modified")
    return Validators(etag if _is_sendable(etag) else None, date if _is_sendable(date) else None)


def _is_sendable(value: str | None) -> bool:
    return value is not None and 0 < len(value) <= LONGEST_VALIDATOR and value.isascii() and value.isprintable()


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
