"""What a place for faults costs while it is off, as in production. Baseline: a call of an empty function."""

from __future__ import annotations

from functools import partial

from shared.failpoints import failpoint
from tests.bench.rows import Row, best_microseconds

TIMES = 100_000


def nothing(name: str, drop: object = None) -> None:
    """The cheapest thing that could stand at such a place."""


def measure() -> list[Row]:
    cost = best_microseconds(partial(failpoint, "consume.before_commit"), times=TIMES)
    baseline = best_microseconds(partial(nothing, "consume.before_commit"), times=TIMES)
    case = "a million places passed, faults off"
    return [Row("failpoint", case, cost * 1e3, "ms", baseline * 1e3, "an empty function")]
