"""One part of a tier from its empty world to its folder: pour the load, break things, wait until all is quiet, ask.

run.json        seed, tier, sizes, versions     sent.jsonl      one line for each thing sent
accepted.jsonl  what the providers took         orders.jsonl    what the public API says of each order
dead.jsonl      the dead letters                ops.jsonl       what was done, and when it was back
samples.jsonl   looks at the system             logs/, shops/   of the services
"""

from __future__ import annotations

import asyncio
import json
import os
import platform
import random
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sandbox.backends.servers import BackendUnavailable
from sandbox.layouts import ONE_EACH
from sandbox.quiet import NotQuiet
from sandbox.system import MIGRATED
from shared.failpoints import VARIABLE
from tests.load.chunk import ORDERS_A_CHUNK, Load
from tests.load.pour import Note
from tests.rig.acts import Doing
from tests.rig.collecting import collect
from tests.rig.deaths import MIGRATION, Deaths
from tests.rig.journal import Lines
from tests.rig.looking import Onlooker
from tests.rig.plan import planned
from tests.rig.pouring import Road, pour_evenly, road
from tests.rig.supervisor import Supervisor
from tests.rig.tiers import Counts, Tier
from tests.rig.world import CONNECTIONS_AT_REST, Rigged, rigged

READY_DEADLINE = timedelta(minutes=4)
MORE_ORDERS, MORE_WITHIN = ORDERS_A_CHUNK, timedelta(seconds=20)
LIBRARIES = ("aiokafka", "asyncpg", "sqlalchemy", "fastapi")


@dataclass(frozen=True)
class Part:
    """Part `number` of a tier's parts, in a folder of its own. `seed` decides everything that is left to chance."""

    tier: Tier
    number: int
    seed: int
    folder: Path
    data: Path
    owed: Mapping[str, int] = field(default_factory=dict)
    """Kills at failpoints that the part before did not come to."""

    @property
    def counts(self) -> Counts:
        return self.tier.counts.part(self.number, self.tier.parts)

    @property
    def before(self) -> Counts:
        return self.tier.counts.before(self.number, self.tier.parts)

    @property
    def deaths(self) -> Deaths:
        """Made anew each time."""
        own = f"{self.seed}/{self.number}"
        return Deaths.planned(self.counts.places, self.before.places, own, self.owed, self.tier.span)

    def chance(self, of: str) -> random.Random:
        return random.Random(f"{self.seed}/{self.tier.name}/{self.number}/{of}")


@dataclass
class _Under:
    """One world under the rig, and who does what to it."""

    part: Part
    world: Rigged
    supervisor: Supervisor
    deaths: Deaths
    ops: Lines
    sampling: Onlooker
    waiting: Onlooker


async def run_part(part: Part) -> dict[str, Any]:
    """Fills the folder; answers the figures that only the rig knows. Raises TimeoutError, Silent."""
    part.folder.mkdir(parents=True, exist_ok=True)
    began, others = datetime.now(UTC), os.getloadavg()[0]
    async with AsyncExitStack() as stack:
        world = await stack.enter_async_context(rigged(part.folder, part.data, part.counts))
        ops, sent, samples = [Lines(part.folder / f"{name}.jsonl") for name in ("ops", "sent", "samples")]
        deaths = part.deaths
        migrations = await _migrate(world, part.counts.migrations, ops)
        processes = [world.supervised(unit) for unit in ONE_EACH]
        supervisor = Supervisor(processes, ops, part.chance("pauses"), deaths.arm, deaths.fired)
        stack.push_async_callback(supervisor.stop)
        pids = partial(_pids, supervisor)
        sampling, waiting = [
            Onlooker(world.around, lambda: world.providers.callbacks.pending, samples, pids) for _ in range(2)
        ]
        stack.push_async_callback(sampling.close)
        stack.push_async_callback(waiting.close)
        under = _Under(part, world, supervisor, deaths, ops, sampling, waiting)
        load = Load(part.seed * 1000 + part.number, part.counts.orders, began)
        load = await _break_and_rest(under, load, sent)
        await collect(world, _orders_in(sent.path))
        _write_run(part, world, load, began, others)
        return {"failpoint kills": deaths.by_place() | {MIGRATION: migrations}, "missed": deaths.missed}


def _pids(supervisor: Supervisor) -> dict[str, int | None]:
    return {name: process.pid for name, process in supervisor.processes.items()}


async def _migrate(world: Rigged, kills: int, ops: Lines) -> int:
    """Killed in the middle so many times, then done. Answers how often it died."""
    died = 0
    for number in range(kills):
        service = MIGRATED[number % len(MIGRATED)]
        try:
            await world.migrate(service, {VARIABLE: f"{MIGRATION}=kill@{number // 2 + 1}"})
        except BackendUnavailable:
            died += 1
            ops.write(what="kill", process=f"{service}.migrate", detail=MIGRATION)
            await world.migrate(service)
            ops.write(what="back", process=f"{service}.migrate")
    await asyncio.gather(*(world.migrate(service) for service in MIGRATED))
    return died


async def _break_and_rest(under: _Under, load: Load, sent: Lines) -> Load:
    """Answers the load with all that was poured in the end."""
    part, supervisor = under.part, under.supervisor
    supervisor.start_all()
    await asyncio.wait_for(supervisor.all_ready(), READY_DEADLINE.total_seconds())
    watching = asyncio.create_task(under.sampling.run())
    doing = Doing(under.world, supervisor, under.ops, part.tier, part.chance("acts"))
    acts = planned(part.counts, part.before, part.chance("plan"))

    def note(line: dict[str, Any]) -> None:
        sent.write(**line)

    try:
        async with road(under.world) as on:
            async with asyncio.TaskGroup() as group:
                group.create_task(doing.do_all(acts), name="acts")
                group.create_task(pour_evenly(load, load.chunks, on, note, part.tier.span))
            load = await _pour_on(under, doing, load, on, note)
        under.deaths.disarm()
        await supervisor.all_ready()
        supervisor.check()
        await under.waiting.until_quiet(part.tier.quiet_deadline)
        under.ops.write(what="quiet")
    except NotQuiet as error:
        (part.folder / "not-quiet.txt").write_text(f"{error}\n")  # judged all the same: the oracle misses the rest
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
    await under.waiting.look_once()
    return load


async def _pour_on(under: _Under, doing: Doing, load: Load, on: Road, note: Note) -> Load:
    """While somebody is still to die at a place: more orders, as long as the tier has patience for that."""
    loop = asyncio.get_running_loop()
    under.deaths.hurry()
    until = loop.time() + under.part.tier.encore.total_seconds()
    while under.deaths.waiting and loop.time() < until:
        further = Load(load.seed, load.orders + MORE_ORDERS, load.start)
        async with asyncio.TaskGroup() as group:
            group.create_task(pour_evenly(further, further.chunks[len(load.chunks) :], on, note, MORE_WITHIN))
            if under.deaths.waits_for_a_rebalance:
                group.create_task(doing.join_and_leave(0), name="once more")
        load = further
    return load


def _orders_in(sent: Path) -> Iterator[tuple[str, str]]:
    """Every order that was spoken of, once."""
    known = set()
    with sent.open(encoding="utf-8") as file:
        for line in map(json.loads, file):
            key = (line.get("shop"), line.get("order"))
            if line["kind"] in ("order", "scan") and None not in key and key not in known:
                known.add(key)
                yield key


def _write_run(part: Part, world: Rigged, load: Load, began: datetime, others: float) -> None:
    told = {
        "seed": part.seed,
        "tier": part.tier.name,
        "orders": load.orders,
        "events": sum(1 for _ in (part.folder / "sent.jsonl").open("rb")),
        "broker": world.servers.kafka.description,
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}",
        "versions": {
            "python": platform.python_version(),
            "database": world.servers.postgres.description,
            **{name: version(name) for name in LIBRARIES},
        },
        "others_a_core": others / (os.cpu_count() or 1),
        "connections_at_rest": CONNECTIONS_AT_REST,
        "started_at": began.isoformat(),
        "ended_at": datetime.now(UTC).isoformat(),
    }
    (part.folder / "run.json").write_text(json.dumps(told, indent=2) + "\n")
