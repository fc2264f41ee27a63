"""When a carrier's whole line rests: told apart from one parcel that its carrier cannot answer for.

An answer that is none is first its parcel's own: that parcel waits longer each time. Only when several different
parcels fail in a row does the line open; after a pause a single question tries it, and only its success closes it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

FAILURES_THAT_OPEN = 3
FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(minutes=15)
PARCELS_FIRST_PAUSE = timedelta(minutes=30)
PARCELS_LONGEST_PAUSE = timedelta(days=1)


def line_pause(openings: int, chance: float) -> timedelta:
    """After opening for the nth time in a row (from 1): doubled up to a limit. `chance`, in [0, 1), takes off up to
    half.
    """
    doubled: timedelta = FIRST_PAUSE * 2 ** min(openings - 1, 20)
    return min(doubled, LONGEST_PAUSE) * (1 - chance / 2)


def parcel_pause(failures: int) -> timedelta:
    """How long one parcel is left alone after so many failures of its own in a row; nothing after none."""
    if failures < 1:
        return timedelta(0)
    doubled: timedelta = PARCELS_FIRST_PAUSE * 2 ** min(failures - 1, 20)
    return min(doubled, PARCELS_LONGEST_PAUSE)


@dataclass
class Breaker:
    """`rests_until`: nothing is asked before. `open_for`: the reason while the line is open, else None."""

    rests_until: datetime | None = None
    open_for: str | None = None
    _openings: int = 0
    _failed: set[str] = field(default_factory=set)

    def lets_pass(self, now: datetime, in_flight: int) -> bool:
        """While it is open, one question at a time goes out to try it."""
        if self.rests_until is not None and now < self.rests_until:
            return False
        return self.open_for is None or in_flight == 0

    def succeeded(self) -> bool:
        """The carrier answered. True when that closes an open line."""
        closes, self.open_for = self.open_for is not None, None
        self._openings, self._failed = 0, set()
        return closes

    def failed(self, parcel: str, reason: str, now: datetime, chance: float) -> timedelta | None:
        """No answer about this parcel. The pause if that opens the line, or leaves it open."""
        if self.open_for is not None and self.rests_until is not None and now < self.rests_until:
            return None  # asked before the line opened
        self._failed.add(parcel)
        if self.open_for is None and len(self._failed) < FAILURES_THAT_OPEN:
            return None
        self._openings += 1
        self.open_for = reason
        pause = line_pause(self._openings, chance)
        self.rest(now + pause)
        return pause

    def rest(self, until: datetime) -> None:
        """The carrier wants peace until then."""
        self.rests_until = max(until, self.rests_until or until)
