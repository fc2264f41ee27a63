"""Keeps every process of the product alive as a cluster would, and notes each death, each start and each recovery.

A process that died is started again after a pause between PAUSES. It counts as back when it says it is ready.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import signal
import sys
from collections.abc import Callable, Coroutine, Mapping, Sequence
from datetime import timedelta
from pathlib import Path

import httpx

from sandbox.backends.process import ChildProcess, log_tail
from sandbox.layouts import Unit
from sandbox.os_process import KeepsDying
from tests.rig.journal import Lines
from tests.rig.no_answer import NO_ANSWER

PAUSES = (timedelta(milliseconds=100), timedelta(seconds=2))
LOOK_PAUSE = timedelta(milliseconds=50)
ASK_PAUSE = timedelta(milliseconds=150)
ASK_DEADLINE = timedelta(seconds=3)
STOP_DEADLINE = timedelta(seconds=25)
"""The product drains for twenty seconds at most."""
TAIL_BYTES = 4096
HOPELESS = 12
"""So many deaths in a row that nobody brought about: not even a database that is away takes so many."""

Arm = Callable[[str], Mapping[str, str]]
"""Variables for the next start of the process called so: what it is to die of."""
Fired = Callable[[str, str], None]
"""(process, place): it died there."""


def of_product(unit: Unit) -> list[str]:
    """The command that starts a process of the product."""
    return [sys.executable, "-m", f"services.{unit.service}", *unit.processes]


class Supervised:
    """One process. `wanted`: whether it is to be alive; `why_next`: by whom it is being killed at this moment.

    `worked`: since its last start it has said once that it is ready.
    """

    def __init__(
        self, name: str, command: Sequence[str], environment: Mapping[str, str], logs: Path, ready_url: str
    ) -> None:
        self.name, self.ready_url = name, ready_url
        self.environment, self.log = dict(environment), logs / f"{name}.log"
        self.wanted, self.paused, self.worked = False, False, False
        self._command = list(command)
        self.why_next: str | None = None
        self.own_deaths = 0
        self._child: ChildProcess | None = None

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child is not None else None

    def start(self, more: Mapping[str, str]) -> None:
        self.worked = False
        self._child = ChildProcess(self.name, self._command, self.log, environment={**self.environment, **more})
        self._child.spawn()

    def signal(self, number: signal.Signals) -> bool:
        """False when it is down already."""
        pid = self.pid
        if pid is None:
            return False
        os.kill(pid, number)
        return True

    async def stop(self) -> None:
        self.wanted = False
        self.signal(signal.SIGCONT)
        if self._child is not None:
            await self._child.stop(signal.SIGTERM, STOP_DEADLINE)

    def last_place(self) -> str | None:
        """The failpoint that its log ends with."""
        with contextlib.suppress(FileNotFoundError), self.log.open("rb") as file:
            file.seek(max(0, self.log.stat().st_size - TAIL_BYTES))
            last = file.read().splitlines()[-1:]
            with contextlib.suppress(ValueError):
                line = json.loads(last[0]) if last else {}
                return str(line["where"]) if line.get("event") == "failpoint" else None
        return None


class Supervisor:
    """`arm` is asked before each start; `fired` hears of each death at a failpoint."""

    def __init__(self, processes: list[Supervised], ops: Lines, chance: random.Random, arm: Arm, fired: Fired) -> None:
        self.processes = {process.name: process for process in processes}
        self._ops, self._chance, self._arm, self._fired = ops, chance, arm, fired
        self._tasks: set[asyncio.Task[None]] = set()
        self._returning: dict[str, asyncio.Task[None]] = {}
        self._client = httpx.AsyncClient(timeout=ASK_DEADLINE.total_seconds(), trust_env=False)

    def start_all(self) -> None:
        for name in self.processes:
            self.start(name)

    def start(self, name: str) -> None:
        process = self.processes[name]
        process.wanted = True
        process.start(self._arm(name))
        self._do(self._keep(process), f"keep {name}")

    def add(self, process: Supervised) -> None:
        self.processes[process.name] = process

    def kill(self, name: str, why: str) -> bool:
        return self._end(name, signal.SIGKILL, why)

    def pause(self, name: str, length: timedelta) -> bool:
        """SIGSTOP, and SIGCONT after so long."""
        process = self.processes[name]
        if process.paused or not process.signal(signal.SIGSTOP):
            return False
        process.paused = True
        self._ops.write(what="pause", process=name, detail=f"{length.total_seconds():.0f} s")
        self._do(self._resume(process, length), f"resume {name}")
        return True

    async def restart(self, name: str) -> None:
        """SIGTERM, and started again when it has drained; returns when it is back."""
        process = self.processes[name]
        self._ops.write(what="restart", process=name, detail="SIGTERM")
        await process.stop()
        self.start(name)
        await self.until_ready(name)

    async def leave(self, name: str) -> None:
        """SIGTERM, for good."""
        await self.processes[name].stop()

    async def until_ready(self, name: str) -> None:
        """Until the process that runs under this name says so. Raises KeepsDying where there is no hope of that."""
        while not await self.is_ready(name):
            self.check()
            await asyncio.sleep(ASK_PAUSE.total_seconds())
        self.processes[name].worked = True

    async def all_ready(self) -> None:
        """And each return is noted."""
        await asyncio.gather(*(self.until_ready(name) for name, each in self.processes.items() if each.wanted))
        await asyncio.gather(*self._returning.values(), return_exceptions=True)

    async def survivors_ready(self) -> None:
        """The same for those that are at work now, each as long as it lives: a start has a time of its own."""
        at_work = [each for each in self.processes.values() if each.wanted and each.worked]
        await asyncio.gather(*(self._while_it_lives(each) for each in at_work))

    async def _while_it_lives(self, process: Supervised) -> None:
        life = process.pid
        while life is not None and process.pid == life and not process.paused:
            if await self.is_ready(process.name):
                return
            await asyncio.sleep(ASK_PAUSE.total_seconds())

    async def is_ready(self, name: str) -> bool:
        try:
            answer = await self._client.get(f"{self.processes[name].ready_url}/readyz")
        except NO_ANSWER:
            return False
        return answer.status_code == httpx.codes.OK

    async def stop(self) -> None:
        """SIGTERM to all; nothing is kept alive any more."""
        for process in self.processes.values():
            process.wanted = False
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(process.stop() for process in self.processes.values()))
        await self._client.aclose()

    def check(self) -> None:
        """Raises what went wrong in the supervisor itself."""
        for task in self._tasks:
            if task.done() and not task.cancelled():
                task.result()

    def _end(self, name: str, number: signal.Signals, why: str) -> bool:
        process = self.processes[name]
        if process.paused or process.why_next is not None or not process.signal(number):
            return False
        process.why_next = why
        return True

    async def _resume(self, process: Supervised, length: timedelta) -> None:
        await asyncio.sleep(length.total_seconds())
        process.signal(signal.SIGCONT)
        process.paused = False
        self._ops.write(what="resume", process=process.name)
        await self.until_ready(process.name)
        self._ops.write(what="back", process=process.name)

    async def _keep(self, process: Supervised) -> None:
        """Until it is not wanted any more."""
        try:
            while process.wanted:
                if process.pid is not None:
                    await asyncio.sleep(LOOK_PAUSE.total_seconds())
                    continue
                self._expect_no_more(process.name)
                self._note_death(process)
                await self._start_again(process)
                self._returning[process.name] = asyncio.create_task(self._note_back(process.name))
        finally:
            self._expect_no_more(process.name)

    def _expect_no_more(self, name: str) -> None:
        if (back := self._returning.pop(name, None)) is not None:
            back.cancel()

    async def _start_again(self, process: Supervised) -> None:
        shortest, longest = (pause.total_seconds() for pause in PAUSES)
        await asyncio.sleep(self._chance.uniform(shortest, longest))
        if process.wanted:
            process.start(self._arm(process.name))
            self._ops.write(what="restart", process=process.name)

    def _note_death(self, process: Supervised) -> None:
        why, process.why_next = process.why_next, None
        place = process.last_place() if why is None else None
        if place is not None:
            self._fired(process.name, place)
        self._ops.write(what="kill", process=process.name, detail=why or place or "died by itself")
        process.own_deaths = process.own_deaths + 1 if why is None and place is None else 0
        if process.own_deaths >= HOPELESS:
            raise KeepsDying(f"{process.name} ends by itself again and again:\n{log_tail(process.log)}")

    async def _note_back(self, name: str) -> None:
        await self.until_ready(name)
        self._ops.write(what="back", process=name)

    def _do(self, work: Coroutine[object, object, None], name: str) -> None:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
