"""All of push intake's benchmark in one run: the figures, their goals, and the page and the plot under docs/."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import attrgetter
from pathlib import Path

from tests.bench.bars import Bar, Panel, svg
from tests.bench.carrier_gateway import intake
from tests.bench.carrier_gateway.intake import Case, Rivals, Tell, typical
from tests.bench.carrier_gateway.pushes import PUSHES
from tests.bench.rows import Goal, Row, markdown
from tests.bench.tracking.figures import told_since
from tests.bench.tracking.machine import machine

DOCS = Path("docs/benchmarks")
TEMPLATE = Path(__file__).with_name("push.md")
CASES = tuple((kind, connections) for kind in PUSHES for connections in intake.CONNECTIONS)
BUSIEST = max(intake.CONNECTIONS)


@dataclass(frozen=True)
class Figures:
    """What one run measured, and on what."""

    rivals: Mapping[Case, Rivals]
    servers: str
    load: tuple[float, float]
    """The machine's load average of one minute when it began and when it ended."""
    measured_on: datetime

    def rows(self) -> list[Row]:
        return [row for case, rivals in self.rivals.items() for row in _rows(case, rivals)]

    def panels(self) -> list[Panel]:
        return [
            Panel(
                "Webhooks a second",
                f"{BUSIEST} connections; each 202 after the ack of all replicas.",
                [bar for kind in PUSHES for bar in self._bars(kind, "rate")],
            ),
            Panel(
                "p99 in milliseconds",
                f"{BUSIEST} connections; shorter is better.",
                [bar for kind in PUSHES for bar in self._bars(kind, "p99")],
            ),
        ]

    def _bars(self, kind: str, figure: str) -> Iterator[Bar]:
        rivals = self.rivals[kind, BUSIEST]
        yield Bar(f"bare route, {kind}", getattr(typical(rivals.bare), figure))
        yield Bar(f"gateway, {kind}", getattr(typical(rivals.hito), figure), ours=True)


def _rows(case: Case, rivals: Rivals) -> Iterator[Row]:
    kind, connections = case
    bare, hito = typical(rivals.bare), typical(rivals.hito)
    what, beside = f"{PUSHES[kind].told}, {connections} at a time", "the bare route"
    yield Row("gateway", what, hito.rate, "pushes/s", bare.rate, beside, Goal(0.7), rivals.ratio)
    for name in ("p50", "p99"):
        ratio = rivals.ratio_of(attrgetter(name))
        yield Row("gateway", f"  {name}", getattr(hito, name), "ms", getattr(bare, name), beside, None, ratio)
    spent = rivals.ratio_of(lambda turn: turn.processor)
    yield Row("gateway", "  processor time a push", hito.processor, "us", bare.processor, beside, None, spent)


async def measure() -> list[Row]:
    """Measure, write docs/benchmarks/carrier_gateway.md and .svg, answer the rows."""
    figures = await _measure(datetime.now(UTC), told_since(time.perf_counter()))
    rows = figures.rows()
    _write(figures, rows)
    return rows


def _write(figures: Figures, rows: Sequence[Row]) -> None:
    DOCS.mkdir(parents=True, exist_ok=True)
    (DOCS / "carrier_gateway.svg").write_text(svg("Push intake, measured", figures.panels()))
    (DOCS / "carrier_gateway.md").write_text(page(figures, rows))


async def _measure(now: datetime, tell: Tell) -> Figures:
    begun = os.getloadavg()[0]
    async with intake.prepared_ground() as ground:
        rivals = await intake.compare(ground, tell, CASES)
        servers = ground.broker.description
    return Figures(rivals, servers, (begun, os.getloadavg()[0]), now)


def page(figures: Figures, rows: Sequence[Row]) -> str:
    """The page for docs/benchmarks."""
    sizes = {kind: len(push.body(1, figures.measured_on)) for kind, push in PUSHES.items()}
    return TEMPLATE.read_text().format(
        table=markdown(rows),
        day=figures.measured_on.date(),
        machine=machine(),
        servers=figures.servers,
        begun=figures.load[0],
        ended=figures.load[1],
        turns=intake.TURNS,
        seconds=intake.SECONDS,
        generic_bytes=sizes["generic"],
        dhl_bytes=sizes["dhl"],
    )
