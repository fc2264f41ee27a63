"""When a promised day is over, on every clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.tracking.domain.promise import PromiseBroken, broken_on, is_broken, promises_broken
from tests.unit.tracking.facts import CORREOS, SEUR, at, decide, says, scan

ZONES = ["Europe/Madrid", "Atlantic/Canary", "America/Santiago", "America/Havana", "Asia/Beirut", "Pacific/Kiritimati"]


@pytest.mark.parametrize(
    ("day", "zone", "instant"),
    [
        ("2026-03-27", "Europe/Madrid", "2026-03-27T23:00:00Z"),
        ("2026-03-28", "Europe/Madrid", "2026-03-28T23:00:00Z"),  # the night the clocks go forward
        ("2026-03-29", "Europe/Madrid", "2026-03-29T22:00:00Z"),
        ("2026-10-25", "Europe/Madrid", "2026-10-25T23:00:00Z"),  # the day has 25 hours
        ("2026-03-27", "Atlantic/Canary", "2026-03-28T00:00:00Z"),
        ("2026-03-27", "America/Argentina/Buenos_Aires", "2026-03-28T03:00:00Z"),
        (
            "2026-09-05",
            "America/Santiago",
            "2026-09-06T04:00:00Z",
        ),  # midnight does not exist: it is one o'clock at once
    ],
)
def test_a_promised_day_ends_at_local_midnight(day: str, zone: str, instant: str) -> None:
    assert broken_on(date.fromisoformat(day), zone) == datetime.fromisoformat(instant)


@given(day=st.dates(date(2000, 1, 1), date(2037, 1, 1)), zone=st.sampled_from(ZONES))
def test_the_instant_before_is_still_the_promised_day_and_the_instant_itself_is_not(day: date, zone: str) -> None:
    instant = broken_on(day, zone)
    assert instant.astimezone(ZoneInfo(zone)).date() > day
    assert (instant - timedelta(seconds=1)).astimezone(ZoneInfo(zone)).date() == day


def test_a_promise_without_end_is_never_broken() -> None:
    assert not is_broken(date.max, "Pacific/Kiritimati", now=at(31))


def test_an_unknown_zone_is_an_error_and_not_a_guess() -> None:
    with pytest.raises(ZoneInfoNotFoundError):
        broken_on(date(2026, 3, 27), "Europe/Atlantis")


def test_a_parcel_delivered_in_time_kept_its_promise_however_long_ago() -> None:
    day = date(2026, 3, 10)
    assert not is_broken(day, "UTC", now=at(30), delivered_at=at(10, "23:59"))
    assert is_broken(day, "UTC", now=at(30), delivered_at=at(11, "00:00"))
    assert is_broken(day, "UTC", now=at(11, "00:00"))


def test_only_parcels_of_which_the_buyer_has_heard_nothing_better_are_late() -> None:
    shop = says("shipped", parcels=[SEUR, CORREOS], promise=date(2026, 3, 10))
    parcels = decide(shop, [scan("in_transit", 5)], [scan("out_for_delivery", 10)]).parcels
    assert promises_broken(shop, parcels, at(10, "12:00")) == ()
    assert promises_broken(shop, parcels, at(11)) == (PromiseBroken(SEUR, date(2026, 3, 10)),)


def test_a_parcel_whose_carrier_has_announced_the_delay_is_not_late_news() -> None:
    shop = says("shipped", parcels=[SEUR], promise=date(2026, 3, 10))
    parcels = decide(shop, [scan("in_transit", 9, condition="weather")]).parcels
    assert promises_broken(shop, parcels, at(12)) == ()


def test_an_order_that_never_left_is_late_as_a_whole() -> None:
    shop = says("preparing", promise=date(2026, 3, 10))
    assert promises_broken(shop, {}, at(12)) == (PromiseBroken(None, date(2026, 3, 10)),)


@pytest.mark.parametrize("state", ["shipped", "delivered", "cancelled", "returned"])
def test_an_order_without_references_is_not_late_once_it_left_or_ended(state: str) -> None:
    assert promises_broken(says(state, promise=date(2026, 3, 10)), {}, at(12)) == ()


def test_without_a_promise_nothing_is_late() -> None:
    assert promises_broken(says("preparing"), {}, datetime(2030, 1, 1, tzinfo=UTC)) == ()
