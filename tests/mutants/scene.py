"""`python -m tests.mutants.scene <scenario> <folder>`: one scenario from an empty world to its run folder.

It runs in the tree whose code it tries, spoilt or not, and judges nothing. On PostgreSQL and the broker that are
embedded, which start in a second; HITO_TEST_BROKER=kafka takes Apache Kafka.
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
import shutil
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sandbox.backends.choose import BROKER_KINDS
from sandbox.backends.ports import LOOPBACK, free_port
from sandbox.environment import environment_of
from sandbox.layouts import Unit
from sandbox.providers.keyed import DESCRIPTION
from sandbox.quiet import NotQuiet
from sandbox.world import Wanted, World, running_world
from shared.failpoints import SEED_VARIABLE, VARIABLE, read_wishes
from tests.load.pour import pour
from tests.load.recipe import SHOPS_FOLDER
from tests.load.shop_keys import ShopKeys
from tests.load.to_world import to_world
from tests.mutants.scenarios import Scenario, scenario_named
from tests.rig.journal import Lines
from tests.rig.supervisor import Supervised, Supervisor, of_product
from tests.support.backends import forced_kind
from tests.support.run_folder import RunWriter, run_writer

SEED = 20261122
TAKEN = timedelta(seconds=120)
QUIET = timedelta(seconds=90)
STILL_RESTLESS = timedelta(seconds=3)
"""A mutant that does not come to rest once is not waited for again."""
READY = timedelta(seconds=120)
LOOK_PAUSE = timedelta(milliseconds=100)
PATIENCE = {
    "SEND_CLAIM_SECONDS": "2",
    "SEND_FLIGHT_SECONDS": "6",
    "SEND_HOLD_SECONDS": "4",
    "SEND_SETTLE_SECONDS": "2",
    "SMTP_FINAL_DOT_DEADLINE": "3",
    "WHATSAPP_DEADLINE": "3",
    "TWILIO_DEADLINE": "3",
    "SMS_HTTP_DEADLINE": "3",
}
_DOUBTS = "SELECT count(*) FROM messages WHERE state = 'unknown' AND doubt_at IS NOT NULL"


class NeverCame(RuntimeError):
    """What was to go wrong did not: the run proves nothing. The text names it."""


def never_came(scenario: Scenario, world: World) -> list[str]:
    missing = [str(rule.action) for rule, used in world.providers.faults.rules if not used]
    for name, wishes in scenario.armed.items():
        log = (world.logs / f"{name}.log").read_text(encoding="utf-8", errors="replace")
        missing += [place for place in read_wishes(wishes) if f'"where": "{place}"' not in log]
    return missing


class Scene:
    """One scenario in one world."""

    def __init__(self, scenario: Scenario, world: World, keys: ShopKeys, run: RunWriter, ops: Lines) -> None:
        self._scenario, self._world, self._keys, self._run, self._ops = scenario, world, keys, run, ops
        self._quiet = QUIET

    async def play(self, began: datetime) -> None:
        scenario, world = self._scenario, self._world
        load = scenario.load(SEED, began)
        for rule in scenario.faults:
            world.providers.faults.add(rule)
        if scenario.troubled:
            self._ops.write(what="fault_on", process="providers", detail=scenario.name)
        async with to_world(world, self._keys) as way:
            for number in load.chunks:
                await pour(load.chunk(number), way, self._run.note_sent, patience=TAKEN, after_wave=self._after_wave)
        if scenario.troubled:
            self._ops.write(what="fault_off", process="providers")
        await self._rest()
        await self._run.finish(world, self._keys, load, began)
        if missing := never_came(scenario, world):
            raise NeverCame(", ".join(missing))

    async def _after_wave(self, _: int) -> None:
        if self._scenario.rests:
            await self._rest()

    async def _rest(self) -> None:
        """Until nothing moves and nobody looks into a doubt any more. What does not rest is the oracle's to find."""
        try:
            async with asyncio.timeout(self._quiet.total_seconds()):
                while True:
                    await self._world.stillness.until_quiet(self._quiet)
                    if await self._world.stillness.notifier.fetchval(_DOUBTS) == 0:
                        break
                    await asyncio.sleep(LOOK_PAUSE.total_seconds())
        except (NotQuiet, TimeoutError):
            self._quiet = STILL_RESTLESS
        await self._run.sample(self._world)


@asynccontextmanager
async def _supervised(
    scenario: Scenario, world: World, common: Mapping[str, str], folder: Path, ops: Lines
) -> AsyncIterator[None]:
    """The processes that are armed, or that need another environment."""
    armed, taken = dict(scenario.armed), {unit.name for unit in scenario.taken_over}

    def arm(name: str) -> Mapping[str, str]:
        wish = armed.pop(name, None)
        return {VARIABLE: wish, SEED_VARIABLE: str(SEED)} if wish else {}

    processes = []
    await asyncio.gather(*(started.stop() for name, started in world.system.processes.items() if name in taken))
    for unit in scenario.taken_over:
        environment = _environment(unit, scenario, world, common, folder)
        port = free_port()
        url = world.addresses.operations_url(unit) if unit.serves else f"http://{LOOPBACK}:{port}"
        told = {**environment, "OPS_PORT": str(port)}
        processes.append(Supervised(unit.name, of_product(unit), told, world.logs, url))
    supervisor = Supervisor(processes, ops, random.Random(SEED), arm, lambda name, place: None)
    try:
        supervisor.start_all()
        await asyncio.wait_for(supervisor.all_ready(), READY.total_seconds())
        yield
        await asyncio.wait_for(supervisor.all_ready(), READY.total_seconds())
    finally:
        await supervisor.stop()


def _environment(
    unit: Unit, scenario: Scenario, world: World, common: Mapping[str, str], folder: Path
) -> dict[str, str]:
    found = environment_of(unit, world.addresses, world.system.keys, world.around, common)
    if not scenario.careful:
        return found
    config = folder / "cannot-be-asked.toml"
    before, _, after = DESCRIPTION.read_text("utf-8").partition("[lookup]")
    before = before.replace('callback_url = "{callback_url}"\n', "")
    config.write_text(before + "[errors]" + after.partition("[errors]")[2], encoding="utf-8")
    kept = {name: value for name, value in found.items() if not name.startswith("TWILIO")}
    return {**kept, **world.providers.keyed_environment, "SMS_HTTP_CONFIG": str(config)}


def _shops(scenario: Scenario, folder: Path) -> Path:
    """Only those that take part: the words of each shop are tried out before anything is sent, which takes a while."""
    folder.mkdir(parents=True)
    for shop in scenario.shops:
        shutil.copy(SHOPS_FOLDER / f"{shop}.toml", folder)
    return folder


async def act(scenario: Scenario, folder: Path) -> None:
    """Raises NeverCame, what the world raises that cannot be built, an ExceptionGroup for what is never taken."""
    began = datetime.now(UTC)
    keys = ShopKeys({shop: key for shop, key in ShopKeys().of.items() if shop in scenario.shops})
    common = {**PATIENCE, **keys.environment(), "SHOPS_DIR": str(_shops(scenario, folder / "shops"))}
    kind = forced_kind("HITO_TEST_BROKER", BROKER_KINDS) or "embedded"
    wanted = Wanted(folder / "world", scenario.first, prefer_broker=kind, durable=False, extra=common)
    with run_writer(folder / "run") as run:
        ops = Lines(folder / "run" / "ops.jsonl")
        async with (
            running_world(wanted, lambda _: None) as world,
            _supervised(scenario, world, common, folder, ops),
        ):
            await Scene(scenario, world, keys, run, ops).play(began)
        ops.close()
    print(json.dumps({"seconds": round((datetime.now(UTC) - began).total_seconds(), 1)}))


def main() -> None:
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    asyncio.run(act(scenario_named(sys.argv[1]), Path(sys.argv[2])))


if __name__ == "__main__":
    main()
