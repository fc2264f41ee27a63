"""Webhooks a second: (a) the bare route, (b) `carrier_gateway api`, in turns, asked by the same pushers.

Every push that was answered 202 has to lie on the broker when its turn is over, or the run counts for nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from statistics import median

import httpx
from aiokafka import AIOKafkaConsumer, TopicPartition

from sandbox.addresses import Addresses, choose_addresses
from sandbox.backends.choose import choose_broker
from sandbox.backends.ports import LOOPBACK, free_port
from sandbox.backends.process import ChildProcess, basic_environment, run_command
from sandbox.backends.servers import Broker
from sandbox.environment import ROOT, Secrets, Surroundings, environment_of
from sandbox.layouts import Unit
from shared.contracts.topics import CARRIER_SHIPMENTS
from shared.messaging.topics import create_topics
from tests.bench.carrier_gateway.pushers import SECRET
from tests.bench.carrier_gateway.pushes import PUSHES
from tests.bench.tracking.contender import Failed, running

PARTITIONS = 6
CONNECTIONS = (1, 8, 32)
TURNS = 5
SECONDS = 1.5
BARE, HITO = "bare route", "carrier_gateway api"
_READY_WITHIN = timedelta(seconds=20)
_PUSHED_WITHIN = timedelta(seconds=60)
ASK_PAUSE = timedelta(milliseconds=50)
Tell = Callable[[str], None]
Case = tuple[str, int]
"""(kind of push, connections)"""


@dataclass(frozen=True)
class Turn:
    """`rate` is pushes a second; the rest milliseconds."""

    rate: float
    p50: float
    p99: float
    answered: int = 0
    processor: float = 0.0
    """Microseconds of the server's processor time a push: what else the machine does moves it little."""


@dataclass(frozen=True)
class Rivals:
    bare: Sequence[Turn]
    hito: Sequence[Turn]

    @property
    def ratio(self) -> float:
        """Median over the turns of (b) / (a)."""
        return self.ratio_of(lambda turn: turn.rate)

    def ratio_of(self, figure: Callable[[Turn], float]) -> float:
        return median(figure(hito) / figure(bare) for bare, hito in zip(self.bare, self.hito, strict=True))


def typical(turns: Sequence[Turn]) -> Turn:
    """The median of each figure."""
    rate, p50, p99 = (median(figures) for figures in zip(*((t.rate, t.p50, t.p99) for t in turns), strict=True))
    return Turn(rate, p50, p99, processor=median(turn.processor for turn in turns))


@dataclass(frozen=True)
class Contender:
    port: int
    process: ChildProcess

    def spent(self) -> float:
        """Seconds of processor time since it started, the system's for it included."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class IntakeGround:
    broker: Broker
    folder: Path
    addresses: Addresses = field(default_factory=lambda: choose_addresses((), usual=False))
    keys: Secrets = field(default_factory=Secrets)

    @property
    def secrets(self) -> Mapping[str, str]:
        """By kind of push."""
        return {"generic": self.keys.courier_secret, "dhl": self.keys.dhl_token}

    def environment_at(self, port: int) -> dict[str, str]:
        """The whole environment of `python -m services.carrier_gateway api`, as the sandbox starts it, on this port."""
        around = Surroundings(
            tracking_database="",
            notifier_database="",
            kafka=self.broker.bootstrap,
            kafka_idempotence=self.broker.supports_idempotence,
            kafka_session=timedelta(seconds=6),
            provider_variables={},
        )
        unit, on_port = Unit("gateway.api", "carrier_gateway", ("api",)), {"GATEWAY_PORT": str(port)}
        return environment_of(unit, self.addresses, self.keys, around, on_port)


def plain_environment() -> dict[str, str]:
    """For a process that is none of ours."""
    return {**basic_environment(), "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}


@asynccontextmanager
async def prepared_ground() -> AsyncIterator[IntakeGround]:
    """The broker up, Apache Kafka where it is to be had, its topics made. Gone at the end."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hito-bench-")))
        broker = await stack.enter_async_context(choose_broker(folder / "broker", prefer=None, tell=print))
        await create_topics(broker.bootstrap, PARTITIONS)
        yield IntakeGround(broker, folder)


@asynccontextmanager
async def contenders(ground: IntakeGround) -> AsyncIterator[Mapping[str, Contender]]:
    """Both servers by name, each an OS process."""
    ports = {BARE: free_port(), HITO: free_port()}
    modules = {BARE: ("tests.bench.carrier_gateway.bare_intake",), HITO: ("services.carrier_gateway", "api")}
    async with AsyncExitStack() as stack:
        started = {}
        for name, (module, *arguments) in modules.items():
            environment, log = ground.environment_at(ports[name]), ground.folder / f"{module}.log"
            server = running(module, *arguments, environment=environment, log=log)
            started[name] = Contender(ports[name], await stack.enter_async_context(server))
            await until_ready(ports[name])
        yield started


async def compare(
    ground: IntakeGround, tell: Tell, cases: Sequence[Case], turns: int = TURNS, seconds: float = SECONDS
) -> Mapping[Case, Rivals]:
    """(a) and (b) on every case, one after the other, so many turns."""
    seen: dict[tuple[Case, str], list[Turn]] = {(case, name): [] for case in cases for name in (BARE, HITO)}
    first = 0
    async with contenders(ground) as servers:
        for turn in range(1, turns + 1):
            for case in cases:
                for name, server in servers.items():
                    spent_before = server.spent()
                    took = await push(ground, case, name, server.port, first, seconds)
                    spent = (server.spent() - spent_before) / took.answered * 1e6
                    seen[case, name].append(replace(took, processor=spent))
                    tell(f"{case[0]} x{case[1]}, {name}, turn {turn}: {took.rate:,.0f}/s, {spent:,.0f} us each")
                    first += 1_000_000
    return {case: Rivals(seen[case, BARE], seen[case, HITO]) for case in cases}


async def push(ground: IntakeGround, case: Case, name: str, port: int, first: int, seconds: float) -> Turn:
    """Raises Failed when the broker does not hold what was answered."""
    kind, connections = case
    before = await _held(ground.broker.bootstrap)
    arguments = (port, kind, connections, first, seconds)
    command = [sys.executable, "-m", "tests.bench.carrier_gateway.pushers", *map(str, arguments)]
    environment = {**plain_environment(), SECRET: ground.secrets[kind]}
    said = json.loads(await run_command("pushers", command, deadline=_PUSHED_WITHIN, environment=environment))
    wanted = said["answered"] * (PUSHES[kind].events if name == HITO else 1)
    held = await _held(ground.broker.bootstrap) - before
    if held < wanted:
        raise Failed(f"{name} answered 202 for {wanted} messages; the broker has {held}")
    return Turn(**said)


async def until_ready(port: int) -> None:
    """Until a server with our operational routes says it is ready."""
    async with httpx.AsyncClient(trust_env=False) as client, asyncio.timeout(_READY_WITHIN.total_seconds()):
        while True:
            with contextlib.suppress(httpx.TransportError):
                answer = await client.get(f"http://{LOOPBACK}:{port}/readyz")
                if answer.is_success:
                    return
            await asyncio.sleep(ASK_PAUSE.total_seconds())


async def _held(bootstrap: str) -> int:
    """How many messages the topic has ever taken."""
    async with AIOKafkaConsumer(bootstrap_servers=bootstrap) as consumer:
        partitions = [TopicPartition(CARRIER_SHIPMENTS.name, number) for number in range(PARTITIONS)]
        return sum((await consumer.end_offsets(partitions)).values())
