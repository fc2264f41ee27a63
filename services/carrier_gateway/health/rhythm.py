"""When a carrier usually speaks, learnt hour by hour of its own week, and whether it has been silent for too long.

A silence is as long as the hours in which the carrier usually speaks: nights and weekends without a word weigh nothing,
a working morning weighs what it held in the weeks before. An hour of the week not lived through yet counts as the
learnt ones do on average within office hours, and not at all outside them. While a silence lasts nothing is learnt from
it; when it ends it becomes part of what is usual.

Left out: public holidays, which look like silence until they are over; what was learnt before a restart.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo

from services.carrier_gateway.health.rules import SilenceRules

HOUR = timedelta(hours=1)
_WEEK = 7 * 24


@dataclass
class Rhythm:
    """Of one carrier, in its own zone."""

    zone: tzinfo
    rules: SilenceRules
    last_hour: datetime | None = None
    """The hour (UTC) of the last word."""
    spoken_hours: int = 0
    _shares: list[float] = field(default_factory=lambda: [0.0] * _WEEK)
    _lived: list[int] = field(default_factory=lambda: [0] * _WEEK)

    def heard(self, now: datetime) -> None:
        """A word. Words of one hour count once; one that comes with an older clock counts for nothing."""
        if self.last_hour is not None and now < self.last_hour + HOUR:
            return
        hour = _hour_of(now)
        for silent in self._hours_between(hour):
            self._learn(silent, spoke=False)
        self._learn(hour, spoke=True)
        self.last_hour, self.spoken_hours = hour, self.spoken_hours + 1

    @property
    def learnt(self) -> bool:
        return self.spoken_hours >= self.rules.spoken_hours

    def missed_hours(self, now: datetime) -> float:
        """How many words should have come since the last one: whole hours, each as likely as it usually speaks."""
        if self.last_hour is None:
            return 0.0
        unlived = self._usual_in_office()
        return sum(self._share(hour, unlived) for hour in self._hours_between(_hour_of(now)))

    def is_silent(self, now: datetime) -> bool:
        return self.learnt and self.missed_hours(now) >= self.rules.missed_hours

    def _share(self, hour: datetime, unlived: float) -> float:
        place = self._place(hour)
        if self._lived[place]:
            return self._shares[place]
        return unlived if self._in_office(place) else 0.0

    def _usual_in_office(self) -> float:
        lived = [share for place, share in enumerate(self._shares) if self._lived[place] and self._in_office(place)]
        return sum(lived) / len(lived) if lived else 0.0

    def _learn(self, hour: datetime, *, spoke: bool) -> None:
        place = self._place(hour)
        self._lived[place] = min(self._lived[place] + 1, self.rules.weeks_remembered)
        self._shares[place] += (spoke - self._shares[place]) / self._lived[place]

    def _place(self, hour: datetime) -> int:
        """The hour of the week on the carrier's own clock."""
        local = hour.astimezone(self.zone)
        return local.weekday() * 24 + local.hour

    def _in_office(self, place: int) -> bool:
        return place // 24 in self.rules.office_days and place % 24 in self.rules.office_hours

    def _hours_between(self, end: datetime) -> Iterator[datetime]:
        """The whole hours after the last word and before `end`, as far back as is looked at."""
        if self.last_hour is None:
            return
        hour = max(self.last_hour + HOUR, end - self.rules.longest_look)
        while hour < end:
            yield hour
            hour += HOUR


def _hour_of(now: datetime) -> datetime:
    return now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
