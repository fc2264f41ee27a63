"""The supervisor with real services: ready, killed and back, stopped with nothing left behind."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from sandbox.environment import ROOT
from sandbox.layouts import ONE_EACH, PROCESSES, SMALL_SHOP, Unit
from sandbox.os_process import KeepsDying, OsProcess
from sandbox.world import Wanted, World, running_world

SECONDS = timedelta(seconds=30)


async def eventually(true: Callable[[], bool], within: timedelta = SECONDS) -> None:
    """Raises TimeoutError when it does not come true."""
    async with asyncio.timeout(within.total_seconds()):
        while True:
            if true():
                return
            await asyncio.sleep(0.02)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"


def pids_of(world: World) -> list[int]:
    found = [process.pid for process in world.system.processes.values()]
    assert all(pid is not None for pid in found)
    return [pid for pid in found if pid is not None]


def command_lines_of(pids: list[int]) -> list[str]:
    return [Path(f"/proc/{pid}/cmdline").read_bytes().decode() for pid in pids]


def texts_in(folder: Path) -> list[str]:
    return [file.read_text() for file in folder.iterdir()]


@pytest.fixture(scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """A small shop: three OS processes."""
    wanted = Wanted(tmp_path_factory.mktemp("small"), durable=False, partitions=2)
    async with running_world(wanted, print) as running:
        yield running


async def test_a_killed_process_comes_back_and_is_ready_again(world: World) -> None:
    before = world.system.processes["gateway"].pid
    assert world.system.kill("gateway")
    await eventually(lambda: world.system.processes["gateway"].pid not in (before, None))
    await world.system.until_ready()
    assert world.system.restarted == ["gateway"]


async def test_secrets_reach_no_command_line_and_no_log(world: World) -> None:
    keys = world.system.keys
    secrets = [keys.shop_key, keys.ops_key, keys.token_secret, keys.courier_secret, keys.dhl_token, keys.dhl_key]
    logs = texts_in(world.logs)
    assert len(logs) == len(SMALL_SHOP)
    assert not any(secret in text for secret in secrets for text in (*command_lines_of(pids_of(world)), *logs))


async def test_every_process_can_run_alone_and_all_stop_within_ten_seconds_leaving_nothing(tmp_path: Path) -> None:
    loop = asyncio.get_running_loop()
    wanted = Wanted(tmp_path, layout=ONE_EACH, durable=False, partitions=2)
    async with running_world(wanted, print) as world, httpx.AsyncClient() as client:
        for name in world.system.names:
            answer = await client.get(f"{world.system.operations_url(name)}/livez")
            assert answer.status_code == 200, name
        pids = pids_of(world)
        stopping_since = loop.time()
    assert loop.time() - stopping_since < 10
    assert len(set(pids)) == len(ONE_EACH)
    assert not any(alive(pid) for pid in pids)


async def test_a_service_that_cannot_start_is_given_up_with_the_reason(tmp_path: Path) -> None:
    process = OsProcess(Unit("gateway", "carrier_gateway", ("api",)), {"PYTHONPATH": str(ROOT)}, tmp_path)
    process.start(lambda _: None)

    def given_up() -> bool:
        try:
            process.check()
        except KeepsDying as error:
            assert "KAFKA_BOOTSTRAP" in str(error)
            return True
        return False

    try:
        await eventually(given_up)
    finally:
        await process.stop()


def test_both_layouts_run_every_process_of_every_service_once() -> None:
    for layout in (SMALL_SHOP, ONE_EACH):
        run = sorted((unit.service, process) for unit in layout for process in unit.processes)
        assert run == sorted((service, process) for service, names in PROCESSES.items() for process in names)


@pytest.mark.parametrize("arguments", [["--orders", "3"], ["--broker", "carrier-pigeon"]])
def test_wrong_arguments_are_refused_before_anything_is_started(arguments: list[str]) -> None:
    done = subprocess.run([sys.executable, "-m", "sandbox", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert arguments[0] in done.stderr
