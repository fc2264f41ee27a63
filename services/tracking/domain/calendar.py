"""Days as a destination counts them: business days without its weekends and holidays, and local days without surprises.

Pure and quick, since every scan asks: a region's year is laid out once, and then each question is a look-up. Where the
calendar ends (years 1 and 9999) answers stay at its edge: a promise of the year 9999 is odd, not an error.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

import holidays

from services.tracking.domain.regions import Region

_DAY = timedelta(days=1)
_EARLIEST, _LATEST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
_SATURDAY = 5


class _Year(NamedTuple):
    """`until[i]`: how many business days lie before the i-th day of the year (0: 1 January), the last one: in all."""

    begins: int
    until: array[int]


@lru_cache(maxsize=4096)
def _year(region: Region, year: int) -> _Year:
    days, begins = _holidays_of(region, year), date(year, 1, 1).toordinal()
    until, count = array("H", [0]), 0
    for ordinal in range(begins, date(year, 12, 31).toordinal() + 1):
        day = date.fromordinal(ordinal)
        count += day.weekday() < _SATURDAY if days is None else days.is_working_day(day)
        until.append(count)
    return _Year(begins, until)


def _holidays_of(region: Region, year: int) -> holidays.HolidayBase | None:
    """None for a country that the library does not know. A subdivision that it does not know counts as none."""
    for subdivision in (region.subdivision, None):
        try:
            return holidays.country_holidays(region.country, subdiv=subdivision, years=year, expand=False)
        except NotImplementedError:
            continue
    return None


def is_business_day(day: date, region: Region) -> bool:
    """True when carriers and shops of the region work on `day`: neither weekend there nor public holiday."""
    begins, until = _year(region, day.year)
    at = day.toordinal() - begins
    return until[at + 1] > until[at]


def first_business_day(day: date, region: Region) -> date:
    """`day` itself, or the next business day when it is a day off."""
    return day if is_business_day(day, region) else add_business_days(day, 1, region)


def add_business_days(day: date, count: int, region: Region) -> date:
    """The `count`-th business day after `day`, at least the first. Raises ValueError for a count below 1."""
    if count < 1:
        raise ValueError(f"{count} business days: count at least one")
    begins, until = _year(region, day.year)
    wanted, year = until[day.toordinal() - begins + 1] + count, day.year
    while wanted > until[-1]:
        if year == date.max.year:
            return date.max
        wanted, year = wanted - until[-1], year + 1
        begins, until = _year(region, year)
    return date.fromordinal(begins + bisect_left(until, wanted) - 1)


@lru_cache(maxsize=1024)
def _zone(name: str) -> ZoneInfo:
    """ZoneInfo's own cache forgets all but eight."""
    return ZoneInfo(name)


@lru_cache(maxsize=16_384)
def moment(day: date, time_of_day: time, zone: str) -> datetime:
    """The instant, in UTC, at which clocks in `zone` (IANA) first show `time_of_day` on `day`.

    Where they jump over it: the instant of the jump. Raises zoneinfo.ZoneInfoNotFoundError for an unknown zone.
    """
    clock = _zone(zone)
    local = datetime.combine(day, time_of_day.replace(fold=0), tzinfo=clock)
    try:
        instant = local.astimezone(UTC)
        earlier = local.replace(fold=1).astimezone(UTC)
    except OverflowError:
        return _LATEST if day == date.max else _EARLIEST
    return instant if earlier >= instant else _jump_between(earlier, instant, clock)


def _jump_between(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The second at which the offset changes: `before` and `after` are the two readings of a time that clocks skip."""
    old = before.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = (before + (after - before) / 2).replace(microsecond=0)
        before, after = (middle, after) if middle.astimezone(zone).utcoffset() == old else (before, middle)
    return after


def day_start(day: date, zone: str) -> datetime:
    """The first instant of `day` in `zone`, in UTC. Raises zoneinfo.ZoneInfoNotFoundError for an unknown zone."""
    return moment(day, time.min, zone)


def local_day(instant: datetime, zone: str) -> date:
    """The day that calendars in `zone` show at `instant`."""
    return _local(instant, zone).date()


def _local(instant: datetime, zone: str) -> datetime:
    try:
        return instant.astimezone(_zone(zone))
    except OverflowError:
        return _LATEST if instant.year == date.max.year else _EARLIEST


def with_cut_off(instant: datetime, zone: str, cut_off: time, region: Region) -> date:
    """The business day on which something said at `instant` counts.

    From the cut-off on, in local time of `zone`, and on a day off that is the next business day.
    """
    local = _local(instant, zone)
    day = local.date()
    if local.time() >= cut_off and is_business_day(day, region):
        return add_business_days(day, 1, region)
    return first_business_day(day, region)
