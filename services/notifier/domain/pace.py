"""How many messages may go now, by a rate. Pure: the generic cell rate algorithm (ITU-T I.371), counted in messages.

A bucket is one instant: when it will be empty again. Whoever takes n moves that instant by n times the interval, and
nobody may take while it lies further ahead than the burst allows.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Rate:
    """`per_second` messages in the long run, `burst` of them at once after a pause."""

    per_second: float
    burst: int = 1

    @property
    def interval(self) -> timedelta:
        return timedelta(seconds=1 / self.per_second)


def allowance(rate: Rate, empty_at: datetime, now: datetime, wanted: int) -> int:
    """How many of those wanted may go at once."""
    room = rate.interval * rate.burst - max(empty_at - now, timedelta(0))
    return max(0, min(wanted, room // rate.interval))


def taken(rate: Rate, empty_at: datetime, now: datetime, count: int) -> datetime:
    """When the bucket is empty again, after this many have gone."""
    return max(empty_at, now) + rate.interval * count
