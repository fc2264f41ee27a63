"""How a service's processes start, share an OS process, drain and stop: `python -m services.<service> <process>...`.

Crash-only: whatever ends badly ends the OS process with a non-zero code, and whoever supervises it starts it again.
SIGTERM and SIGINT let every process finish what it holds; after DRAIN_DEADLINE the OS process ends regardless.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import uvicorn
import uvloop
from fastapi import FastAPI

from shared.failpoints import arm
from shared.health import Health
from shared.observability.logs import configure_logs, get_logger
from shared.observability.loop_lag import measure_loop_lag
from shared.observability.otlp import exporting
from shared.settings import EXIT_BROKEN_CONFIGURATION, BrokenConfiguration, OperationsSettings, load_settings
from shared.slow_callers import ARRIVAL_DEADLINE, within
from shared.web import create_app

DRAIN_DEADLINE = timedelta(seconds=20)
COLLECT_PAUSE = timedelta(seconds=10)
EXIT_USAGE = 64
EXIT_CRASHED = 70
EXIT_JOB_FAILED = 75
"""`EX_TEMPFAIL` of sysexits.h: run it again when what is said on stderr has been seen to."""


class JobFailed(Exception):
    """A one-shot job could not do its work; the text is for whoever started it and says what to do."""


@dataclass
class Runtime:
    """What the processes of one OS process share."""

    service: str
    names: tuple[str, ...]
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    health: Health = field(default_factory=Health)


Process = Callable[[Runtime], Awaitable[None]]
"""Runs until `runtime.stop` is set, then drains and returns. A one-shot job (migrate) simply returns."""
Tool = Callable[[Sequence[str]], int]
"""A command that is no process: takes its own arguments, answers an exit code."""


@dataclass(frozen=True)
class Part:
    """One row of a service's table of processes."""

    run: Process
    serves_http: bool = False
    """It answers /livez, /readyz and /metrics on its own port, for every process it shares the OS process with."""
    one_shot: bool = False
    """It does its job and returns (migrate)."""
    by_hand: bool = False
    """No deployment starts it: an operator does, when it is needed (rebuild)."""


def main(service: str, processes: Mapping[str, Part], tools: Mapping[str, Tool], arguments: Sequence[str]) -> int:
    """Run what the arguments name. Answers the exit code."""
    if arguments and arguments[0] in tools:
        return tools[arguments[0]](arguments[1:])
    wrong = [name for name in arguments if name not in processes]
    if not arguments or wrong:
        names = " ".join((*processes, *tools))
        print(f"usage: python -m services.{service} <process>...   one or more of: {names}", file=sys.stderr)
        return EXIT_USAGE
    configure_logs(service, os.environ.get("LOG_LEVEL", "INFO"))
    try:
        arm(os.environ)
        with exporting(service, arguments, os.environ):
            return uvloop.run(_run(service, processes, tuple(dict.fromkeys(arguments))))
    except BrokenConfiguration as error:
        print(f"hito {service}: cannot start: {error}", file=sys.stderr)
        return EXIT_BROKEN_CONFIGURATION
    except JobFailed as error:
        print(f"hito {service}: not done: {error}", file=sys.stderr)
        return EXIT_JOB_FAILED


async def _run(service: str, processes: Mapping[str, Part], names: tuple[str, ...]) -> int:
    runtime = Runtime(service, names)
    parts = [processes[name] for name in names]
    log = get_logger()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _begin_stop, runtime)
    tasks = {
        asyncio.create_task(_run_one(part.run, runtime), name=name) for name, part in zip(names, parts, strict=True)
    }
    if not any(part.serves_http or part.one_shot for part in parts):
        tasks.add(asyncio.create_task(serve_operations(runtime, load_settings(OperationsSettings)), name="operations"))
    log.info("started", process=" ".join(names))
    with collected_by_the_clock(), _beside(measure_loop_lag()):
        crashed = await _wait_for_end(runtime, tasks)
    if crashed is None:
        log.info("stopped", process=" ".join(names))
        return 0
    if isinstance(crashed, BrokenConfiguration | JobFailed):
        raise crashed
    log.error("crashed", process=" ".join(names), exc_info=crashed)
    return EXIT_CRASHED


@contextlib.contextmanager
def collected_by_the_clock() -> Iterator[None]:
    """Look for cycles by the clock, not by the count of objects.

    A batch makes and drops some hundred thousand objects, nearly none of them in a cycle; looking through them each
    time takes a third of a consumer's time. What lives as long as the process is not looked through at all.
    """
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        with _beside(_collect_now_and_then()):
            yield
    finally:
        gc.enable()
        gc.unfreeze()


@contextlib.contextmanager
def _beside(work: Coroutine[Any, Any, None]) -> Iterator[None]:
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()


async def _collect_now_and_then() -> None:
    while True:
        await asyncio.sleep(COLLECT_PAUSE.total_seconds())
        gc.collect()


async def _run_one(process: Process, runtime: Runtime) -> None:
    await process(runtime)


def _begin_stop(runtime: Runtime) -> None:
    runtime.health.stopping = True
    runtime.stop.set()


async def _wait_for_end(runtime: Runtime, tasks: set[asyncio.Task[None]]) -> BaseException | None:
    """Until all have returned, or one has failed; then the others drain. Answers the first failure."""
    stopping = asyncio.create_task(runtime.stop.wait())
    pending: set[asyncio.Task[object]] = {*tasks, stopping}
    failure: BaseException | None = None
    while pending - {stopping} and failure is None and not stopping.done():
        done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
        failure = next((t.exception() for t in done if t is not stopping and t.exception()), None)
    _begin_stop(runtime)
    left = pending - {stopping}
    if left:
        done, late = await asyncio.wait(left, timeout=DRAIN_DEADLINE.total_seconds())
        failure = failure or next((t.exception() for t in done if t.exception()), None)
        if late:
            get_logger().error("drain_deadline_passed", process=" ".join(sorted(t.get_name() for t in late)))
            os._exit(EXIT_CRASHED)
    stopping.cancel()
    return failure


class _Server(uvicorn.Server):
    """uvicorn without its own signal handlers: the OS process has one place that decides to stop."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve(app: FastAPI, runtime: Runtime, host: str, port: int, arrival: timedelta = ARRIVAL_DEADLINE) -> None:
    """Serve until the process stops; open requests get ten seconds. Raises BrokenConfiguration for a port in use.

    `arrival` is for the whole of a request: who sends more slowly is cut off.
    """
    listener = _listen(host, port)
    config = uvicorn.Config(
        app,
        http=within(arrival),
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=10,
        timeout_keep_alive=15,
        h11_max_incomplete_event_size=64 * 1024,
        limit_concurrency=1000,
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    stopping = asyncio.create_task(runtime.stop.wait())
    await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    server.should_exit = True
    await serving
    if not runtime.stop.is_set():
        raise RuntimeError(f"the HTTP server on port {port} ended by itself")


def _listen(host: str, port: int) -> socket.socket:
    """Bound here and not by uvicorn, which would end the whole OS process without saying which port it was."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except (OSError, OverflowError) as error:
        why = error.strerror if isinstance(error, OSError) else "no such port"
        raise BrokenConfiguration(f"cannot listen on {host} port {port}: {why}") from error


async def serve_operations(runtime: Runtime, settings: OperationsSettings) -> None:
    """/livez, /readyz and /metrics for an OS process without an API."""
    app = create_app(f"{runtime.service} operations", runtime.health, documented=False)
    await serve(app, runtime, settings.ops_host, settings.ops_port)
