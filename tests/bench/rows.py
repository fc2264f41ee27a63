"""One measured figure and its baseline, what is wanted of their ratio, and how a list of them is printed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Goal:
    """What the ratio has to be; `at_most` where less is better."""

    limit: float
    at_most: bool = False

    def __str__(self) -> str:
        return f"{'at most' if self.at_most else 'at least'} {self.limit:g}"

    def met_by(self, ratio: float) -> bool:
        return ratio <= self.limit if self.at_most else ratio >= self.limit


@dataclass(frozen=True)
class Row:
    """`ratio` is value / baseline: above 1 means faster for rates, slower for durations."""

    bench: str
    case: str
    value: float
    unit: str
    baseline: float
    baseline_is: str = ""
    goal: Goal | None = None
    ratio_in_turns: float | None = None
    """Where value and baseline took turns, the median of each turn's ratio: what else the machine did met both."""

    @property
    def ratio(self) -> float:
        return self.ratio_in_turns if self.ratio_in_turns is not None else self.value / self.baseline

    @property
    def verdict(self) -> str:
        """`met` or `missed`; empty without a goal."""
        if self.goal is None:
            return ""
        return "met" if self.goal.met_by(self.ratio) else "missed"

    def as_json(self) -> dict[str, Any]:
        return {
            "bench": self.bench,
            "case": self.case,
            "value": self.value,
            "unit": self.unit,
            "baseline": self.baseline,
            "baseline_is": self.baseline_is,
            "ratio": self.ratio,
            "goal": str(self.goal) if self.goal else None,
            "verdict": self.verdict or None,
        }


def table(rows: Iterable[Row]) -> str:
    """For a terminal."""
    lines = [f"{'bench':<9} {'case':<46} {'value':>10} {'baseline':>10} {'ratio':>8}  {'unit':<8} wanted"]
    for r in rows:
        wanted = f"{r.goal}: {r.verdict}" if r.goal else ""
        figures = f"{r.value:>10,.1f} {r.baseline:>10,.1f} {r.ratio:>8.2f}"
        lines.append(f"{r.bench:<9} {r.case:<46} {figures}  {r.unit:<8} {wanted}".rstrip())
    return "\n".join(lines)


def markdown(rows: Iterable[Row]) -> str:
    """For a page of documentation."""
    lines = ["| case | measured | baseline | ratio | wanted |", "|---|--:|--:|--:|---|"]
    for r in rows:
        wanted = f"{r.goal} ({r.verdict})" if r.goal else ""
        measured, baseline = f"{_figure(r.value)} {r.unit}", f"{_figure(r.baseline)} {r.unit}, {r.baseline_is}"
        lines.append(f"| {r.case} | {measured} | {baseline} | **{r.ratio:.2f}** | {wanted} |")
    return "\n".join(lines)


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def best_microseconds(work: Callable[[], object], rounds: int = 5, times: int = 200) -> float:
    """The fastest of several rounds, in microseconds a call: the least disturbed by the rest of the machine."""
    best = float("inf")
    for _ in range(rounds):
        started = time.perf_counter()
        for _ in range(times):
            work()
        best = min(best, (time.perf_counter() - started) / times)
    return best * 1e6
