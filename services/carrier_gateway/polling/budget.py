"""How many questions there are to spend, and when: arithmetic that several pollers do alike without a word.

A day's quota is split by partition, and a partition is held by one poller: whoever holds it, it never spends more than
its share. The carrier's gap is a row of time slots that the partitions own in turn, so two pollers do not meet in one.
Days are UTC's.
"""

from __future__ import annotations

import math
from collections.abc import Set
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SPENT_BY_HOUR = (
    0.05, 0.05, 0.05, 0.05, 0.05, 0.05, 0.1, 0.5, 1.5, 1.2, 0.4, 0.3,
    0.3, 0.3, 0.3, 0.4, 0.6, 0.8, 1.2, 1.8, 2.5, 2.5, 1.5, 0.3,
)  # fmt: skip
"""Local hours: what was sorted at night is new in the morning, what was brought by day when the vans are back."""
AT_ONCE = 0.05
"""The share of a day's quota that may be spent before its hour."""
LATE = 0.5
"""So much of a slot may have passed when its question goes out."""


def share_of(daily_quota: int, partition: int, partitions: int, day: date) -> int:
    """One partition's part of the day's quota. All parts together are the quota; who gets one more changes daily."""
    turn = (partition + day.toordinal()) % partitions
    return daily_quota // partitions + (turn < daily_quota % partitions)


def open_by(share: int, now: datetime, zone: ZoneInfo) -> int:
    """How much of the day's share may be spent by now, so that some is left for the hours in which parcels arrive."""
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    first = midnight.astimezone(zone).hour
    weights = [_SPENT_BY_HOUR[(first + hour) % 24] for hour in range(24)]
    hours = (now - midnight) / timedelta(hours=1)
    gone = sum(weights[: int(hours)]) + weights[min(int(hours), 23)] * (hours % 1)
    return min(share, math.ceil(share * (AT_ONCE + (1 - AT_ONCE) * gone / sum(weights))))


def next_slot(now: datetime, gap: timedelta, held: Set[int], partitions: int, last: int | None) -> tuple[int, datetime]:
    """The first slot of ours after `last` in which a question may still go out, and when: `now`, or its beginning.

    `held` must not be empty, and `gap` longer than nothing.
    """
    passed = now - _EPOCH
    slot = passed // gap
    if passed - slot * gap > gap * LATE or (last is not None and slot <= last):
        slot = max(slot, last if last is not None else slot) + 1
    while slot % partitions not in held:
        slot += 1
    return slot, max(now, _EPOCH + slot * gap)
