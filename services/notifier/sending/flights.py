"""Attempts that are under way: so many places a channel, each free again as soon as its own provider has answered.

Nobody waits for the slowest of a batch; and no more than the places can be in doubt after the process was killed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any, NamedTuple

from services.notifier.channels.base import SendResult
from shared.contracts.vocabulary import Channel
from shared.database import Row

GATHER = timedelta(milliseconds=30)


class Landed(NamedTuple):
    """One attempt that has ended."""

    row: Row
    result: SendResult


class Flights:
    """`places` for each channel."""

    def __init__(self, places: int) -> None:
        self._places = places
        self._under_way: dict[Channel, dict[asyncio.Task[SendResult], Row]] = {}

    def free(self, channel: Channel) -> int:
        return self._places - self.count(channel)

    def count(self, channel: Channel) -> int:
        return len(self._under_way.get(channel, {}))

    def launch(self, channel: Channel, row: Row, attempt: Coroutine[Any, Any, SendResult]) -> None:
        """The message is committed as in flight; its attempt begins now."""
        self._under_way.setdefault(channel, {})[asyncio.create_task(attempt, name=f"attempt-{row['id']}")] = row

    async def landed(self, channel: Channel, wait: timedelta | None) -> list[Landed]:
        """All that have ended, soon after the first has; nothing when none does within `wait` (None: no limit).

        What ends within GATHER of the first is answered with it: the caller records them in one transaction.
        """
        under_way = self._under_way.get(channel, {})
        if not under_way:
            return []
        timeout = None if wait is None else wait.total_seconds()
        done, others = await asyncio.wait(under_way, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        if done and others:
            also, _ = await asyncio.wait(others, timeout=GATHER.total_seconds())
            done |= also
        return [Landed(under_way.pop(task), task.result()) for task in done]

    async def abandon(self) -> None:
        """The process ends for another reason than being asked to: what is under way will be found in flight."""
        tasks = [task for under_way in self._under_way.values() for task in under_way]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
