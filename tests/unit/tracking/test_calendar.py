"""Business days and local days: weekends and holidays of the destination, and clocks that change."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import holidays
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from services.tracking.domain.calendar import (
    add_business_days,
    day_start,
    first_business_day,
    is_business_day,
    local_day,
    moment,
    with_cut_off,
)
from services.tracking.domain.regions import COMMUNITY_OF_PROVINCE, Region

MADRID, CATALONIA, NOWHERE = Region("ES", "MD"), Region("ES", "CT"), Region("ZZ")
REGIONS = (
    *(Region("ES", community) for community in sorted(set(COMMUNITY_OF_PROVINCE.values()))),
    *(Region(country) for country in ("PT", "MX", "CL", "CO", "US", "SA", "IR", "CN", "HK")),
    *(Region("BR", "SP"), Region("AR", "C"), Region("PT", "30"), NOWHERE),
)
FIRST_INSTANT = datetime(1990, 1, 1, tzinfo=UTC)
FOREVER = datetime.max.replace(tzinfo=UTC)
regions = st.sampled_from(REGIONS)
days = st.dates(date(1990, 1, 1), date(2100, 12, 31))
zones = st.sampled_from(sorted(available_timezones()))
instants = st.integers(0, 110 * 366 * 24 * 60).map(lambda minutes: FIRST_INSTANT + timedelta(minutes=minutes))
ONE_DAY = timedelta(days=1)


def counted_one_by_one(after: date, until: date, region: Region) -> int:
    """The business days after `after`, up to and with `until`."""
    return sum(is_business_day(after + timedelta(days=n), region) for n in range(1, (until - after).days + 1))


@pytest.mark.parametrize(
    ("day", "region", "works"),
    [
        (date(2026, 4, 2), MADRID, False),  # Maundy Thursday
        (date(2026, 4, 2), CATALONIA, True),
        (date(2026, 4, 6), MADRID, True),  # Easter Monday
        (date(2026, 4, 6), CATALONIA, False),
        (date(2026, 9, 11), CATALONIA, False),  # Diada
        (date(2026, 9, 11), MADRID, True),
        (date(2026, 12, 25), Region("MX"), False),
        (date(2026, 9, 16), Region("MX"), False),  # Independence
        (date(2026, 9, 18), Region("CL"), False),
        (date(2026, 7, 9), Region("AR"), False),
        (date(2026, 7, 9), Region("BR", "SP"), False),
        (date(2026, 7, 9), Region("BR", "RJ"), True),
        (date(2026, 7, 20), Region("CO"), False),
        (date(2026, 7, 1), Region("PT", "30"), False),  # Madeira
        (date(2026, 7, 1), Region("PT"), True),
        (date(2026, 6, 5), Region("SA"), False),  # a Friday, where weekends are Friday and Saturday
        (date(2026, 6, 7), Region("SA"), True),
        (date(2026, 12, 25), NOWHERE, True),  # a Friday
        (date(2026, 12, 26), NOWHERE, False),
        (date(2026, 9, 11), Region("ES", "no such part"), True),
        (date(2026, 10, 12), Region("ES", "no such part"), False),
    ],
)
def test_a_destination_rests_on_its_own_holidays(day: date, region: Region, works: bool) -> None:
    assert is_business_day(day, region) is works


@pytest.mark.parametrize(
    ("after", "count", "region", "day"),
    [
        (date(2026, 3, 2), 1, MADRID, date(2026, 3, 3)),
        (date(2026, 3, 6), 1, MADRID, date(2026, 3, 9)),  # a Friday
        (date(2026, 3, 7), 1, MADRID, date(2026, 3, 9)),
        (date(2026, 4, 1), 3, MADRID, date(2026, 4, 8)),  # over Easter
        (date(2026, 4, 1), 3, CATALONIA, date(2026, 4, 8)),
        (date(2026, 12, 23), 3, MADRID, date(2026, 12, 29)),
        (date(2026, 12, 30), 2, MADRID, date(2027, 1, 4)),
        (date(2026, 12, 30), 300, NOWHERE, date(2028, 2, 23)),
    ],
)
def test_business_days_are_counted_over_weekends_holidays_and_years(
    after: date, count: int, region: Region, day: date
) -> None:
    assert add_business_days(after, count, region) == day
    assert counted_one_by_one(after, day, region) == count


def test_no_business_day_at_all_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="0 business days: count at least one"):
        add_business_days(date(2026, 3, 2), 0, MADRID)


@given(days, st.integers(1, 400), regions)
def test_counting_on_and_counting_back_agree(day: date, count: int, region: Region) -> None:
    there = add_business_days(day, count, region)
    assert there > day
    assert is_business_day(there, region)
    assert counted_one_by_one(day, there, region) == count
    assert counted_one_by_one(day, there - ONE_DAY, region) == count - 1


@given(days, st.integers(1, 60), regions)
def test_more_days_or_a_later_start_never_end_earlier(day: date, count: int, region: Region) -> None:
    assert add_business_days(day, count, region) < add_business_days(day, count + 1, region)
    assert add_business_days(day, count, region) <= add_business_days(day + ONE_DAY, count, region)


@given(days, regions)
def test_a_business_day_is_never_a_holiday_nor_a_weekend(day: date, region: Region) -> None:
    if region is NOWHERE:
        assert is_business_day(day, region) is (day.weekday() < 5)
        return
    known = holidays.country_holidays(region.country, subdiv=region.subdivision)
    assert is_business_day(day, region) is known.is_working_day(day)


@given(days, regions)
def test_the_first_business_day_is_the_day_itself_unless_it_is_off(day: date, region: Region) -> None:
    first = first_business_day(day, region)
    assert is_business_day(first, region)
    assert counted_one_by_one(day - ONE_DAY, first, region) == 1


def test_a_promise_for_the_end_of_time_is_no_error() -> None:
    assert add_business_days(date.max, 3, MADRID) == date.max
    assert first_business_day(date.max, NOWHERE) == date.max
    for zone in ("America/Santiago", "Pacific/Kiritimati", "UTC"):
        for day in (date.max, date.min):
            assert day_start(day, zone).year == day.year
        for instant in (FOREVER, datetime.min.replace(tzinfo=UTC)):
            assert local_day(instant, zone).year == instant.year
    assert with_cut_off(FOREVER, "Asia/Tokyo", time(14), MADRID) == date.max


@given(days, zones)
def test_a_day_begins_when_the_calendar_first_shows_it(day: date, zone: str) -> None:
    begins = day_start(day, zone)
    assume(local_day(begins, zone) == day)  # Samoa and Kwajalein once left a day out
    assert local_day(begins - timedelta(microseconds=1), zone) == day - ONE_DAY
    assert day_start(day + ONE_DAY, zone) > begins


@given(days, st.times(), zones)
def test_a_moment_shows_on_the_clocks_there_unless_they_jump_over_it(day: date, clock: time, zone: str) -> None:
    instant = moment(day, clock, zone)
    shown = instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    wanted = datetime.combine(day, clock)
    if shown != wanted:
        before = (instant - timedelta(seconds=1)).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        assert before < wanted < shown


@given(days, st.times(), st.times(), zones)
def test_moments_of_a_day_come_in_the_order_of_their_times(day: date, a: time, b: time, zone: str) -> None:
    """But where clocks go back and show an hour twice: of that hour the first showing counts, in order too."""
    earlier, later = sorted((a, b))
    assert moment(day, earlier, zone) <= moment(day, later, zone)


CLOCKS = [
    ("Europe/Madrid", date(2026, 3, 29), time(2, 30), "2026-03-29T01:00Z"),  # skipped: 2:00 becomes 3:00
    ("Europe/Madrid", date(2026, 10, 25), time(2, 30), "2026-10-25T00:30Z"),  # shown twice
    ("America/Santiago", date(2026, 9, 6), time(0), "2026-09-06T04:00Z"),  # the day begins at 1:00
    ("America/Santiago", date(2026, 9, 6), time(0, 30), "2026-09-06T04:00Z"),
    ("America/Santiago", date(2026, 4, 5), time(0), "2026-04-05T04:00Z"),
    ("Africa/Cairo", date(2026, 4, 24), time(0, 15), "2026-04-23T22:00Z"),
    ("Australia/Lord_Howe", date(2026, 10, 4), time(2, 15), "2026-10-03T15:30Z"),  # half an hour is skipped
    ("Pacific/Apia", date(2011, 12, 30), time(12), "2011-12-30T10:00Z"),  # a day that never was
    ("Atlantic/Canary", date(2026, 7, 1), time(9), "2026-07-01T08:00Z"),
]


@pytest.mark.parametrize(("zone", "day", "clock", "instant"), CLOCKS)
def test_clocks_that_jump_or_go_back_are_read_as_people_would(zone: str, day: date, clock: time, instant: str) -> None:
    assert moment(day, clock, zone) == datetime.fromisoformat(instant)


@pytest.mark.parametrize(
    ("said", "counts_on"),
    [
        ("2026-03-02T12:59:59Z", date(2026, 3, 2)),  # 13:59 in Madrid
        ("2026-03-02T13:00:00Z", date(2026, 3, 3)),
        ("2026-03-06T13:00:00Z", date(2026, 3, 9)),  # Friday after the cut-off
        ("2026-03-07T09:00:00Z", date(2026, 3, 9)),
        ("2026-03-07T22:00:00Z", date(2026, 3, 9)),  # Saturday evening waits no longer than Saturday morning
        ("2026-03-08T23:30:00Z", date(2026, 3, 9)),  # Monday already in Madrid
        ("2026-04-01T15:00:00Z", date(2026, 4, 6)),  # the eve of Maundy Thursday
    ],
)
def test_what_is_said_after_the_cut_off_or_on_a_day_off_counts_on_the_next_business_day(
    said: str, counts_on: date
) -> None:
    assert with_cut_off(datetime.fromisoformat(said), "Europe/Madrid", time(14), MADRID) == counts_on


@given(instants, instants, zones, st.times(), regions)
def test_what_is_said_later_never_counts_on_an_earlier_day(
    one: datetime, other: datetime, zone: str, cut_off: time, region: Region
) -> None:
    assume(abs(one - other) > timedelta(hours=26))  # a clock that goes back may show yesterday again
    earlier, later = sorted((one, other))
    first, second = (with_cut_off(said, zone, cut_off, region) for said in (earlier, later))
    assert first <= second
    assert is_business_day(first, region)
    assert first >= local_day(earlier, zone)
