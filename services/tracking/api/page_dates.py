"""Days, hours and places as the buyer's page shows them, in the order's own zone. Babel knows how each language writes.

What is expected is said only while it can still come true: a date that has passed is nobody's expectation any more.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time

from services.tracking.api.page_language import Words
from shared.contracts.orders import Promise
from shared.contracts.shipments import Eta
from shared.contracts.vocabulary import Clock

_LAST_MINUTE = time(23, 59)
_SMALL = frozenset("a al d da das de del do dos e el en i la las los of y".split())


@dataclass(frozen=True)
class Calendar:
    """How one reader reads dates. `zone` is the order's, so that "hoy" and "mañana" are theirs."""

    words: Words
    zone: ZoneInfo
    now: datetime

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()

    def day(self, day: date) -> str:
        return str(format_date(day, self.words.say("formats.day"), self.words.locale))

    def short_day(self, moment: datetime) -> str:
        day = moment.astimezone(self.zone).date()
        return str(format_date(day, self.words.say("formats.short_day"), self.words.locale))

    def clock(self, moment: datetime) -> str:
        pattern = self.words.say("formats.time")
        return str(format_time(moment.astimezone(self.zone).time(), pattern, locale=self.words.locale))

    def near(self, day: date) -> str:
        """`hoy, martes 24 de marzo`: the day by name, and that it is today or tomorrow."""
        said = self.day(day)
        if day == self.today:
            return self.words.say("formats.today", day=said)
        if day == self.today + timedelta(days=1):
            return self.words.say("formats.tomorrow", day=said)
        return said

    def moment(self, moment: datetime, clock: Clock) -> str:
        """An hour that the carrier gave without its zone is told as about that hour."""
        form = "formats.moment" if clock is Clock.EXACT else "formats.about"
        local = moment.astimezone(self.zone).date()
        day = self.words.say("formats.today", day=self.day(local)) if local == self.today else self.day(local)
        return self.words.say(form, day=day, time=self.clock(moment))

    def expected(self, eta: Eta | None, promise: Promise | None) -> str | None:
        """When it will come, as its carrier says, else as the shop promised; None when neither can be kept any more."""
        said = self._by_carrier(eta) if eta is not None else None
        return said or (self._by_shop(promise) if promise is not None else None)

    def _by_carrier(self, eta: Eta) -> str | None:
        """Hours that are over are dropped, the day still holds."""
        first, last, begin, end = _span(eta, self.zone)
        if last < self.today:
            return None
        if first != last:
            return self.words.say("expected.between", first=self.day(first), last=self.day(last))
        if end is None or end <= self.now:
            return self.near(last)
        values = {"day": self.near(last), "end": self.clock(end)}
        if begin is None:
            return self.words.say("expected.until", **values)
        return self.words.say("expected.window", **values, begin=self.clock(begin))

    def _by_shop(self, promise: Promise) -> str | None:
        first, last = promise.deliver_from or promise.deliver_until, promise.deliver_until
        if last < self.today:
            return None
        if first != last and first > self.today:
            return self.words.say("expected.between", first=self.day(first), last=self.day(last))
        return self.words.say("expected.at_latest", day=self.near(last))


def _span(eta: Eta, zone: ZoneInfo) -> tuple[date, date, datetime | None, datetime | None]:
    """First and last day, and the hours where they say more than the day does.

    An end at midnight sharp is the end of the day before, unless it stands alone: then it means that day.
    """
    until = eta.until.astimezone(zone)
    begin = eta.from_.astimezone(zone) if eta.from_ is not None and eta.from_ != eta.until else None
    midnight = until.time() == time(0)
    if midnight and begin is None:
        return until.date(), until.date(), None, None
    last = (until - timedelta(microseconds=1)).date() if midnight else until.date()
    end = None if midnight or until.time() >= _LAST_MINUTE else until
    first = begin.date() if begin is not None else last
    if first != last or end is None or begin is None or begin.time() == time(0):
        return first, last, None, end if first == last else None
    return first, last, begin, end


def place_name(words: Words, city: str | None, country: str | None, home: str) -> str | None:
    """`Zaragoza`; abroad `Leipzig, Alemania`. Carriers shout their cities: `A CORUÑA` is written `A Coruña`."""
    said = _spoken(city) if city else None
    if country is None or country == home:
        return said
    named = str(words.locale.territories.get(country, country))
    return words.say("formats.place", city=said, country=named) if said else named


def _spoken(city: str) -> str | None:
    plain = " ".join("".join(c if c.isprintable() else " " for c in city).split())
    if not plain.isupper():
        return plain or None
    named = plain.title().split(" ")
    return " ".join(word.lower() if nth and word.lower() in _SMALL else word for nth, word in enumerate(named))
