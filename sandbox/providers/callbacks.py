"""Status callbacks to the sender, as providers make them: signed, retried a few times, in the background."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx

ATTEMPTS = 5
FIRST_BACKOFF = timedelta(milliseconds=200)
LONGEST_BACKOFF = timedelta(seconds=2)
DEADLINE = timedelta(seconds=10)
AT_ONCE = 32
"""Callbacks on their way to the sender; the others wait their turn, and their deadline has not begun."""


@dataclass(frozen=True, slots=True)
class Callback:
    """One request to the sender, ready to go."""

    url: str
    body: bytes
    headers: Mapping[str, str]


class Callbacks:
    """Owns every background task of the providers; `close` ends them all."""

    def __init__(self) -> None:
        self._client = httpx.AsyncClient(timeout=DEADLINE.total_seconds(), trust_env=False)
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._tasks: set[asyncio.Task[Any]] = set()
        self.attempts = ATTEMPTS
        """How often a callback is brought before it is given up; real providers go on for hours."""
        self.delivered = 0
        self.given_up = 0

    async def post_once(self, callback: Callback) -> int | None:
        """The status of the answer, None without one; for what no provider would send again."""
        async with self._turn:
            try:
                answer = await self._client.post(callback.url, content=callback.body, headers=dict(callback.headers))
            except httpx.TransportError:
                return None
        return answer.status_code

    async def deliver(self, callback: Callback) -> bool:
        """Until a 2xx, at most so many times, the pause doubling up to LONGEST_BACKOFF."""
        for attempt in range(self.attempts):
            if attempt:
                pause = min(FIRST_BACKOFF * 2 ** min(attempt - 1, 10), LONGEST_BACKOFF)
                await asyncio.sleep(pause.total_seconds())
            status = await self.post_once(callback)
            if status is not None and 200 <= status < 300:
                self.delivered += 1
                return True
        self.given_up += 1
        return False

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    @property
    def pending(self) -> int:
        """Messages whose receipts are still on their way."""
        return len(self._tasks)

    async def quiet(self) -> None:
        """Until every receipt has been delivered or given up."""
        while self._tasks:
            await asyncio.gather(*self._tasks)

    async def close(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._client.aclose()
