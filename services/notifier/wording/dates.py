"""Days and hours as the buyer's calendar shows them. Always absolute ("martes 24 de marzo"): a message is read later.

All instants are turned into the buyer's zone first; patterns are CLDR date patterns from the language file.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_time

from shared.contracts.orders import Promise
from shared.contracts.shipments import Eta

_END_OF_DAY = time(23, 59)


@dataclass(frozen=True)
class Calendar:
    """How one buyer reads dates. `time_pattern` is a CLDR pattern, or `short` for what the locale itself prefers."""

    locale: Locale
    zone: ZoneInfo
    day_pattern: str
    short_day_pattern: str
    time_pattern: str

    def day_of(self, moment: datetime) -> date:
        return moment.astimezone(self.zone).date()

    def day(self, day: date, *, short: bool = False) -> str:
        return str(format_date(day, self.short_day_pattern if short else self.day_pattern, self.locale))

    def clock(self, moment: datetime) -> str:
        return str(format_time(moment.astimezone(self.zone).time(), self.time_pattern, locale=self.locale))


@dataclass(frozen=True)
class Span:
    """When a parcel is expected, in local terms. Without hours the whole day is meant."""

    first: date
    last: date
    begin: datetime | None = None
    end: datetime | None = None


def span_of_eta(eta: Eta, calendar: Calendar) -> Span:
    """A carrier's estimate. Hours that say no more than "that day" are dropped.

    An end at exactly midnight closes the day before it when a beginning shows there is one; alone it names its day.
    """
    until = eta.until.astimezone(calendar.zone)
    start = eta.from_.astimezone(calendar.zone) if eta.from_ is not None else None
    if until.time() == time(0) and (start is None or start == until):
        return Span(until.date(), until.date())
    last = (until - timedelta(microseconds=1)).date() if until.time() == time(0) else until.date()
    end = None if until.time() == time(0) or until.time() >= _END_OF_DAY else eta.until
    if start is None:
        return Span(last, last, end=end)
    if start.date() != last:
        return Span(start.date(), last)
    begin = eta.from_ if end is not None and start.time() != time(0) else None
    return Span(last, last, begin, end)


def span_of_promise(promise: Promise) -> Span:
    """What the shop promised: days of the destination's calendar, no hours."""
    return Span(promise.deliver_from or promise.deliver_until, promise.deliver_until)
