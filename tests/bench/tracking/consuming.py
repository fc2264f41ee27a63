"""Scans and orders a second: (a) the bare loop, (b) `tracking consume`, (c) a tutorial's consumer, one after the other.

Same broker, same database server, same messages, an OS process each. (a) and (b) take turns, so that what else the
machine does meets both. A run that left anything behind counts for nothing: the rows are counted at the end of each.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from statistics import median

import asyncpg

from services.tracking.intake import GROUP
from shared.contracts.topics import CARRIER_SHIPMENTS, SHOP_ORDERS
from tests.bench.tracking import bare_loop, tutorial
from tests.bench.tracking.addresses import plain_address
from tests.bench.tracking.contender import Failed, Run, running, timed
from tests.bench.tracking.ground import EMPTY, PARTITIONS, Ground
from tests.bench.tracking.progress import following, rewind
from tests.bench.tracking.workload import Workload

LOADED = "hito_loaded"
TURNS, FEWEST_TURNS = 3, 2
NO_TURN_AFTER = timedelta(seconds=150)
SOME = 3_000


@dataclass(frozen=True)
class Rivals:
    """Runs of (a) and (b) in turns, on one topic."""

    bare: Sequence[Run]
    hito: Sequence[Run]

    @property
    def ratio(self) -> float:
        """Median over the turns of (b) / (a)."""
        return median(hito.rate / bare.rate for bare, hito in zip(self.bare, self.hito, strict=True))


def median_rate(runs: Sequence[Run]) -> float:
    return median(run.rate for run in runs)


def peak_mib(runs: Sequence[Run]) -> float:
    return max(run.peak_mib for run in runs)


Tell = Callable[[str], None]


async def compare_on_orders(ground: Ground, work: Workload, tell: Tell) -> Rivals:
    """One turn. What Hito took in stays as the database LOADED, which the runs on scans start from."""
    total = len(work.orders)
    bare = await run_bare(ground, SHOP_ORDERS.name, "bare-orders", total, total)
    tell(f"orders, bare loop: {bare.rate:,.0f} a second")
    hito = await load_orders(ground, work)
    tell(f"orders, tracking consume: {hito.rate:,.0f} a second, {hito.peak_mib:.0f} MiB")
    return Rivals([bare], [hito])


async def compare_on_scans(ground: Ground, work: Workload, tell: Tell) -> Rivals:
    """TURNS turns, fewer where they take long."""
    bare: list[Run] = []
    hito: list[Run] = []
    topic, total, different = CARRIER_SHIPMENTS.name, len(work.scans), work.different_scans
    began = time.perf_counter()
    for turn in range(1, TURNS + 1):
        if turn > FEWEST_TURNS and time.perf_counter() - began > NO_TURN_AFTER.total_seconds():
            tell(f"{turn - 1} turns have taken long enough")
            break
        bare.append(await run_bare(ground, topic, f"bare-{turn}", total, different))
        tell(f"scans, bare loop, turn {turn}: {bare[-1].rate:,.0f} a second, {bare[-1].peak_mib:.0f} MiB")
        hito.append(await _take_in_scans(ground, work))
        tell(f"scans, tracking consume, turn {turn}: {hito[-1].rate:,.0f} a second, {hito[-1].peak_mib:.0f} MiB")
    return Rivals(bare, hito)


async def run_bare(ground: Ground, topic: str, group: str, total: int, different: int) -> Run:
    url = await ground.make_database("bare", bare_loop.SCHEMA)
    environment = {**ground.tracking_environment("consume", url), "DATABASE_URL": url}
    log = ground.folder / "bare.log"
    async with (
        following(ground.broker.bootstrap, topic, PARTITIONS) as progress,
        running("tests.bench.tracking.bare_loop", topic, group, environment=environment, log=log) as process,
    ):
        run = await timed(process, progress, group, total)
    await require_count(url, "SELECT count(*) FROM events", different)
    await require_count(url, "SELECT count(*) FROM outgoing", total)
    return run


async def run_tutorial(ground: Ground, work: Workload, some: int = SOME) -> Run:
    """The first so many scans: at its speed all of them would take minutes."""
    url, topic, group = await ground.make_database("tutorial"), CARRIER_SHIPMENTS.name, "tutorial"
    await tutorial.prepare(url, work.orders)
    await ground.settle("tutorial")
    environment = {**ground.tracking_environment("consume", url), "DATABASE_URL": url}
    log = ground.folder / "tutorial.log"
    async with (
        following(ground.broker.bootstrap, topic, PARTITIONS) as progress,
        running("tests.bench.tracking.tutorial", topic, group, environment=environment, log=log) as process,
    ):
        return await timed(process, progress, group, some)


async def load_orders(ground: Ground, work: Workload) -> Run:
    """All orders through `tracking consume` into the database LOADED, then as one that has been in use."""
    url = await ground.fresh_copy(LOADED, EMPTY)
    run = await _run_hito(ground, SHOP_ORDERS.name, url, len(work.orders))
    await require_count(url, "SELECT count(*) FROM snapshots", len(work.orders))
    await ground.settle(LOADED)
    return run


async def _take_in_scans(ground: Ground, work: Workload) -> Run:
    """All scans through `tracking consume`, which leaves every order delivered."""
    url = await ground.fresh_copy("hito_scans", LOADED)
    await rewind(ground.broker.bootstrap, GROUP, CARRIER_SHIPMENTS.name, PARTITIONS)
    run = await _run_hito(ground, CARRIER_SHIPMENTS.name, url, len(work.scans))
    await require_count(url, "SELECT count(*) FROM timeline", work.different_scans)
    await require_count(url, "SELECT count(*) FROM orders WHERE state = 'delivered'", len(work.orders))
    return run


async def _run_hito(ground: Ground, topic: str, url: str, total: int) -> Run:
    environment = ground.tracking_environment("consume", url)
    log = ground.folder / "consume.log"
    async with (
        following(ground.broker.bootstrap, topic, PARTITIONS) as progress,
        running("services.tracking", "consume", environment=environment, log=log) as process,
    ):
        run = await timed(process, progress, GROUP, total)
    await require_count(url, "SELECT count(*) FROM dead_letters", 0)
    return run


async def require_count(url: str, sql: str, wanted: int) -> None:
    """Raises Failed when the database does not hold what it should."""
    connection = await asyncpg.connect(plain_address(url))
    try:
        found = await connection.fetchval(sql)
    finally:
        await connection.close()
    if found != wanted:
        raise Failed(f"{sql}: {found}, not {wanted}")
