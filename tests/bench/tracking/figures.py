"""All of tracking's benchmark in one run: the figures, their goals, and the page and the plot under docs/."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from shared.messaging.subscription import MAX_RECORDS
from tests.bench.bars import Bar, Panel, svg
from tests.bench.rows import Goal, Row, markdown
from tests.bench.tracking.consuming import (
    Rivals,
    compare_on_orders,
    compare_on_scans,
    median_rate,
    peak_mib,
    run_tutorial,
)
from tests.bench.tracking.contender import Run
from tests.bench.tracking.ground import PARTITIONS, prepared_ground
from tests.bench.tracking.machine import libraries, machine
from tests.bench.tracking.status_reads import FEW, MANY, StatusReads, compare_reads
from tests.bench.tracking.workload import make_workload

DOCS = Path("docs/benchmarks")
TEMPLATE = Path(__file__).with_name("page.md")
ORDERS = 10_000
MEMORY_LIMIT_MIB = 250.0


@dataclass(frozen=True)
class Figures:
    """What one run measured, and on what."""

    orders: Rivals
    scans: Rivals
    tutorial: Run
    reads: StatusReads
    scans_published: int
    scans_different: int
    servers: str
    measured_on: datetime

    def rows(self) -> list[Row]:
        ours = median_rate(self.scans.hito)
        return [
            Row("tracking", "scans through `tracking consume`", ours, "scans/s", median_rate(self.scans.bare),
                "the bare loop", Goal(0.5), self.scans.ratio),
            Row("tracking", "the same, beside a tutorial's consumer", ours, "scans/s", self.tutorial.rate,
                "FastStream and ORM", Goal(50)),
            Row("tracking", "peak memory of `tracking consume`", self._most_memory, "MiB", MEMORY_LIMIT_MIB,
                "the limit", Goal(1, at_most=True)),
            Row("tracking", "orders through `tracking consume`", median_rate(self.orders.hito), "orders/s",
                median_rate(self.orders.bare), "the bare loop"),
            *(self._status_row(size) for size in (FEW, MANY)),
            Row("tracking", f"p99 of status at {MANY:,} orders", self.reads.hito[MANY].usual_p99, "ms",
                self.reads.hito[FEW].usual_p99, f"at {FEW:,}", Goal(1.3, at_most=True), self.reads.p99_growth),
        ]  # fmt: skip

    def _status_row(self, size: int) -> Row:
        ours, bare = self.reads.hito[size].usual_rate, self.reads.bare[size].usual_rate
        case = f"status by key at {size:,} orders"
        return Row("tracking", case, ours, "reads/s", bare, "a bare select", Goal(0.7), self.reads.ratio(size))

    @property
    def _most_memory(self) -> float:
        return peak_mib([*self.scans.hito, *self.orders.hito])

    def panels(self) -> list[Panel]:
        sizes = [(size, f"{size:,} orders") for size in (FEW, MANY)]
        return [
            Panel(
                "Scans taken in, a second",
                "Inbox, fold, timeline and outbox included; one process each.",
                [
                    Bar("bare loop", median_rate(self.scans.bare)),
                    Bar("tracking consume", median_rate(self.scans.hito), ours=True),
                    Bar("FastStream and ORM", self.tutorial.rate),
                ],
            ),
            Panel(
                "Status answers, a second",
                "GET /v1/shops/{shop}/orders/{order}, eight connections.",
                [
                    bar
                    for size, label in sizes
                    for bar in (
                        Bar(f"bare select, {label}", self.reads.bare[size].usual_rate),
                        Bar(f"tracking api, {label}", self.reads.hito[size].usual_rate, ours=True),
                    )
                ],
            ),
            Panel(
                "Status answers, p99 in milliseconds",
                "The slowest of a hundred; shorter is better.",
                [Bar(f"tracking api, {label}", self.reads.hito[size].usual_p99, ours=True) for size, label in sizes],
            ),
        ]


def told_since(started: float) -> Callable[[str], None]:
    """Prints a line with the seconds since then."""
    return lambda text: print(f"{time.perf_counter() - started:6.1f} s  {text}", flush=True)


async def measure() -> list[Row]:
    """Measure, write docs/benchmarks/tracking.md and .svg, answer the rows."""
    figures = await _measure(datetime.now(UTC), told_since(time.perf_counter()))
    rows = figures.rows()
    _write(figures, rows)
    return rows


def _write(figures: Figures, rows: Sequence[Row]) -> None:
    DOCS.mkdir(parents=True, exist_ok=True)
    (DOCS / "tracking.svg").write_text(svg("Tracking, measured", figures.panels()))
    (DOCS / "tracking.md").write_text(page(figures, rows))


async def _measure(now: datetime, tell: Callable[[str], None]) -> Figures:
    work = make_workload(ORDERS, now)
    async with prepared_ground() as ground:
        await ground.publish(work.orders)
        orders = await compare_on_orders(ground, work, tell)
        await ground.publish(work.scans)
        scans = await compare_on_scans(ground, work, tell)
        tutorial = await run_tutorial(ground, work)
        tell(f"scans, tutorial: {tutorial.rate:,.0f} a second")
        reads = await compare_reads(ground, now, tell)
        servers = f"{ground.postgres.description}, every commit synced; {ground.broker.description}"
    return Figures(orders, scans, tutorial, reads, len(work.scans), work.different_scans, servers, now)


def page(figures: Figures, rows: Sequence[Row]) -> str:
    """The page for docs/benchmarks."""
    return TEMPLATE.read_text().format(
        machine=machine(),
        servers=figures.servers,
        libraries=libraries(),
        day=figures.measured_on.date(),
        table=markdown(rows),
        orders=ORDERS,
        scans=figures.scans_published,
        different=figures.scans_different,
        turns=len(figures.scans.hito),
        partitions=PARTITIONS,
        batch=MAX_RECORDS,
        answer=figures.reads.answer_bytes,
        few=FEW,
        many=MANY,
        tutorial=figures.tutorial.messages,
    )
