"""What is done to the system while the load is poured; when, says plan.py.

Where a disk cannot be mounted or a clock cannot be set, `ops.jsonl` says so.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

import asyncpg
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions
from aiokafka.errors import KafkaError
from sqlalchemy.engine import make_url

from sandbox.layouts import ONE_EACH
from sandbox.providers import Action, Rule
from shared.contracts.topics import TRACKING_STEPS
from tests.rig.journal import Lines
from tests.rig.plan import Act
from tests.rig.proxy import FINE, Proxy, Weather
from tests.rig.supervisor import Supervisor
from tests.rig.tiers import Tier
from tests.rig.world import SECOND, Rigged

DOWN = (timedelta(milliseconds=300), timedelta(seconds=3))
WINDOW = (timedelta(seconds=4), timedelta(seconds=10))
AWAY = timedelta(minutes=10)
COMMITS_CUT = 3
IDLE = 0.8
"""The share of the span for which a forgotten transaction stays open."""
MORE_PARTITIONS = 6
CLOCK_STEPS = (timedelta(seconds=90), timedelta(seconds=-90))
"""Ahead and behind: as a machine's clock is before its first synchronisation, within what signatures allow."""
IMPOSSIBLE = "not possible here"
PROVIDERS_FAULTS = (
    ("smtp", Action.UNAVAILABLE_503),
    ("smtp", Action.ACCEPT_THEN_DROP),
    ("graph", Action.HANG),
    ("twilio", Action.ERROR_500),
    ("graph", Action.ACCEPT_THEN_DROP),
    ("twilio", Action.THROTTLE_429),
)
NETWORKS = ("commits cut", "postgres reset", "broker reset", "postgres late", "broker silent", "providers cut")
FIRST_OF_GROUP = ("tracking.consume", "notifier.consume")
WEIGHTS = {"tracking.consume": 3, "notifier.consume": 3, "notifier.send": 2, "tracking.relay": 2, "notifier.relay": 2}
"""How much more often than others a process is hit: those that hold something between two systems."""


class Doing:
    """Does the acts to a world; two acts may be going on at once."""

    def __init__(self, world: Rigged, supervisor: Supervisor, ops: Lines, tier: Tier, chance: random.Random) -> None:
        self._world, self._supervisor, self._ops = world, supervisor, ops
        self._tier, self._chance = tier, chance
        self._servers_free = asyncio.Lock()
        self._ways: dict[str, Callable[[int], Awaitable[None]]] = {
            "kills": self.kill,
            "pauses": self.pause,
            "postgres_restarts": self.restart_postgres,
            "broker_restarts": self.restart_broker,
            "provider_windows": self.trouble_a_provider,
            "networks": self.spoil_a_network,
            "rolling": self.roll,
            "joins": self.join_and_leave,
            "partitions": self.add_partitions,
            "idle_transactions": self.forget_a_transaction,
            "disk_full": self.fill_the_disk,
            "clock_steps": self.step_a_clock,
            "providers_away": self.send_providers_away,
        }

    async def do_all(self, acts: Sequence[Act]) -> None:
        """Returns when the last one is over."""
        loop = asyncio.get_running_loop()
        began, span = loop.time(), self._tier.span.total_seconds()
        async with asyncio.TaskGroup() as group:
            for act in acts:
                await asyncio.sleep(max(0.0, began + act.at * span - loop.time()))
                group.create_task(self._do(act), name=f"{act.what} {act.number}")

    async def _do(self, act: Act) -> None:
        await self._ways[act.what](act.number)

    async def kill(self, _: int) -> None:
        """Some process that is at work, if there is one; one that is down already is spared, and another one hit."""
        for name in sorted(self._victims(), key=lambda name: not self._supervisor.processes[name].worked):
            if self._supervisor.kill(name, "kill -9"):
                return

    async def pause(self, _: int) -> None:
        length = self._between(self._tier.pause)
        for name in self._victims():
            if self._supervisor.pause(name, length):
                return

    def _victims(self) -> list[str]:
        names = [unit.name for unit in ONE_EACH]
        weighed = {name: self._chance.random() ** (1 / WEIGHTS.get(name, 1)) for name in names}
        return sorted(names, key=lambda name: weighed[name], reverse=True)

    async def restart_postgres(self, _: int) -> None:
        async with self._servers_free:
            self._ops.write(what="kill", process="postgres", detail="immediate")
            await self._world.servers.postgres.stop(immediate=True)
            await asyncio.sleep(self._between(DOWN).total_seconds())
            await self._world.servers.postgres.start()
            await self._note_back("postgres")

    async def restart_broker(self, _: int) -> None:
        async with self._servers_free:
            self._ops.write(what="kill", process="broker", detail="kill -9")
            await self._world.servers.kafka.stop(immediate=True)
            await asyncio.sleep(self._between(DOWN).total_seconds())
            await self._world.servers.kafka.start()
            await self._note_back("broker")

    async def _note_back(self, server: str) -> None:
        """Back is not the server but the product: every process that lived through it is ready again."""
        self._ops.write(what="restart", process=server)
        await self._supervisor.survivors_ready()
        self._ops.write(what="back", process=server)

    async def trouble_a_provider(self, number: int) -> None:
        provider, action = PROVIDERS_FAULTS[number % len(PROVIDERS_FAULTS)]
        self._ops.write(what="fault_on", process=provider, detail=action.value)
        self._world.providers.faults.add(Rule.model_validate({"provider": provider, "action": action}))
        await asyncio.sleep(self._between(WINDOW).total_seconds())
        self._world.providers.faults.clear()
        self._ops.write(what="fault_off", process=provider, detail=action.value)

    async def send_providers_away(self, _: int) -> None:
        """All of them say that they cannot, whatever they are asked."""
        self._ops.write(what="fault_on", process="providers", detail=f"away for {AWAY}")
        for provider in sorted({provider for provider, _ in PROVIDERS_FAULTS}):
            rule = {"provider": provider, "action": Action.UNAVAILABLE_503}
            self._world.providers.faults.add(Rule.model_validate(rule))
        await asyncio.sleep(AWAY.total_seconds())
        self._world.providers.faults.clear()
        self._ops.write(what="fault_off", process="providers", detail="back")

    async def spoil_a_network(self, number: int) -> None:
        kind = NETWORKS[number % len(NETWORKS)]
        servers = self._world.servers
        self._ops.write(what="fault_on", process="network", detail=kind)
        match kind:
            case "commits cut":
                servers.postgres_proxy.cut_at(b"COMMIT;", COMMITS_CUT)
            case "postgres reset":
                servers.postgres_proxy.reset()
            case "broker reset":
                servers.kafka_proxy.reset()
            case "postgres late":
                await self._weather(servers.postgres_proxy, Weather(latency=timedelta(milliseconds=20)))
            case "broker silent":
                await self._weather(servers.kafka_proxy, Weather(blackhole=True))
            case _:
                self._world.mail_proxy.cut_after(self._chance.randint(1, 20_000))
                self._world.http_proxy.cut_after(self._chance.randint(1, 20_000))
        self._ops.write(what="fault_off", process="network", detail=kind)

    async def _weather(self, proxy: Proxy, weather: Weather) -> None:
        proxy.turn(weather)
        await asyncio.sleep(self._between(WINDOW).total_seconds())
        proxy.turn(FINE)

    async def roll(self, _: int) -> None:
        """As a new version is rolled out."""
        for unit in ONE_EACH:
            await self._supervisor.restart(unit.name)
            self._ops.write(what="back", process=unit.name)

    async def join_and_leave(self, _: int) -> None:
        """A second consumer of each group: partitions move from the first, which has them, to it and back."""
        await asyncio.gather(*(self._supervisor.until_ready(name) for name in FIRST_OF_GROUP))
        for unit in SECOND:
            self._supervisor.add(self._world.supervised(unit))
            self._supervisor.start(unit.name)
        await asyncio.gather(*(self._supervisor.until_ready(unit.name) for unit in SECOND))
        await asyncio.sleep(self._between(WINDOW).total_seconds())
        await asyncio.gather(*(self._supervisor.leave(unit.name) for unit in SECOND))

    async def add_partitions(self, _: int) -> None:
        """Keys move to other partitions while their messages are under way. Waits out a broker that is away."""
        self._ops.write(
            what="fault_on", process="broker", detail=f"{TRACKING_STEPS.name}: {MORE_PARTITIONS} partitions"
        )
        async with self._servers_free:
            admin = AIOKafkaAdminClient(bootstrap_servers=self._world.servers.kafka.bootstrap)
            await admin.start()
            try:
                await admin.create_partitions({TRACKING_STEPS.name: NewPartitions(MORE_PARTITIONS)})
            except KafkaError as error:
                raise RuntimeError("the broker refused more partitions") from error
            finally:
                await admin.close()
        self._ops.write(what="fault_off", process="broker", detail="partitions added")

    async def forget_a_transaction(self, _: int) -> None:
        """Somebody looks into both databases and leaves the session open: meanwhile no dead row is cleared away."""
        self._ops.write(what="fault_on", process="postgres", detail="idle transaction")
        around = self._world.around
        await asyncio.gather(*(self._hold_open(url) for url in (around.tracking_database, around.notifier_database)))
        self._ops.write(what="fault_off", process="postgres", detail="idle transaction")

    async def _hold_open(self, url: str) -> None:
        """Ends early where the server is killed: the transaction is gone then."""
        with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            session = await asyncpg.connect(make_url(url).set(drivername="postgresql").render_as_string(False))
            try:
                async with session.transaction(isolation="repeatable_read"):
                    await session.fetchval("SELECT count(*) FROM outbox")
                    await asyncio.sleep(self._tier.span.total_seconds() * IDLE)
            finally:
                session.terminate()

    async def fill_the_disk(self, _: int) -> None:
        """PostgreSQL's, until it has failed for a while; where that was its end, it is started again with room."""
        disk, postgres = self._world.disk, self._world.servers.postgres
        if disk is None:
            self._ops.write(what="fault_off", process="postgres", detail=f"disk full: {IMPOSSIBLE}")
            return
        async with self._servers_free:
            self._ops.write(what="kill", process="postgres", detail="disk full")
            disk.fill()
            await asyncio.sleep(self._between(WINDOW).total_seconds())
            disk.relieve()
            if postgres.pid is None:
                await postgres.start()
            await self._note_back("postgres")

    async def step_a_clock(self, number: int) -> None:
        """The wall clock of one process jumps, and jumps back."""
        victim, ahead = self._victims()[0], CLOCK_STEPS[number % len(CLOCK_STEPS)]
        detail = f"clock {ahead.total_seconds():+.0f} s" if self._world.clocks else f"clock: {IMPOSSIBLE}"
        self._ops.write(what="fault_on", process=victim, detail=detail)
        if self._world.clocks:
            self._world.clocks.set(victim, ahead)
            await asyncio.sleep(self._between(self._tier.pause).total_seconds())
            self._world.clocks.set(victim, timedelta())
        self._ops.write(what="fault_off", process=victim, detail=detail)

    def _between(self, pauses: tuple[timedelta, timedelta]) -> timedelta:
        shortest, longest = (pause.total_seconds() for pause in pauses)
        return timedelta(seconds=self._chance.uniform(shortest, longest))
