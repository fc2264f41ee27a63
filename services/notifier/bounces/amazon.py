"""Fetching from Amazon SNS: the certificates its messages are signed with, and the answer to a new subscription.

Called only with addresses that were found to be SNS's own. Every fetch has a deadline and a size limit and follows no
redirect; a certificate is fetched once and kept, a few at a time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import httpx

from shared.bounded_body import ACCEPTED, Unreadable, read_body

FETCH_DEADLINE = timedelta(seconds=5)
FETCH_LIMIT_BYTES = 16 * 1024
KEPT_CERTIFICATES = 8

Fetch = Callable[[str], Awaitable[bytes]]
"""The body behind an address. Raises AmazonAway."""


class AmazonAway(Exception):
    """No answer, or none that we can use; nothing was taken in, and SNS will bring its message again."""


async def fetch(url: str) -> bytes:
    """Over verified TLS. Raises AmazonAway."""
    try:
        async with (
            asyncio.timeout(FETCH_DEADLINE.total_seconds()),
            httpx.AsyncClient(timeout=FETCH_DEADLINE.total_seconds(), follow_redirects=False) as client,
            client.stream("GET", url, headers=ACCEPTED) as response,
        ):
            if response.status_code != 200:
                raise AmazonAway(f"SNS answered {response.status_code}")
            return await read_body(response, FETCH_LIMIT_BYTES)
    except Unreadable as error:
        raise AmazonAway(f"SNS answered with what we do not read: {error}") from error
    except (TimeoutError, httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
        raise AmazonAway(f"SNS did not answer: {type(error).__name__}") from error


class Certificates:
    """Kept by address: Amazon changes the address with the certificate. `get` raises AmazonAway."""

    def __init__(self, fetch: Fetch = fetch) -> None:
        self.fetch = fetch
        self._kept: dict[str, bytes] = {}

    async def get(self, url: str) -> bytes:
        if url not in self._kept:
            fetched = await self.fetch(url)
            while len(self._kept) >= KEPT_CERTIFICATES:
                self._kept.pop(next(iter(self._kept)))
            self._kept[url] = fetched
        return self._kept[url]
