"""Waiting, grown by failure and spread by chance, and cut short when the process stops."""

from __future__ import annotations

import asyncio
import contextlib
import random
from datetime import timedelta

FIRST = timedelta(milliseconds=100)
LONGEST = timedelta(seconds=5)


class Backoff:
    """0.1 s, doubled up to 5 s, each with full jitter; `reset` after a success."""

    def __init__(self, stop: asyncio.Event, chance: random.Random | None = None) -> None:
        self._stop = stop
        self._chance = chance or random.Random()  # noqa: S311  jitter is no secret
        self._failures = 0

    async def wait(self) -> None:
        """Wait before trying again."""
        ceiling = min(FIRST * 2**self._failures, LONGEST)
        self._failures = min(self._failures + 1, 10)
        await self.pause(ceiling * self._chance.uniform(0.5, 1.0))

    async def pause(self, duration: timedelta) -> None:
        """Wait this long, or until the process stops."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stop.wait(), duration.total_seconds())

    def reset(self) -> None:
        self._failures = 0
