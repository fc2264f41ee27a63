"""What there probably is to be seen of a parcel that was asked about some time ago: the reason to ask, as a number.

A parcel walks from stage to stage at rates that depend on the stage, the hour and the day where it is going, what its
carrier expects, and how long it has already stood. From these follows how many changes nobody has seen yet, and how
many more will come soon. Rough by design: the numbers below are common knowledge of parcels, not of any carrier.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from shared.contracts.shipments import Eta
from shared.contracts.vocabulary import Stage

HOUR = timedelta(hours=1)
LOOKS_AHEAD_HOURS = 18
"""What will happen this soon is worth waiting for: one question then sees it as well."""
FRESH_HOURS = 36
"""A change older than this is no news any more: a buyer has found out. Where the quota is too small for all parcels, a
question is better spent on another one's news."""
STALE_WORTH = 0.02
"""What a change is worth however old it is; it grows with the days that the parcel has not been asked about."""
STALE_DAYS = 7
FARTHEST_HOURS = 24 * 14
_DAY = 24


class Pace(NamedTuple):
    """How a stage is left: usually after `hours`, spread over the day by `by_hour` (24 weights, local time)."""

    hours: float
    by_hour: tuple[float, ...]


def _day(*spans: tuple[int, int, float]) -> tuple[float, ...]:
    """Weights with the mean 1 from (first hour, hour after the last, weight); a little is left for every other hour."""
    raw = [0.04] * _DAY
    for start, end, weight in spans:
        raw[start:end] = [weight] * (end - start)
    return tuple(weight * _DAY / sum(raw) for weight in raw)


_COLLECTED = _day((9, 14, 0.5), (14, 21, 2.0))
_SORTED = _day((0, 6, 0.6), (16, 24, 1.5))
_LOADED = _day((5, 11, 3.0), (11, 20, 0.3))
_BROUGHT = _day((8, 10, 0.8), (10, 15, 1.5), (15, 20, 1.0), (20, 22, 0.3))
_FETCHED = _day((9, 21, 1.0))

PACES: Mapping[Stage, Pace] = {
    Stage.REGISTERED: Pace(26, _COLLECTED),
    Stage.ACCEPTED: Pace(12, _SORTED),
    Stage.IN_TRANSIT: Pace(34, _LOADED),
    Stage.OUT_FOR_DELIVERY: Pace(9, _BROUGHT),
    Stage.FAILED_ATTEMPT: Pace(22, _LOADED),
    Stage.READY_FOR_PICKUP: Pace(48, _FETCHED),
    Stage.RETURNING: Pace(96, _COLLECTED),
}
_USUAL_WAY = (Stage.REGISTERED, Stage.ACCEPTED, Stage.IN_TRANSIT, Stage.OUT_FOR_DELIVERY)
_WAYS: Mapping[Stage | None, tuple[Stage, ...]] = {
    None: _USUAL_WAY,
    Stage.REGISTERED: _USUAL_WAY,
    Stage.ACCEPTED: _USUAL_WAY[1:],
    Stage.IN_TRANSIT: _USUAL_WAY[2:],
    Stage.UNKNOWN: _USUAL_WAY[2:],
    Stage.OUT_FOR_DELIVERY: _USUAL_WAY[3:],
    Stage.FAILED_ATTEMPT: (Stage.FAILED_ATTEMPT, Stage.OUT_FOR_DELIVERY),
    Stage.READY_FOR_PICKUP: (Stage.READY_FOR_PICKUP,),
    Stage.RETURNING: (Stage.RETURNING,),
}
"""A stage that is not here is the end of the road: no more questions."""
_BY_WEEKDAY = (1.0, 1.0, 1.0, 1.0, 1.0, 0.4, 0.06)
_BEFORE_ITS_DAY, _ON_ITS_DAY, _AFTER_ITS_DAY = 0.15, 4.0, 1.5
_TIRES_AFTER = 3.0
"""So many times its usual hours in a stage, and a parcel is half as likely to leave it: the slow ones are left."""


class Known(NamedTuple):
    """What is known of a parcel: its stage as it was at `as_of`, since when it has it, and where it is going."""

    stage: Stage | None
    as_of: datetime
    since: datetime
    eta: Eta | None
    zone: ZoneInfo


def is_over(stage: Stage | None) -> bool:
    return stage not in _WAYS


@dataclass
class Forecast:
    """Hour by hour from `known.as_of`, made as far as somebody has looked. `keeps_hours`: False for a simulated
    carrier, which moves parcels by day and by night.
    """

    known: Known
    keeps_hours: bool = True
    _unseen: list[float] = field(default_factory=lambda: [0.0])
    _shares: list[float] = field(default_factory=list)

    def unseen(self, hours: float) -> float:
        """How many changes are to be expected between `as_of` and so many hours later."""
        hours = min(max(hours, 0.0), FARTHEST_HOURS)
        whole = int(hours)
        while len(self._unseen) < whole + 2:
            self._go_on()
        before, after = self._unseen[whole], self._unseen[whole + 1]
        return before + (after - before) * (hours - whole)

    def fresh(self, hours: float) -> float:
        """Those of them that are still news then."""
        return self.unseen(hours) - self.unseen(hours - FRESH_HOURS)

    def worth(self, now: datetime, pace: float = 1.0) -> float:
        """The expected value of asking now: the changes to be seen, an old one worth little. Less while more is about
        to happen, for then a question somewhat later sees both. `pace` 0.1: all happens ten times as fast.
        """
        hours = (now - self.known.as_of) / HOUR / pace
        unseen, fresh, soon = self.unseen(hours), self.fresh(hours), self.fresh(hours + LOOKS_AHEAD_HOURS)
        ripe = fresh / max(soon, fresh) if fresh > 0 else 0.0
        return fresh * ripe + STALE_WORTH * unseen * (1 + hours / 24 / STALE_DAYS)

    def _go_on(self) -> None:
        way = _WAYS[self.known.stage]
        if not self._shares:
            self._shares = [1.0] + [0.0] * (len(way) - 1)
        at = self.known.as_of + HOUR * (len(self._unseen) - 0.5)
        local = at.astimezone(self.known.zone)
        moved_in, changes = 0.0, 0.0
        for nth, stage in enumerate(way):
            leaves = self._shares[nth] * (1 - math.exp(-self._rate(stage, local, first=nth == 0)))
            self._shares[nth] += moved_in - leaves
            moved_in = leaves
            changes += leaves
        self._unseen.append(self._unseen[-1] + changes)

    def _rate(self, stage: Stage, local: datetime, *, first: bool) -> float:
        """Chance per hour of leaving a stage."""
        usual = PACES[stage]
        rate = 1 / usual.hours
        if first:
            stood = max((local - self.known.since) / HOUR, 0.0) / usual.hours
            rate /= 1 + stood / _TIRES_AFTER
        if not self.keeps_hours:
            return rate
        rate *= usual.by_hour[local.hour] * _BY_WEEKDAY[local.weekday()]
        if stage is Stage.IN_TRANSIT and self.known.eta is not None:
            expected = self.known.eta.until.astimezone(self.known.zone).date()
            ahead = (expected - local.date()).days
            rate *= _BEFORE_ITS_DAY if ahead > 0 else _ON_ITS_DAY if ahead == 0 else _AFTER_ITS_DAY
        return rate
