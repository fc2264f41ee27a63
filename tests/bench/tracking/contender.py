"""A consumer as an OS process of its own, timed by what it has committed, with its peak memory."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sandbox.backends.process import ChildProcess, log_tail
from tests.bench.tracking.progress import ASK_PAUSE, Progress

DEADLINE = timedelta(minutes=5)
STOP_DEADLINE = timedelta(seconds=25)


@dataclass(frozen=True)
class Run:
    """`messages` were committed in `seconds`: from the first committed batch, which is not counted, to the last."""

    messages: int
    seconds: float
    peak_mib: float

    @property
    def rate(self) -> float:
        """Messages a second."""
        return self.messages / self.seconds


class Failed(RuntimeError):
    """The process ended or got nowhere; the text has the end of its log."""


@asynccontextmanager
async def running(
    module: str, *arguments: str, environment: Mapping[str, str], log: Path
) -> AsyncIterator[ChildProcess]:
    """`python -m <module> <arguments>` with this environment and no other; SIGTERM at the end."""
    process = ChildProcess(module, [sys.executable, "-m", module, *arguments], log, environment=environment)
    process.spawn()
    try:
        yield process
    finally:
        await process.stop(signal.SIGTERM, STOP_DEADLINE)


async def timed(process: ChildProcess, progress: Progress, group: str, until: int) -> Run:
    """Follow it until the group is done with so many messages. Raises Failed."""
    first_count, first_at = 0, 0.0
    try:
        async with asyncio.timeout(DEADLINE.total_seconds()):
            while True:
                done, now = await progress.of(group), time.perf_counter()
                if done and not first_count:
                    first_count, first_at = done, now
                if done >= until:
                    return Run(done - first_count, now - first_at, peak_mib(process))
                if process.pid is None:
                    raise Failed(f"{process.name} ended at {done} of {until} messages:\n{log_tail(process.log)}")
                await asyncio.sleep(ASK_PAUSE.total_seconds())
    except TimeoutError as error:
        raise Failed(f"{process.name} was not done in time:\n{log_tail(process.log)}") from error


def peak_mib(process: ChildProcess) -> float:
    """The most memory it ever held (VmHWM), in MiB."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    (line,) = (line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024
