"""How soon the poller notices what its carrier does not tell, with a quota that is far too small, in simulated weeks.

No speed is measured and no time passes: the figures are the same on every machine. The baseline spends the same quota
evenly, on every parcel in turn.
"""

from __future__ import annotations

from collections.abc import Sequence

from tests.bench.rows import Goal, Row
from tests.support.polled_days import Noticed, Street, adaptively, evenly

PARCELS, QUOTA = 1000, 250
SEEDS = (1, 2)


def measure(seeds: Sequence[int] = SEEDS) -> list[Row]:
    rows = []
    for seed in seeds:
        street = Street(PARCELS, QUOTA, seed=seed)
        ours, even = adaptively(street), evenly(street)
        rows += _rows(street, ours, even)
    return rows


def _rows(street: Street, ours: Noticed, even: Noticed) -> list[Row]:
    world = f"{street.parcels} parcels, world {street.seed}"
    third = Goal(1 / 3, at_most=True)
    return [
        Row(
            "polling",
            f"{world}: most questions in a day",
            max(ours.asked.values()),
            "calls",
            street.daily_quota,
            "the carrier's daily quota",
            Goal(1.0, at_most=True),
        ),
        Row(
            "polling",
            f"{world}: median delay of a change",
            ours.median_hours,
            "hours",
            even.median_hours,
            "the same quota, every parcel in turn",
            third,
        ),
        Row(
            "polling",
            f"{world}: mean delay of a change",
            ours.mean_hours,
            "hours",
            even.mean_hours,
            "the same quota, every parcel in turn",
        ),
    ]
