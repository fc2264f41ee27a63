"""Calls from the world outside into Hito, made as shops and carriers make them: again after a 503, up to a point."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta

import httpx

PATIENCE = timedelta(seconds=30)
PAUSE = timedelta(milliseconds=300)
LONGEST_PAUSE = timedelta(seconds=5)
_TRY_AGAIN = frozenset({429, 502, 503, 504})


class NotTaken(Exception):
    """Hito did not take what it should have taken; the text says what it answered."""


async def post_until_taken(
    client: httpx.AsyncClient, url: str, body: bytes, headers: Mapping[str, str], patience: timedelta = PATIENCE
) -> httpx.Response:
    """POST until a 2xx. The same bytes each time, so that it is one fact however often it is sent.

    Raises NotTaken at once for an answer that no repetition will change, and when patience ends.
    """
    deadline = asyncio.get_running_loop().time() + patience.total_seconds()
    while True:
        last: str
        pause = PAUSE
        try:
            answer = await client.post(url, content=body, headers=dict(headers))
        except httpx.TransportError as error:
            last = type(error).__name__
        else:
            if answer.is_success:
                return answer
            last = f"{answer.status_code} {answer.text[:300]}"
            if answer.status_code not in _TRY_AGAIN:
                raise NotTaken(f"POST {httpx.URL(url).path}: {last}")
            pause = _asked_for(answer)
        if asyncio.get_running_loop().time() + pause.total_seconds() > deadline:
            raise NotTaken(f"POST {httpx.URL(url).path}: not taken in {patience.total_seconds():.0f} s: {last}")
        await asyncio.sleep(pause.total_seconds())


def _asked_for(answer: httpx.Response) -> timedelta:
    """Retry-After in seconds, within reason."""
    asked = answer.headers.get("retry-after", "")
    return min(timedelta(seconds=int(asked)), LONGEST_PAUSE) if asked.isdigit() else PAUSE
