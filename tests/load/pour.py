"""Pours the load into a system, wave by wave, and tells the ledger of every attempt with what was answered.

What was not taken is sent again until it is, or refused: each fact arrives, whatever is killed meanwhile.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any, Protocol

from shared.contracts.base import rfc3339
from tests.load.sending import Sending

SIDE_BY_SIDE = 32
TRY_AGAIN_AFTER = timedelta(milliseconds=200)
"""Between two attempts at the same thing."""
AGAIN = frozenset({408, 429})


@dataclass(frozen=True)
class Reply:
    """`status`: of HTTP, or "acked" with the record's place, or "failed": nobody knows whether it arrived."""

    status: int | str
    partition: int | None = None
    offset: int | None = None

    @property
    def final(self) -> bool:
        if isinstance(self.status, int):
            return self.status < 500 and self.status not in AGAIN
        return self.status == "acked"


class Carrier(Protocol):
    """Takes one thing to the system. Answers "failed" where it cannot say more; raises nothing of the network's."""

    async def carry(self, sending: Sending) -> Reply: ...


Note = Callable[[dict[str, Any]], None]


async def nothing_between(_: int) -> None:
    return


async def pour(
    sendings: Iterable[Sending],
    carrier: Carrier,
    note: Note,
    *,
    patience: timedelta,
    after_wave: Callable[[int], Awaitable[None]] = nothing_between,
) -> None:
    """One chunk. Raises an ExceptionGroup of TimeoutError when something was not taken within `patience`."""
    room = asyncio.Semaphore(SIDE_BY_SIDE)

    async def send(sending: Sending) -> None:
        async with room, asyncio.timeout(patience.total_seconds()):
            await _until_final(sending, carrier, note)

    for wave, together in groupby(sendings, key=lambda sending: sending.wave):
        async with asyncio.TaskGroup() as group:
            for sending in together:
                group.create_task(send(sending))
        await after_wave(wave)


async def _until_final(sending: Sending, carrier: Carrier, note: Note) -> None:
    while True:
        at = rfc3339(datetime.now(UTC))
        reply = await carrier.carry(sending)
        note(sending.line(at, reply.status, reply.partition, reply.offset))
        if reply.final:
            return
        await asyncio.sleep(TRY_AGAIN_AFTER.total_seconds())
