from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.carrier_gateway.parts.instants import NoInstant, end_of_day, read_moment, settle
from services.carrier_gateway.parts.zones import zone_of
from shared.contracts.vocabulary import Clock

MADRID = ZoneInfo("Europe/Madrid")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("told", "instant"),
    [
        ("2026-03-30T09:12:00Z", "2026-03-30T09:12:00"),
        ("2026-03-30t09:12:00z", "2026-03-30T09:12:00"),
        ("2026-03-30T09:12:00+02:00", "2026-03-30T07:12:00"),
        ("2026-03-30T09:12:00-0500", "2026-03-30T14:12:00"),
        ("2026-03-30 09:12+02:00", "2026-03-30T07:12:00"),
        ("2026-03-30T09:12:00.25Z", "2026-03-30T09:12:00.250000"),
        ("2026-03-30T09:12:00,123456789Z", "2026-03-30T09:12:00.123456"),
    ],
)
def test_an_offset_is_honoured_and_the_clock_is_exact(told: str, instant: str) -> None:
    moment = read_moment(told, MADRID)

    assert (moment.at, moment.clock) == (utc(instant), Clock.EXACT)


def test_a_bare_local_time_is_read_in_the_zone_of_its_place() -> None:
    moment = read_moment("2026-03-30T09:12:00", MADRID)

    assert (moment.at, moment.clock) == (utc("2026-03-30T07:12:00"), Clock.ASSUMED)


def test_a_date_alone_is_its_local_midnight_and_so_before_every_timed_event_of_the_day() -> None:
    day, first_minute = read_moment("2026-03-30", MADRID), read_moment("2026-03-30T00:01", MADRID)

    assert day.date_only
    assert day.at == utc("2026-03-29T22:00:00") < first_minute.at
    assert end_of_day(day, MADRID) == utc("2026-03-30T21:59:59")


def test_an_hour_that_the_clocks_skip_moves_forward_by_the_gap() -> None:
    moment = read_moment("2026-03-29T02:30:00", MADRID)

    assert moment.at.astimezone(MADRID).isoformat() == "2026-03-29T03:30:00+02:00"


def test_of_an_hour_that_exists_twice_the_earlier_is_taken() -> None:
    moment = read_moment("2026-10-25T02:30:00", MADRID)

    assert (moment.at, moment.later) == (utc("2026-10-25T00:30:00"), utc("2026-10-25T01:30:00"))


def test_unless_the_order_of_events_says_that_it_was_the_later() -> None:
    told = [read_moment(text, MADRID) for text in ("2026-10-25T02:40:00", "2026-10-25T02:15:00", "2026-10-25T03:00:00")]

    assert [m.at for m in settle(told)] == [
        utc("2026-10-25T00:40:00"),
        utc("2026-10-25T01:15:00"),
        utc("2026-10-25T02:00:00"),
    ]


def test_an_event_out_of_order_outside_that_hour_stays_where_it_is() -> None:
    told = [read_moment(text, MADRID) for text in ("2026-10-26T10:00:00", "2026-10-24T02:30:00")]

    assert [m.at for m in settle(told)] == [m.at for m in told]


@pytest.mark.parametrize("told", ["2026-02-31", "2026-13-01T10:00:00Z", "2026-03-30T24:30:00Z", "2026-03-30T10:61:00"])
def test_an_impossible_date_is_no_instant(told: str) -> None:
    with pytest.raises(NoInstant, match="calendar"):
        read_moment(told, MADRID)


@pytest.mark.parametrize(
    "told",
    ["", "30/03/2026", "03/04/2026 10:00", "20260330", "2026-W14-1", "1774861920", "2026-03-30T09", "2026-03-30T9:12Z",
     "٢٠٢٦-٠٣-٣٠"],
)  # fmt: skip
def test_other_formats_are_never_tried(told: str) -> None:
    with pytest.raises(NoInstant, match="is not a date"):
        read_moment(told, MADRID)


@pytest.mark.parametrize("told", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00"])
def test_an_instant_beyond_the_calendar_is_no_instant(told: str) -> None:
    with pytest.raises(NoInstant):
        read_moment(told, ZoneInfo("Asia/Tokyo"))


def test_without_a_zone_an_offset_is_required() -> None:
    with pytest.raises(NoInstant, match="needs an offset"):
        read_moment("2026-03-30T09:12:00", None)


@given(st.integers(min_value=0, max_value=120 * 365 * 24 * 60))
def test_a_local_time_is_at_most_an_hour_from_what_it_says_on_the_wall(minutes: int) -> None:
    wall = utc("1980-01-01T00:00:00").replace(tzinfo=None) + timedelta(minutes=minutes)

    shown = read_moment(wall.isoformat(), MADRID).at.astimezone(MADRID).replace(tzinfo=None)

    assert timedelta(0) <= shown - wall <= timedelta(hours=1)


@pytest.mark.parametrize(
    ("country", "postal_code", "zone"),
    [
        ("ES", "28001", "Europe/Madrid"),
        ("ES", "35001", "Atlantic/Canary"),
        ("ES", "38001", "Atlantic/Canary"),
        ("DE", "35037", "Europe/Berlin"),
        ("AR", None, "America/Argentina/Buenos_Aires"),
        ("ZZ", None, "UTC"),
        (None, "35001", "UTC"),
    ],
)
def test_the_zone_is_that_of_the_scan_place(country: str | None, postal_code: str | None, zone: str) -> None:
    assert zone_of(country, postal_code, "UTC").key == zone
