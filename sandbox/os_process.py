"""One OS process of a service: started, kept alive as Kubernetes would, killed on demand, stopped in good order."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path

from sandbox.backends.process import ChildProcess, log_tail
from sandbox.layouts import Unit

WATCH_PAUSE = timedelta(milliseconds=50)
RESTART_PAUSE = timedelta(milliseconds=200)
STOP_DEADLINE = timedelta(seconds=8)
SOON = timedelta(seconds=30)
HOPELESS = 3


class KeepsDying(RuntimeError):
    """The process ends at once, again and again; the text has the end of its log."""


class OsProcess:
    """`restarts` counts how often it was started again after it died, whoever killed it."""

    def __init__(self, unit: Unit, environment: Mapping[str, str], logs: Path) -> None:
        self.unit, self.restarts = unit, 0
        self.log = logs / f"{unit.name}.log"
        command = [sys.executable, "-m", f"services.{unit.service}", *unit.processes]
        self._child = ChildProcess(unit.name, command, self.log, environment=environment)
        self._keeper: asyncio.Task[None] | None = None
        self._failed: KeepsDying | None = None

    @property
    def pid(self) -> int | None:
        """None while it is down."""
        return self._child.pid

    def start(self, on_restart: Callable[[Unit], None]) -> None:
        """Start it, and start it again whenever it dies."""
        self._child.spawn()
        self._keeper = asyncio.create_task(self._keep_alive(on_restart), name=f"keep {self.unit.name}")

    def kill(self) -> bool:
        """SIGKILL: no drain, no goodbye. False when it is down already."""
        return self._signal(signal.SIGKILL)

    def pause(self) -> bool:
        """SIGSTOP: alive for the kernel, deaf for everybody else."""
        return self._signal(signal.SIGSTOP)

    def resume(self) -> bool:
        return self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> bool:
        pid = self._child.pid
        if pid is None:
            return False
        os.kill(pid, number)
        return True

    def check(self) -> None:
        """Raises KeepsDying when there is no hope left for it."""
        if self._failed is not None:
            raise self._failed

    async def stop(self) -> None:
        """SIGTERM, so that it drains; SIGKILL past the deadline."""
        if self._keeper is not None:
            self._keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._keeper
        self.resume()
        await self._child.stop(signal.SIGTERM, STOP_DEADLINE)

    async def _keep_alive(self, on_restart: Callable[[Unit], None]) -> None:
        loop = asyncio.get_running_loop()
        started, died_soon = loop.time(), 0
        while True:
            if self._child.pid is not None:
                await asyncio.sleep(WATCH_PAUSE.total_seconds())
                continue
            died_soon = died_soon + 1 if loop.time() - started < SOON.total_seconds() else 0
            if died_soon >= HOPELESS:
                self._failed = KeepsDying(f"{self.unit.name} ends as soon as it starts:\n{log_tail(self.log)}")
                return
            await asyncio.sleep(RESTART_PAUSE.total_seconds() * (1 + died_soon))
            self.restarts += 1
            on_restart(self.unit)
            started = loop.time()
            self._child.spawn()
