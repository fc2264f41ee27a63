"""All of the notifier's benchmark in one run: the figures, their goals, and the page and the plot under docs/."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from services.notifier.sender import IN_FLIGHT
from shared.contracts.vocabulary import Channel
from tests.bench import rendering
from tests.bench.bars import Bar, Panel, svg
from tests.bench.notifier import latency, sending
from tests.bench.notifier.ground import prepared_ground
from tests.bench.notifier.latency import Latency
from tests.bench.notifier.sending import Rivals, Tell
from tests.bench.rows import Goal, Row, markdown
from tests.bench.tracking.figures import told_since
from tests.bench.tracking.machine import machine

DOCS = Path("docs/benchmarks")
TEMPLATE = Path(__file__).with_name("page.md")
NAMES = {Channel.SMS: "SMS (Twilio's shape)", Channel.WHATSAPP: "WhatsApp (Cloud API's shape)"}


@dataclass(frozen=True)
class Figures:
    """What one run measured, and on what."""

    rivals: Mapping[Channel, Rivals]
    bare: Latency
    hito: Latency
    renders: Sequence[Row]
    servers: str
    measured_on: datetime

    def rows(self) -> list[Row]:
        return [
            *(
                Row("notifier", f"{NAMES[channel]}, from step to provider", median(rivals.hito), "messages/s",
                    median(rivals.bare), "a bare httpx loop", Goal(0.5), rivals.ratio)
                for channel, rivals in self.rivals.items()
            ),
            Row("notifier", "step published to message taken, p50", self.hito.p50, "ms", self.bare.p50,
                "consume and post, nothing kept"),
            Row("notifier", "step published to message taken, p99", self.hito.p99, "ms", self.bare.p99,
                "consume and post, nothing kept"),
            *self.renders,
        ]  # fmt: skip

    def panels(self) -> list[Panel]:
        return [
            Panel(
                "Messages a second",
                "Plan, render, ledger and HTTP included; the bare loop posts bytes that are ready.",
                [
                    bar
                    for channel, rivals in self.rivals.items()
                    for bar in (
                        Bar(f"bare httpx, {channel}", median(rivals.bare)),
                        Bar(f"notifier, {channel}", median(rivals.hito), ours=True),
                    )
                ],
            ),
            Panel(
                "From the step's publish to the provider, in milliseconds",
                f"At {latency.PER_SECOND} steps a second; shorter is better.",
                [
                    Bar("bare consumer, p50", self.bare.p50),
                    Bar("notifier, p50", self.hito.p50, ours=True),
                    Bar("bare consumer, p99", self.bare.p99),
                    Bar("notifier, p99", self.hito.p99, ours=True),
                ],
            ),
            Panel(
                "Writing one message, in microseconds",
                "Five facts checked; shorter is better.",
                [Bar(row.case.split(",")[0], row.value, ours=True) for row in self.renders],
            ),
        ]


async def measure() -> list[Row]:
    """Measure, write docs/benchmarks/notifier.md and .svg, answer the rows."""
    figures = await _measure(datetime.now(UTC), told_since(time.perf_counter()))
    rows = figures.rows()
    _write(figures, rows)
    return rows


def _write(figures: Figures, rows: Sequence[Row]) -> None:
    DOCS.mkdir(parents=True, exist_ok=True)
    (DOCS / "notifier.svg").write_text(svg("The notifier, measured", figures.panels()))
    (DOCS / "notifier.md").write_text(page(figures, rows))


async def _measure(now: datetime, tell: Tell) -> Figures:
    renders = rendering.measure()
    async with prepared_ground() as ground:
        bare, hito = await latency.compare(ground, tell)  # while the topic is empty: the bare consumer reads all of it
        rivals = {channel: await sending.compare(ground, channel, tell) for channel in NAMES}
        servers = f"{ground.postgres.description}, every commit synced; {ground.broker.description}"
    return Figures(rivals, bare, hito, renders, servers, now)


def page(figures: Figures, rows: Sequence[Row]) -> str:
    """The page for docs/benchmarks."""
    return TEMPLATE.read_text().format(
        table=markdown(rows),
        day=figures.measured_on.date(),
        machine=machine(),
        servers=figures.servers,
        messages=sending.MESSAGES,
        turns=sending.TURNS,
        at_a_time=IN_FLIGHT,
        few=latency.MESSAGES,
        rate=latency.PER_SECOND,
    )
