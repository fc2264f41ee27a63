"""When to ask a carrier, as plain arithmetic: how often about one parcel, and how often at all.

Not yet: pauses learnt from how each carrier really moves, opening hours, a budget shared by several pollers. A restart
forgets how much of today's quota is used; the carrier's own 429 is then what holds us back.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from shared.contracts.vocabulary import Stage

_PAUSES = {
    None: timedelta(hours=4),
    Stage.REGISTERED: timedelta(hours=6),
    Stage.ACCEPTED: timedelta(hours=4),
    Stage.IN_TRANSIT: timedelta(hours=4),
    Stage.OUT_FOR_DELIVERY: timedelta(minutes=45),
    Stage.FAILED_ATTEMPT: timedelta(hours=3),
    Stage.READY_FOR_PICKUP: timedelta(hours=8),
    Stage.RETURNING: timedelta(hours=12),
    Stage.UNKNOWN: timedelta(hours=6),
}
"""A stage that is not here is the end of the road: no more questions."""
SLOWER_AFTER = timedelta(days=14)
FORGOTTEN_AFTER = timedelta(days=90)
NOT_YET_PAUSE = timedelta(minutes=30)
NOT_YET_FOR = timedelta(days=1)
NEW_FOR = timedelta(minutes=15)
FIRST_OUTAGE_PAUSE = timedelta(seconds=5)
LONGEST_OUTAGE_PAUSE = timedelta(minutes=15)


def next_poll_after(stage: Stage | None, age: timedelta, *, found: bool = True) -> timedelta | None:
    """The pause until the next question about a parcel watched for `age`; None: never again.

    Short while the carrier does not know a new parcel yet; twice as long after two weeks; after ninety days carriers
    have forgotten the number.
    """
    pause = _PAUSES.get(stage)
    if pause is None or age > FORGOTTEN_AFTER:
        return None
    if not found and age < NOT_YET_FOR:
        return NOT_YET_PAUSE
    return pause * 2 if age > SLOWER_AFTER else pause


def first_poll_after(key: str, stage: Stage | None, age: timedelta, *, met_again: bool) -> timedelta | None:
    """A new parcel is asked about at once. Older ones, `met_again` after a restart, are spread over their pause, each
    at its own fixed share of it, so that a restart does not spend the day's quota at once.
    """
    pause = next_poll_after(stage, age)
    if pause is None:
        return None
    if not met_again or age < NEW_FOR:
        return timedelta(0)
    return pause * (zlib.crc32(key.encode()) / 2**32)


def outage_pause(failures: int, chance: float) -> timedelta:
    """After the nth failure in a row (from 1): doubled each time up to a limit.

    `chance`, in [0, 1), takes off up to half.
    """
    doubled: timedelta = FIRST_OUTAGE_PAUSE * 2 ** min(failures - 1, 20)
    whole = min(doubled, LONGEST_OUTAGE_PAUSE)
    return whole * (1 - chance / 2)


@dataclass
class Line:
    """The line to one carrier: one question at a time, a gap between two, and so many a day (UTC)."""

    minimum_gap: timedelta
    daily_quota: int
    failures: int = 0
    _day: date | None = None
    _asked_today: int = 0
    _closed_until: datetime | None = None

    def free_at(self, now: datetime) -> datetime:
        """When the next question may be asked; `now` or earlier means at once."""
        earliest = self._closed_until or now
        if self._day == now.date() and self._asked_today >= self.daily_quota:
            tomorrow = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
            return max(earliest, tomorrow)
        return earliest

    def left(self, now: datetime) -> int:
        """How many more questions today."""
        return self.daily_quota - (self._asked_today if self._day == now.date() else 0)

    def take(self, now: datetime) -> None:
        """Counts a question that goes out now."""
        if self._day != now.date():
            self._day, self._asked_today = now.date(), 0
        self._asked_today += 1
        self.close(now + self.minimum_gap)

    def close(self, until: datetime) -> None:
        """No question before `until`."""
        self._closed_until = max(until, self._closed_until or until)
