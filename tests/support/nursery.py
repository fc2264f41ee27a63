"""Real processes of the notifier, one after the other: started in milliseconds, killed at a moment of the ledger."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.support.ledger_moves import Moment

KILLED = -signal.SIGKILL
LOOK_AGAIN = timedelta(milliseconds=50)
ROOT = Path(__file__).parents[2]


class Nursery:
    """Holds one process at a time."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._pid: int | None = None

    async def start(self, part: str, database: str, moment: Moment | None = None, **task: Any) -> None:
        whole = {**task, "part": part, "database": database, "moment": moment.as_json() if moment else None}
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(whole).encode() + b"\n")
        await self._process.stdin.drain()
        self._pid = int(await self._hear("started"))

    async def ended(self) -> int:
        """Its exit code once it is gone; KILLED after a `kill -9`."""
        status = int(await self._hear("ended"))
        self._pid = None
        return status

    async def ended_or(self, is_over: Callable[[], Awaitable[bool]]) -> int:
        """The same, or once it is over without its end, after SIGTERM."""
        ending = asyncio.create_task(self.ended())
        asked = False
        while not ending.done():
            if not asked and await is_over() and self.alive:  # it may have died while we looked
                self._signal(signal.SIGTERM)
                asked = True
            await asyncio.wait({ending}, timeout=LOOK_AGAIN.total_seconds())
        return ending.result()

    async def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Its exit code: 0 when it went in good order."""
        self._signal(number)
        return await self.ended()

    def _signal(self, number: signal.Signals) -> None:
        assert self._pid is not None
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._pid, number)

    @property
    def alive(self) -> bool:
        return self._pid is not None

    async def _hear(self, word: str) -> str:
        assert self._process.stdout is not None
        told = (await self._process.stdout.readline()).decode().split()
        assert told and told[0] == word, f"wanted {word!r}, heard {told}"
        return told[-1]

    async def close(self) -> None:
        if self.alive:
            await self.stop(signal.SIGKILL)
        assert self._process.stdin is not None
        self._process.stdin.close()
        await self._process.wait()


@asynccontextmanager
async def nursery(environment: Mapping[str, str], log: Path) -> AsyncIterator[Nursery]:
    """What its processes say goes to the log."""
    with log.open("ab") as said:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.support.mortal_process",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=said,
            env=dict(environment),
            cwd=ROOT,
        )
        found = Nursery(process)
        await found._hear("ready")
        try:
            yield found
        finally:
            await found.close()
