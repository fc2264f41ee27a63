"""Lives of parcels as a carrier's depots make them: vans, night lines, rounds, counters, holidays of some.

Made from how a carrier works (a van collects in the afternoon, a line drives at night, a round leaves in the morning)
and from usual transit times in working days, not from the rates that the poller's schedule assumes: nothing is imported
from it, and no number is shared with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from shared.contracts.shipments import Eta
from shared.contracts.vocabulary import Stage

ZONE = ZoneInfo("Europe/Madrid")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True)
class Change:
    at: datetime
    stage: Stage


@dataclass(frozen=True)
class Life:
    """Changes in their order, the first is the label. `eta`: what the carrier says from `eta_from` on, if it does."""

    changes: tuple[Change, ...]
    eta: Eta | None
    eta_from: datetime | None

    @property
    def ends_at(self) -> datetime:
        return self.changes[-1].at


def life_from(ordered_at: datetime, chance: Random) -> Life:
    """One parcel whose label is printed in the working hours after `ordered_at`."""
    label = _in_hours(ordered_at + chance.uniform(0, 6) * HOUR, 9, 19, chance)
    changes = [Change(label, Stage.REGISTERED)]
    collected = _van(label, chance)
    changes.append(Change(collected, Stage.ACCEPTED))
    sorted_at = collected + chance.triangular(1.5, 9, 4) * HOUR
    changes.append(Change(sorted_at, Stage.IN_TRANSIT))
    arrives = _arrival(sorted_at, chance)
    said = chance.random() < 0.6
    guess = arrives if chance.random() < 0.75 else _working(arrives + chance.choice((-1, 1, 2)) * DAY)
    eta = Eta(until=_at(guess, 20)) if said and _at(guess, 20) > sorted_at else None
    changes += _round(arrives, chance)
    return Life(tuple(changes), eta, sorted_at if eta is not None else None)


def _van(label: datetime, chance: Random) -> datetime:
    """The van comes once a working day, late in the afternoon; not every parcel is packed when it does."""
    day = label.astimezone(ZONE).date()
    while True:
        comes = _at(_working(day), 17) + chance.gauss(0, 0.9) * HOUR
        if comes > label and chance.random() < 0.75:
            return comes
        day = _working(day) + DAY


def _arrival(sorted_at: datetime, chance: Random) -> date:
    """The day of its round: a few working days at home, some weeks from abroad, and a few that nobody can find."""
    kind = chance.random()
    if kind < 0.78:
        days = chance.choices((1, 2, 3, 4), (48, 33, 13, 6))[0]
    elif kind < 0.97:
        days = 3 + int(chance.gammavariate(2.2, 2.4))
    else:
        days = 15 + int(chance.expovariate(1 / 12))
    day = sorted_at.astimezone(ZONE).date()
    for _ in range(days):
        day = _working(day + DAY)
    return day


def _round(day: date, chance: Random) -> Iterator[Change]:
    """Out with the morning's van; handed over, or tried again, or left at a counter until somebody comes."""
    for attempt in range(3):
        out = _at(day, 7) + chance.triangular(-0.7, 2.5, 0.8) * HOUR
        yield Change(out, Stage.OUT_FOR_DELIVERY)
        there = out + chance.triangular(0.7, 12, 4.5) * HOUR
        luck = chance.random()
        if luck < 0.1 and attempt < 2:
            yield Change(there, Stage.FAILED_ATTEMPT)
            day = _working(day + DAY)
            continue
        if luck < 0.24:
            yield Change(there, Stage.READY_FOR_PICKUP)
            fetched = there + chance.lognormvariate(3.4, 0.8) * HOUR
            yield Change(_in_hours(fetched, 10, 20, chance), Stage.DELIVERED)
            return
        yield Change(there, Stage.DELIVERED)
        return


def _working(day: date) -> date:
    while day.weekday() >= 5:
        day += DAY
    return day


def _at(day: date, hour: int) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=ZONE)


def _in_hours(moment: datetime, opens: int, closes: int, chance: Random) -> datetime:
    """That moment, or one soon after the next opening; Sundays are closed."""
    local = moment.astimezone(ZONE)
    if opens <= local.hour < closes and local.weekday() != 6:
        return moment
    day = local.date() + (DAY if local.hour >= closes else timedelta(0))
    if day.weekday() == 6:
        day += DAY
    return _at(day, opens) + chance.uniform(0, 3) * HOUR
