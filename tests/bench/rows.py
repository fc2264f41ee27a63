"""One measured figure and its baseline, and how a list of them is printed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Row:
    """`ratio` is value / baseline: above 1 means faster for rates, slower for durations."""

    bench: str
    case: str
    value: float
    unit: str
    baseline: float

    @property
    def ratio(self) -> float:
        return self.value / self.baseline

    def as_json(self) -> dict[str, Any]:
        return {
            "bench": self.bench,
            "case": self.case,
            "value": self.value,
            "unit": self.unit,
            "baseline": self.baseline,
            "ratio": self.ratio,
        }


def table(rows: Iterable[Row]) -> str:
    lines = [f"{'bench':<12} {'case':<44} {'value':>10} {'baseline':>10} {'ratio':>8}  unit"]
    lines += [
        f"{r.bench:<12} {r.case:<44} {r.value:>10.1f} {r.baseline:>10.1f} {r.ratio:>8.2f}  {r.unit}" for r in rows
    ]
    return "\n".join(lines)


def best_microseconds(work: Callable[[], object], rounds: int = 5, times: int = 200) -> float:
    """The fastest of several rounds, in microseconds a call: the least disturbed by the rest of the machine."""
    best = float("inf")
    for _ in range(rounds):
        started = time.perf_counter()
        for _ in range(times):
            work()
        best = min(best, (time.perf_counter() - started) / times)
    return best * 1e6
