"""How OS processes start, share, drain and end, seen from outside: exit codes, lines and signals."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import httpx
import pytest

from shared.processes import EXIT_CRASHED, EXIT_JOB_FAILED, EXIT_USAGE
from shared.settings import EXIT_BROKEN_CONFIGURATION
from tests.support.source_files import ROOT
from tests.support.waiting import until

PATIENCE = timedelta(seconds=30)


@asynccontextmanager
async def started(*arguments: str, port: int = 0, ops_port: int = 0) -> AsyncIterator[asyncio.subprocess.Process]:
    environment = {"SMALL_SERVICE_PORT": str(port), "OPS_HOST": "127.0.0.1", "OPS_PORT": str(ops_port)}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tests.support.small_service", *arguments),
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(PATIENCE.total_seconds()):
            yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def ended(process: asyncio.subprocess.Process) -> tuple[int | None, str, str]:
    """The exit code and what is left of both outputs."""
    out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


async def line_of(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None
    return (await process.stdout.readline()).decode().strip()


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@pytest.mark.parametrize(
    "arguments", [(), ("sleep",), ("work", "sleep"), ("--help",)], ids=["nothing", "unknown", "one unknown", "help"]
)
async def test_whoever_starts_it_wrongly_is_told_what_there_is(arguments: tuple[str, ...]) -> None:
    async with started(*arguments) as process:
        code, out, err = await ended(process)
    assert code == EXIT_USAGE
    assert out == ""
    assert err.startswith("usage: python -m services.small <process>...")
    assert "work again once crash lacking refuse pass api tool" in err


async def test_a_job_that_could_not_be_done_says_why_and_that_it_may_be_tried_again() -> None:
    async with started("refuse") as process:
        code, _, err = await ended(process)
    assert code == EXIT_JOB_FAILED
    said = [line for line in err.splitlines() if not line.startswith("{")]
    assert said == ["hito small: not done: somebody is in the way: try again"]


async def test_a_process_that_lacks_settings_says_which_in_one_line() -> None:
    async with started("lacking") as process:
        code, _, err = await ended(process)
    assert code == EXIT_BROKEN_CONFIGURATION
    (said,) = [line for line in err.splitlines() if not line.startswith("{")]
    assert said == (
        "hito small: cannot start: environment: "
        "SMALL_SERVICE_LACKS: Field required; SMALL_SERVICE_SECRET: Field required"
    )


async def test_a_job_does_its_work_and_ends_well() -> None:
    async with started("once") as process:
        code, out, _ = await ended(process)
    assert (code, out) == (0, "done as small\n")


async def test_a_tool_takes_its_own_arguments_and_gives_its_own_exit_code() -> None:
    async with started("tool", "work", "-x") as process:
        code, out, _ = await ended(process)
    assert (code, out) == (3, "tool ['work', '-x']\n")


async def test_a_crash_ends_the_os_process_is_told_by_its_class_and_lets_the_others_drain() -> None:
    async with started("work", "crash") as process:
        code, out, err = await ended(process)
    assert code == EXIT_CRASHED
    assert out == "working\ndrained\n"
    crashed = json.loads(err.splitlines()[-1])
    assert (crashed["event"], crashed["error_type"]) == ("crashed", "RuntimeError")
    assert "crash" in crashed["where"]
    assert "canario" not in err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_lets_every_process_finish_what_it_holds(number: signal.Signals) -> None:
    async with started("work", "again") as process:
        assert [await line_of(process) for _ in range(2)] == ["working", "working"]
        process.send_signal(number)
        code, out, err = await ended(process)
    assert (code, out) == (0, "drained\ndrained\n")
    assert [json.loads(line)["event"] for line in err.splitlines()] == ["started", "stopped"]


async def test_a_process_named_twice_runs_once() -> None:
    async with started("work", "work") as process:
        assert await line_of(process) == "working"
        process.terminate()
        _, out, _ = await ended(process)
    assert out == "drained\n"


async def test_an_answer_under_way_is_given_before_the_server_closes() -> None:
    port = free_port()
    async with started("api", "work", port=port) as process, httpx.AsyncClient(timeout=20) as client:
        address = f"http://127.0.0.1:{port}"
        assert await line_of(process) == "working"
        await until(lambda: _answers(client, f"{address}/readyz"), "the server is ready")
        held = asyncio.create_task(client.get(f"{address}/held"))
        assert await line_of(process) == "holding"
        process.terminate()
        assert (await held).json() == {"answer": "finished"}
        code, out, _ = await ended(process)
    assert code == 0
    assert sorted(out.split()) == ["closed", "drained"]


async def test_a_process_without_an_api_answers_how_it_is_doing_on_the_operations_port() -> None:
    port = free_port()
    async with started("work", ops_port=port) as process, httpx.AsyncClient(timeout=20) as client:
        address = f"http://127.0.0.1:{port}"
        await until(lambda: _answers(client, f"{address}/livez"), "the operations port answers")
        assert (await client.get(f"{address}/readyz")).json() == {"status": "ready", "reasons": {}}
        assert "otn_events_total" in (await client.get(f"{address}/metrics")).text
        process.terminate()
        assert (await ended(process))[0] == 0


async def test_a_port_that_is_taken_ends_the_process_and_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        async with started("work", "api", port=port) as process:
            code, out, err = await ended(process)
    assert code == EXIT_BROKEN_CONFIGURATION
    assert err.splitlines()[-1].startswith(f"hito small: cannot start: cannot listen on 127.0.0.1 port {port}: ")
    assert out == "working\ndrained\n"


async def _answers(client: httpx.AsyncClient, url: str) -> bool:
    try:
        return (await client.get(url)).status_code == 200
    except httpx.TransportError:
        return False
