"""Where `tracking consume` spends its time: `python -m tests.bench.tracking.profile_consume [orders]`.

The consumer runs in this process on the benchmark's workload, twice: once with stopwatches (a tree by stage, waiting
for the database included), once under cProfile (processor time by function; where SQLAlchemy switches greenlets, part
of a function's time goes to its neighbour). Neither is the speed of the real thing.
"""

from __future__ import annotations

import asyncio
import cProfile
import os
import pstats
import re
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime

import uvloop

from services.tracking.intake import GROUP
from services.tracking.processes import SERVICE, run_consume
from shared.contracts.topics import CARRIER_SHIPMENTS
from shared.observability.logs import configure_logs
from shared.processes import Runtime
from tests.bench.tracking import stopwatch
from tests.bench.tracking.consuming import LOADED, load_orders
from tests.bench.tracking.ground import PARTITIONS, Ground, prepared_ground
from tests.bench.tracking.progress import following, rewind
from tests.bench.tracking.workload import make_workload

ORDERS = 3_000
TOP = 40
ASK_EVERY_SECONDS = 0.25
WATCHED = re.compile(
    r"shared\.(messaging\.(?!watchdog)\w+|database|contracts\.(base|envelope))|services\.tracking\.(\w+|domain\.order)"
)
"""Whole names of modules. Not all of the domain: stopwatches around its smallest functions would measure themselves."""


async def profile(orders: int) -> None:
    work = make_workload(orders, datetime.now(UTC))
    profiler = cProfile.Profile(time.thread_time)
    async with prepared_ground() as ground:
        print(f"{ground.postgres.description}; {ground.broker.description}; {len(work.scans):,} scans")
        await ground.publish(work.orders)
        await load_orders(ground, work)
        await ground.publish(work.scans)
        # cProfile goes first: a stopwatch, once in place, would be in its figures.
        await _consume_here(ground, len(work.scans), profiler.enable, profiler.disable)
        stopwatch.watch_modules([sys.modules[name] for name in sorted(sys.modules) if WATCHED.fullmatch(name)])
        wall = await _consume_here(ground, len(work.scans))
    _print_tree(wall, len(work.scans))
    pstats.Stats(profiler, stream=sys.stdout).sort_stats("tottime").print_stats(TOP)


async def _consume_here(
    ground: Ground, until: int, begin: Callable[[], object] = lambda: None, end: Callable[[], object] = lambda: None
) -> float:
    """Take in all scans in this process; answers the seconds it ran, the joining of the group included."""
    url = await ground.fresh_copy("hito_scans", LOADED)
    await rewind(ground.broker.bootstrap, GROUP, CARRIER_SHIPMENTS.name, PARTITIONS)
    os.environ.update(ground.tracking_environment("consume", url))
    runtime = Runtime(SERVICE, ("consume",))
    async with following(ground.broker.bootstrap, CARRIER_SHIPMENTS.name, PARTITIONS) as progress:
        begin()
        started = time.perf_counter()
        consuming = asyncio.create_task(run_consume(runtime))
        while not consuming.done():
            await asyncio.sleep(ASK_EVERY_SECONDS)
            if await progress.of(GROUP) >= until:
                break
        took = time.perf_counter() - started
        end()
        runtime.stop.set()
        await consuming
    return took


def _print_tree(wall: float, scans: int) -> None:
    print(f"\n{scans:,} scans in {wall:.1f} s with stopwatches\n")
    print(" share     wall      cpu     calls")
    print("\n".join(stopwatch.ROOT.lines(wall)))


def main() -> None:
    configure_logs(SERVICE, "ERROR")
    uvloop.run(profile(int(sys.argv[1]) if len(sys.argv) > 1 else ORDERS))


if __name__ == "__main__":
    main()
