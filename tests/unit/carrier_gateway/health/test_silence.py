"""A carrier is silent when it stops in hours in which it usually speaks; a night or a weekend is no alarm."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.carrier_gateway.health.rhythm import HOUR, Rhythm
from services.carrier_gateway.health.rules import SilenceRules

MADRID = ZoneInfo("Europe/Madrid")
MONDAY = datetime(2026, 3, 2, tzinfo=MADRID)
"""The clocks go forward on the last Sunday of this month."""


def in_office(local: datetime) -> bool:
    return local.weekday() < 5 and 8 <= local.hour < 19


def day_and_night(local: datetime) -> bool:
    return True


def by_night(local: datetime) -> bool:
    return local.hour in (22, 23, 0, 1, 2, 3)


def on_tuesdays(local: datetime) -> bool:
    return local.weekday() == 1 and local.hour == 10


def hours(begin: datetime, end: datetime) -> Iterator[datetime]:
    """The last minute of each."""
    now = begin.astimezone(UTC)
    while now < end.astimezone(UTC):
        yield now + timedelta(minutes=59)
        now += HOUR


def alarms(
    speaks: Callable[[datetime], bool], weeks: float, *, stops: datetime | None = None, rhythm: Rhythm | None = None
) -> list[datetime]:
    """The hours of alarm, on the carrier's clock, of one that speaks whenever it should until it stops."""
    rhythm, found = rhythm or Rhythm(MADRID, SilenceRules()), []
    for now in hours(MONDAY, MONDAY + timedelta(weeks=weeks)):
        if speaks(now.astimezone(MADRID)) and (stops is None or now < stops):
            rhythm.heard(now)
        if rhythm.is_silent(now):
            found.append(now.astimezone(MADRID))
    return found


@pytest.mark.parametrize("speaks", [in_office, day_and_night, by_night, on_tuesdays])
def test_a_carrier_that_keeps_its_own_hours_is_never_called_silent(speaks: Callable[[datetime], bool]) -> None:
    assert alarms(speaks, weeks=8) == []


@pytest.mark.parametrize("weeks", [1, 3])
def test_stopping_on_a_working_morning_is_noticed_the_same_day(weeks: int) -> None:
    tuesday = MONDAY + timedelta(weeks=weeks, days=1, hours=10)

    first = alarms(in_office, weeks + 1, stops=tuesday)[0]

    assert first.date() == tuesday.date()
    assert first.hour == 16, "six usual hours, 10 to 15, are over"


@pytest.mark.parametrize("weeks", [0, 1, 4])
def test_stopping_on_friday_evening_is_noticed_on_monday_and_not_before(weeks: int) -> None:
    friday = MONDAY + timedelta(weeks=weeks, days=4, hours=19)

    first = alarms(in_office, weeks + 2, stops=friday)[0]

    assert first.date() == (friday + timedelta(days=3)).date()
    assert first.hour == 14


def test_stopping_in_the_night_is_noticed_in_the_night_where_it_usually_speaks_then() -> None:
    midnight = MONDAY + timedelta(weeks=3)

    assert alarms(day_and_night, 4, stops=midnight)[0] == midnight + timedelta(hours=6, minutes=59)
    assert alarms(by_night, 4, stops=midnight)[0].hour == 0, (
        "it keeps silent through the day, and two hours of the next"
    )


def test_an_hour_in_which_it_speaks_every_other_week_weighs_half() -> None:
    rhythm = Rhythm(MADRID, SilenceRules())
    for week in (0, 2, 4):
        rhythm.heard(MONDAY + timedelta(weeks=week, hours=9))
    rhythm.heard(MONDAY + timedelta(weeks=4, hours=23))

    assert rhythm.missed_hours(MONDAY + timedelta(weeks=5, hours=10)) == pytest.approx(3 / 5)


def test_the_alarm_lasts_until_the_carrier_speaks_again() -> None:
    rhythm = Rhythm(MADRID, SilenceRules())
    alarms(in_office, 4, stops=MONDAY + timedelta(weeks=3), rhythm=rhythm)
    later = MONDAY + timedelta(weeks=4, hours=9)
    assert rhythm.is_silent(later)

    rhythm.heard(later)

    assert not rhythm.is_silent(later)
    assert not rhythm.is_silent(later + timedelta(hours=4))


def test_a_carrier_that_hardly_ever_spoke_has_no_rhythm_and_is_not_called_silent() -> None:
    rhythm = Rhythm(MADRID, SilenceRules())
    assert not rhythm.is_silent(MONDAY)
    for now in hours(MONDAY, MONDAY + 11 * HOUR):
        rhythm.heard(now)

    assert not rhythm.learnt
    assert not rhythm.is_silent(MONDAY + timedelta(weeks=10))


def test_a_carrier_that_changes_its_hours_is_called_silent_at_first_and_then_no_more() -> None:
    moved = MONDAY + timedelta(weeks=4)

    def speaks(local: datetime) -> bool:
        return in_office(local) if local < moved else local.weekday() < 5 and local.hour == 8

    found = alarms(speaks, weeks=14)

    assert found
    assert found[-1] < moved + timedelta(weeks=6)


def test_a_clock_that_steps_back_changes_nothing() -> None:
    rhythm = Rhythm(MADRID, SilenceRules())
    rhythm.heard(MONDAY + 5 * HOUR)
    rhythm.heard(MONDAY)

    assert (rhythm.last_hour, rhythm.spoken_hours) == (MONDAY + 5 * HOUR, 1)
    assert rhythm.missed_hours(MONDAY) == 0


@given(st.lists(st.timedeltas(timedelta(0), timedelta(days=40_000)), max_size=30))
def test_no_silence_is_too_long_to_look_back_on(words: list[timedelta]) -> None:
    rhythm, rules = Rhythm(MADRID, SilenceRules()), SilenceRules()
    for word in words:
        rhythm.heard(MONDAY + word)

    assert 0 <= rhythm.missed_hours(MONDAY + timedelta(days=40_001)) <= rules.longest_look / HOUR
