"""Apache Kafka itself on this machine: one node that is broker and controller (KRaft), without containers.

Set for a quick start and little memory, otherwise as in production: topics are not made by asking for them, messages
and commits survive a restart. Needs Java 17 or newer, and Maven once.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sandbox.backends.kafka_jars import NAME, kafka_jars, kafka_version, require_java
from sandbox.backends.ports import LOOPBACK, free_port
from sandbox.backends.probe import broker_answers
from sandbox.backends.process import ChildProcess, ready_folder, run_command
from sandbox.backends.servers import KAFKAS_SHORTEST_SESSION

CLUSTER_ID = "aGl0by1zYW5kYm94LTAwMQ"
"""16 bytes in base64, the same for every run: one in 64 random ids begins with a hyphen and is read as an option."""
_FORMAT_DEADLINE = timedelta(seconds=60)
_START_DEADLINE = timedelta(seconds=60)
_STOP_DEADLINE = timedelta(seconds=4)
_JAVA = ("java", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData", "-Dlog4j2.level=WARN")
_SETTINGS = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "auto.create.topics.enable": "false",
    "group.initial.rebalance.delay.ms": "0",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    # After a kill the broker waits until its former self has expired.
    "broker.heartbeat.interval.ms": "500",
    "broker.session.timeout.ms": "3000",
    "num.network.threads": "2",
    "num.io.threads": "2",
    "log.cleaner.dedupe.buffer.size": "4194304",
    "log.index.size.max.bytes": "1048576",
}


@dataclass(frozen=True)
class OtherDoor:
    """A second listener, for whoever comes through something in between: clients are told to come back to `told`.

    Kafka's clients go where the broker says it is, so what stands in between has to be the address it gives.
    """

    listens: str
    told: str


class LocalKafka:
    """One broker; `local_kafka` makes it."""

    supports_idempotence = True
    shortest_session = KAFKAS_SHORTEST_SESSION
    keeps_messages = True

    def __init__(self, folder: Path, jars: Path, other_door: OtherDoor | None = None) -> None:
        self.description = f"Apache Kafka {kafka_version()} (KRaft, local)"
        self.bootstrap = f"{LOOPBACK}:{free_port()}"
        self._folder, self._other_door = folder, other_door
        self._java = [*_JAVA, "-cp", f"{jars}/*"]
        self._settings = folder / "server.properties"
        command = [*self._java, "kafka.Kafka", str(self._settings)]
        self._process = ChildProcess(NAME, command, folder / "kafka.log")

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        return self._process.pid

    async def format(self) -> None:
        """Write the settings and, in a new folder, the storage that Kafka wants prepared."""
        data = self._folder / "data"
        controller = f"{LOOPBACK}:{free_port()}"
        settings = _SETTINGS | {
            "listeners": f"PLAINTEXT://{self.bootstrap},CONTROLLER://{controller}",
            "advertised.listeners": f"PLAINTEXT://{self.bootstrap}",
            "controller.quorum.voters": f"1@{controller}",
            "log.dirs": str(data),
        }
        if self._other_door is not None:
            settings["listeners"] += f",OTHER://{self._other_door.listens}"
            settings["advertised.listeners"] += f",OTHER://{self._other_door.told}"
            settings["listener.security.protocol.map"] += ",OTHER:PLAINTEXT"
            settings["inter.broker.listener.name"] = "PLAINTEXT"
        self._settings.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
        if not (data / "meta.properties").exists():
            command = [*self._java, "kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c", str(self._settings)]
            await run_command(NAME, command, deadline=_FORMAT_DEADLINE)

    async def start(self) -> None:
        """Start on the same port as before; returns when it serves clients."""
        self._process.spawn()
        try:
            await self._process.until_ready(lambda: broker_answers(self.bootstrap), _START_DEADLINE)
        except BaseException:
            await self.stop(immediate=True)
            raise

    async def stop(self, *, immediate: bool = False) -> None:
        """Stop; what was acknowledged stays. `immediate` kills, as a crash would."""
        await self._process.stop(signal.SIGKILL if immediate else signal.SIGTERM, _STOP_DEADLINE)


@asynccontextmanager
async def local_kafka(folder: Path, other_door: OtherDoor | None = None) -> AsyncIterator[LocalKafka]:
    """A broker on 127.0.0.1 with its data and log in `folder`. Raises BackendUnavailable when it cannot run here."""
    await require_java()
    jars = await kafka_jars()
    broker = LocalKafka(await asyncio.to_thread(ready_folder, folder), jars, other_door)
    await broker.format()
    await broker.start()
    try:
        yield broker
    finally:
        await broker.stop()
