"""Whatever way we end, no server of ours is left behind."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from sandbox.backends.postgres import embedded_postgres
from sandbox.backends.process import ChildProcess, run_command
from sandbox.backends.servers import BackendUnavailable
from sandbox.backends.tansu import embedded_tansu

ROOT = Path(__file__).parents[3]
SECONDS_TO_GO = 5.0

HOST = """
import asyncio, sys
from pathlib import Path
from sandbox.backends.postgres import embedded_postgres
from sandbox.backends.tansu import embedded_tansu

async def serve(folder: Path) -> None:
    async with embedded_postgres(folder / "pg", durable=False) as database, embedded_tansu(folder / "broker") as broker:
        print(database.pid, broker.pid, flush=True)
        await asyncio.Event().wait()

asyncio.run(serve(Path(sys.argv[1])))
"""


def family_of(pid: int) -> list[int]:
    """A process and its children."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *map(int, children)]


def all_gone(pids: list[int]) -> bool:
    """True when every one of them ends within the time allowed."""
    return all(map(gone, pids))


def gone(pid: int) -> bool:
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        ended, _, _ = select.select([handle], [], [], SECONDS_TO_GO)
        return bool(ended)
    finally:
        os.close(handle)


async def test_leaving_the_context_ends_the_servers_and_their_children(tmp_path: Path) -> None:
    async with embedded_postgres(tmp_path / "pg", durable=False) as server, embedded_tansu(tmp_path / "b") as broker:
        assert server.pid and broker.pid
        processes = family_of(server.pid) + family_of(broker.pid)
        assert len(processes) > 3
    assert all_gone(processes)


async def test_a_failure_inside_the_context_ends_the_servers_too(tmp_path: Path) -> None:
    processes: list[int] = []
    with pytest.raises(ZeroDivisionError):
        async with embedded_tansu(tmp_path) as broker:
            assert broker.pid
            processes = family_of(broker.pid)
            raise ZeroDivisionError
    assert processes
    assert all_gone(processes)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ties a child to its parent's life")
async def test_killing_us_ends_the_servers_and_their_children(tmp_path: Path) -> None:
    host = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HOST, str(tmp_path), cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert host.stdout
    async with asyncio.timeout(60):
        pids = [int(word) for word in (await host.stdout.readline()).split()]
    processes = [process for pid in pids for process in family_of(pid)]

    host.send_signal(signal.SIGKILL)
    await host.wait()

    assert len(pids) == 2
    assert all_gone(processes)


async def test_a_program_that_ignores_the_request_to_stop_is_killed(tmp_path: Path) -> None:
    log = tmp_path / "log"
    deaf = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); signal.pause()"
    child = ChildProcess("deaf", [sys.executable, "-u", "-c", deaf], log)

    async def is_up() -> bool:
        return "up" in log.read_text()

    child.spawn()
    await child.until_ready(is_up, timedelta(seconds=10))
    assert child.pid
    pid = child.pid
    await child.stop(signal.SIGTERM, timedelta(milliseconds=100))
    assert gone(pid)


async def test_a_program_that_ends_at_start_is_reported_with_its_last_words(tmp_path: Path) -> None:
    child = ChildProcess("moody", ["sh", "-c", "echo no room left; exit 3"], tmp_path / "log")

    async def never() -> bool:
        return False

    child.spawn()
    with pytest.raises(BackendUnavailable, match=r"(?s)moody: it ended at start.*no room left"):
        await child.until_ready(never, timedelta(seconds=10))


async def test_a_command_that_is_not_there_is_named() -> None:
    with pytest.raises(BackendUnavailable, match="no-such-program"):
        await run_command("tool", ["no-such-program"], deadline=timedelta(seconds=10))


async def test_a_command_that_takes_too_long_is_ended() -> None:
    with pytest.raises(BackendUnavailable, match="took longer than 1 s"):
        await run_command("tool", ["sleep", "60"], deadline=timedelta(seconds=1))


async def test_a_child_does_not_see_our_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARRIER_UPS_SECRET", "topsecret")
    assert "topsecret" not in await run_command("env", ["env"], deadline=timedelta(seconds=10))
