"""When what was certainly not sent is tried again, as data. A step that is urgent is tried sooner and more often.

Nothing is tried after its time: a pause that would end later than that ends the message, with its reason, so that
another channel can still tell it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

LONGEST_RETRY_AFTER = timedelta(hours=1)
"""A provider's Retry-After is honoured up to this."""
MOST_JITTER = 0.25
"""Of a pause, added on top."""


@dataclass(frozen=True, slots=True)
class RetrySchedule:
    """How long to wait before the nth further attempt, and after which the message fails."""

    pauses: tuple[timedelta, ...]

    def pause_after(self, attempts: int) -> timedelta | None:
        """None: no further attempt. `attempts` counts those made."""
        return self.pauses[attempts - 1] if attempts <= len(self.pauses) else None


def _seconds(*each: int) -> RetrySchedule:
    return RetrySchedule(tuple(timedelta(seconds=seconds) for seconds in each))


PATIENT = _seconds(2, 10, 30, 120, 600, 1_800, 7_200, 21_600)
URGENT = _seconds(1, 3, 10, 30, 60, 120, 300, 600, 1_200, 1_800, 3_600, 7_200)


@dataclass(frozen=True, slots=True)
class Failed:
    """One attempt of which it is certain that nothing was sent. `attempts` counts it; `wished` is Retry-After.

    `away`: for no reason of the message's own. It is then tried as long as it is worth telling.
    """

    attempts: int
    urgent: bool
    wished: timedelta | None
    expires_at: datetime
    away: bool = False


def pause_before_next(failed: Failed, now: datetime, chance: float) -> timedelta | None:
    """The schedule's pause or the provider's wish, whichever is longer, with jitter; None: it is not tried again.

    `chance` lies between 0 and 1.
    """
    schedule = URGENT if failed.urgent else PATIENT
    pause = schedule.pause_after(min(failed.attempts, len(schedule.pauses)) if failed.away else failed.attempts)
    if pause is None:
        return None
    wished = min(failed.wished or timedelta(0), LONGEST_RETRY_AFTER)
    whole = max(pause, wished) * (1 + MOST_JITTER * chance)
    return whole if now + whole < failed.expires_at else None
