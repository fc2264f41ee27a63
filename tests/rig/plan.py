"""What is done to the system and when: decided by the seed alone."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from tests.rig.tiers import Counts

FROM_THE_BEGINNING = ("idle_transactions", "providers_away")
FIRST, LAST = 0.08, 0.95
"""The share of the span before which, and after which, nothing is done to the system."""


@dataclass(frozen=True)
class Act:
    """`at`: the share of the span. `what` names one of Doing's ways; `number` counts those of its kind in the tier."""

    at: float
    what: str
    number: int


def planned(counts: Counts, before: Counts, chance: random.Random) -> list[Act]:
    """In the order of their time."""
    found = list(_acts(counts, before, chance))
    return sorted(found, key=lambda act: act.at)


def _acts(counts: Counts, before: Counts, chance: random.Random) -> Iterator[Act]:
    for what in (
        "kills",
        "pauses",
        "postgres_restarts",
        "broker_restarts",
        "provider_windows",
        "networks",
        "rolling",
        "joins",
        "partitions",
        "idle_transactions",
        "disk_full",
        "clock_steps",
        "providers_away",
    ):
        first = getattr(before, what)
        for number in range(first, first + getattr(counts, what)):
            at = FIRST if what in FROM_THE_BEGINNING else chance.uniform(FIRST, LAST)
            yield Act(at, what, number)
