"""Where a push's time goes: `python -m tests.bench.carrier_gateway.profile_intake [connections] [seconds]`.

The bare route and the gateway run in this process, each with its own producer, pushed at from outside, for
processor time a push; the gateway once more under cProfile.
"""

from __future__ import annotations

import asyncio
import contextlib
import cProfile
import os
import pstats
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import uvloop

from services.carrier_gateway.processes import run_api
from shared.observability.logs import configure_logs
from shared.processes import Runtime, collected_by_the_clock
from tests.bench.carrier_gateway.bare_intake import run_bare
from tests.bench.carrier_gateway.intake import BARE, HITO, IntakeGround, prepared_ground, push, until_ready
from tests.bench.carrier_gateway.pushes import PUSHES

TOP = 45
Server = Callable[[Runtime], Awaitable[None]]


async def profile(connections: int, seconds: float) -> None:
    async with prepared_ground() as ground:
        os.environ.update(ground.environment_at(ground.addresses.ports["gateway"]))
        for kind in PUSHES:
            for name, server in ((BARE, run_bare), (HITO, run_api)):
                spent, _ = await _served(ground, server, name, (kind, connections), seconds)
                print(f"\n{kind}, {name}: {spent:,.0f} us of processor time a push", flush=True)
            spent, profiler = await _served(ground, run_api, HITO, (kind, connections), seconds, profiled=True)
            print(f"\n{kind}, {HITO}: {spent:,.0f} us of processor time a push under cProfile", flush=True)
            for order in ("cumtime", "tottime"):
                pstats.Stats(profiler, stream=sys.stdout).sort_stats(order).print_stats(TOP)


async def _served(
    ground: IntakeGround, server: Server, name: str, case: tuple[str, int], seconds: float, *, profiled: bool = False
) -> tuple[float, cProfile.Profile]:
    """Microseconds of this thread's processor time a push, the warm-up included."""
    runtime, profiler = Runtime(name, (name,)), cProfile.Profile(time.thread_time)
    with collected_by_the_clock():
        serving = asyncio.create_task(_run(server, runtime))
        port = ground.addresses.ports["gateway"]
        await until_ready(port)
        started = time.thread_time()
        with profiler if profiled else contextlib.nullcontext():
            took = await push(ground, case, name, port, int(time.time()), seconds)
        spent = time.thread_time() - started
        runtime.stop.set()
        await serving
    return spent / took.answered * 1e6, profiler


async def _run(server: Server, runtime: Runtime) -> None:
    await server(runtime)


def main() -> None:
    connections, seconds = sys.argv[1:] or ("8", "3")
    with Path(os.devnull).open("w") as nowhere:
        configure_logs("bench", "INFO", nowhere)
        uvloop.run(profile(int(connections), float(seconds)))


if __name__ == "__main__":
    main()
