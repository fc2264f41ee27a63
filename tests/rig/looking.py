"""Looks at the system while it is being broken, and waits until nothing in it moves any more.

Asked of the servers directly, as an onlooker that joins nothing. While a server is away a look says nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

import asyncpg
from aiokafka.errors import KafkaError

from sandbox.environment import Surroundings
from sandbox.quiet import NotQuiet, Stillness, stillness_of
from tests.rig.journal import Lines

PAUSE = timedelta(seconds=2)
LOOK_DEADLINE = timedelta(seconds=20)
TURN = timedelta(seconds=15)
"""After so long without rest it is said what still moves, and waited on."""
AWAY = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, KafkaError, NotQuiet, AssertionError)
_PARKED = "SELECT count(*) FROM parcels WHERE parked"
_IN_FLIGHT = "SELECT count(*) FROM messages WHERE state IN ('planned', 'frozen', 'claimed', 'in_flight')"
_CONNECTIONS = """
SELECT application_name AS name, count(*) AS n, count(*) FILTER (
    WHERE state LIKE 'idle in transaction%' AND state_change < now() - interval '1 second') AS left_open
FROM pg_stat_activity WHERE datname IN ('tracking', 'notifier') AND application_name <> '' GROUP BY 1
"""
Pids = Callable[[], Mapping[str, int | None]]


class Onlooker:
    """`receipts`: how many callbacks are on their way."""

    def __init__(self, around: Surroundings, receipts: Callable[[], int], samples: Lines, pids: Pids) -> None:
        self._around, self._receipts, self._samples, self._pids = around, receipts, samples, pids
        self._stack = AsyncExitStack()
        self._still: Stillness | None = None

    async def run(self) -> None:
        """A line for each process and one for the system, again and again."""
        while True:
            await self.look_once()
            await asyncio.sleep(PAUSE.total_seconds())

    async def look_once(self) -> None:
        self._weigh()
        await self._look()

    def _weigh(self) -> None:
        for name, pid in self._pids().items():
            if pid is not None and (size := _rss_bytes(pid)) is not None:
                self._samples.write(process=name, rss_bytes=size)

    async def _look(self) -> None:
        try:
            async with asyncio.timeout(LOOK_DEADLINE.total_seconds()):
                still = await self._open()
                moving, _ = await still.moving()
                connections = await still.tracking.fetch(_CONNECTIONS)
                parked = await still.tracking.fetchval(_PARKED)
                in_flight = await still.notifier.fetchval(_IN_FLIGHT)
        except AWAY:
            await self.close()
            return
        lag = sum(count for name, count in moving.items() if name.startswith("not taken in"))
        self._samples.write(process="system", lag=lag, parked=parked, in_flight=in_flight)
        for row in connections:
            name = row["name"].replace("-", ".", 1)  # `tracking-consume` of the server is `tracking.consume` of ours
            self._samples.write(process=name, pg_connections=row["n"], pg_left_open=row["left_open"])

    async def until_quiet(self, deadline: timedelta) -> None:
        """Raises NotQuiet past the deadline: the text says what still moves."""
        what = "the servers do not answer"
        try:
            async with asyncio.timeout(deadline.total_seconds()):
                while True:
                    try:
                        still = await self._open()
                        await still.until_quiet(TURN)
                        waiting = await still.notifier.fetchval(_IN_FLIGHT)
                    except AWAY as error:
                        what, waiting = str(error) or type(error).__name__, None
                        await self.close()
                    if waiting == 0:
                        return
                    what = f"{waiting} messages wait or are under way" if waiting else what
                    await asyncio.sleep(PAUSE.total_seconds() / 4)
        except TimeoutError as error:
            raise NotQuiet(f"not quiet after {deadline.total_seconds():.0f} s: {what}") from error

    async def _open(self) -> Stillness:
        if self._still is None:
            self._still = await self._stack.enter_async_context(stillness_of(self._around, self._receipts))
        return self._still

    async def close(self) -> None:
        self._still = None
        stack, self._stack = self._stack, AsyncExitStack()
        with contextlib.suppress(*AWAY):
            await asyncio.wait_for(stack.aclose(), LOOK_DEADLINE.total_seconds())


def _rss_bytes(pid: int) -> int | None:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS:")), None)
