"""When a promised day is over, on every clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.tracking.domain.order import Decision
from services.tracking.domain.promise import (
    Patience,
    PromiseBroken,
    TimeFact,
    broken_on,
    deadlines,
)
from tests.unit.tracking.facts import CORREOS, SEUR, at, decide, says, scan

TUESDAY = date(2026, 3, 10)

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
    assert at(31) < broken_on(date.max, "Pacific/Kiritimati")


def test_an_unknown_zone_is_an_error_and_not_a_guess() -> None:
    with pytest.raises(ZoneInfoNotFoundError):
        broken_on(date(2026, 3, 27), "Europe/Atlantis")


def test_the_last_minute_of_the_promised_day_is_in_time_and_midnight_is_not() -> None:
    day = date(2026, 3, 10)
    assert at(10, "23:59") < broken_on(day, "UTC")
    assert at(11, "00:00") >= broken_on(day, "UTC")


def over(decision: Decision, now: datetime) -> list[TimeFact]:
    """What the passing of time has to tell by `now`."""
    fold = decision.fold
    due = deadlines(fold.shop, fold.states, fold.basis.sent, fold.told, Patience())
    return [deadline.fact for deadline in due if deadline.at <= now]


def broken(decision: Decision, now: datetime) -> list[TimeFact]:
    return [fact for fact in over(decision, now) if isinstance(fact, PromiseBroken)]


def test_the_night_after_the_promised_day_is_grace_for_scans_that_are_heard_late() -> None:
    decision = decide(says("shipped", parcels=[SEUR], promise=TUESDAY), [scan("in_transit", 9)])
    assert broken(decision, at(11, "07:59")) == []
    assert broken(decision, at(11, "08:00")) == [PromiseBroken(SEUR, TUESDAY)]  # nine in Madrid


def test_only_parcels_that_have_not_come_are_late() -> None:
    shop = says("shipped", parcels=[SEUR, CORREOS], promise=TUESDAY)
    decision = decide(shop, [scan("in_transit", 5)], [scan("failed_attempt", 10, of=CORREOS)])
    assert broken(decision, at(11)) == [PromiseBroken(SEUR, TUESDAY)]


def test_a_parcel_that_was_out_for_delivery_and_never_came_is_late() -> None:
    decision = decide(says("shipped", parcels=[SEUR], promise=TUESDAY), [scan("out_for_delivery", 10)])
    assert broken(decision, at(11)) == [PromiseBroken(SEUR, TUESDAY)]


def test_an_attempt_in_time_keeps_the_promise_even_if_the_parcel_goes_back_to_the_depot() -> None:
    scans = [scan("failed_attempt", 10), scan("in_transit", 11), scan("delivered", 12)]
    assert broken(decide(says("shipped", parcels=[SEUR], promise=TUESDAY), scans[:2]), at(12)) == []


def test_an_order_that_never_left_is_late_as_a_whole() -> None:
    assert over(decide(says("preparing", promise=TUESDAY)), at(12)) == [PromiseBroken(None, TUESDAY)]


@pytest.mark.parametrize("state", ["shipped", "delivered", "cancelled", "returned"])
def test_an_order_without_references_is_not_late_once_it_left_or_ended(state: str) -> None:
    assert over(decide(says(state, promise=TUESDAY)), at(12)) == []


def test_without_a_promise_nothing_is_late() -> None:
    assert over(decide(says("preparing")), datetime(2030, 1, 1, tzinfo=UTC)) == []


def test_a_shop_that_wants_no_word_of_it_has_no_deadlines() -> None:
    silent = says("shipped", parcels=[SEUR], promise=TUESDAY)._replace(watched=False)
    assert over(decide(silent, [scan("in_transit", 3)]), at(30)) == []
