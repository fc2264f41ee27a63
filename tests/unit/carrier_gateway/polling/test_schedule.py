"""When a question is worth it, what there is to spend, and when a line rests: plain arithmetic."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.carrier_gateway.polling.breaker import FAILURES_THAT_OPEN, LONGEST_PAUSE, Breaker, line_pause
from services.carrier_gateway.polling.budget import next_slot, open_by, share_of
from services.carrier_gateway.polling.outlook import Forecast, Known, is_over
from shared.contracts.shipments import Eta
from shared.contracts.vocabulary import Stage

MADRID = ZoneInfo("Europe/Madrid")
MONDAY = datetime(2026, 3, 30, 8, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def worth(
    stage: Stage, hours: float, *, start: datetime = MONDAY, age: timedelta = HOUR, eta: Eta | None = None
) -> float:
    return Forecast(Known(stage, start, start - age, eta, MADRID)).worth(start + hours * HOUR)


@pytest.mark.parametrize("stage", [Stage.DELIVERED, Stage.RETURNED, Stage.LOST, Stage.CANCELLED])
def test_a_parcel_at_the_end_of_its_road_is_not_asked_about(stage: Stage) -> None:
    assert is_over(stage)


def test_a_parcel_out_for_delivery_is_worth_more_than_one_on_the_road_and_one_that_waits_to_be_fetched() -> None:
    out = worth(Stage.OUT_FOR_DELIVERY, 4)

    assert out > worth(Stage.IN_TRANSIT, 4) > 0
    assert out > worth(Stage.READY_FOR_PICKUP, 4) > 0


def test_at_night_where_the_parcel_goes_nothing_becomes_new() -> None:
    evening = MONDAY.replace(hour=20)
    by_day = Forecast(Known(Stage.OUT_FOR_DELIVERY, MONDAY, MONDAY, None, MADRID)).unseen(6)
    by_night = Forecast(Known(Stage.OUT_FOR_DELIVERY, evening, evening, None, MADRID)).unseen(6)

    assert by_night < by_day / 10


def test_a_parcel_is_worth_a_question_on_the_day_its_carrier_names_and_not_on_the_days_before() -> None:
    eta = Eta(until=MONDAY + 3 * DAY)

    assert worth(Stage.IN_TRANSIT, 78, eta=eta) > 3 * worth(Stage.IN_TRANSIT, 54, eta=eta)


def test_a_parcel_that_has_stood_for_weeks_is_worth_less_than_a_young_one() -> None:
    assert worth(Stage.IN_TRANSIT, 12, age=20 * DAY) < worth(Stage.IN_TRANSIT, 12) / 2


@given(st.integers(1, 100_000), st.integers(1, 24), st.dates(datetime(2020, 1, 1).date(), datetime(2040, 1, 1).date()))  # noqa: DTZ001
def test_the_shares_of_all_partitions_are_the_days_quota(quota: int, partitions: int, day: datetime) -> None:
    shares = [share_of(quota, number, partitions, day) for number in range(partitions)]

    assert sum(shares) == quota
    assert max(shares) - min(shares) <= 1


@given(st.integers(0, 1000), st.datetimes(timezones=st.just(UTC)))
def test_what_may_be_spent_by_now_is_never_more_than_the_share(share: int, now: datetime) -> None:
    assert 0 <= open_by(share, now, MADRID) <= share


def test_in_the_evening_there_is_still_something_to_spend_and_by_midnight_all_of_it_is_open() -> None:
    day = MONDAY.replace(hour=0)

    assert open_by(100, day + 15 * HOUR, MADRID) < 60
    assert open_by(100, day + 23.9 * HOUR, MADRID) == 100


@given(st.integers(0, 10**6), st.sets(st.integers(0, 5), min_size=1), st.integers(1, 60))
def test_a_slot_is_ours_and_no_slot_serves_twice(seconds: int, held: set[int], gap: int) -> None:
    now, last = MONDAY + timedelta(seconds=seconds), None
    for _ in range(5):
        slot, at = next_slot(now, timedelta(seconds=gap), held, 6, last)
        assert slot % 6 in held
        assert last is None or slot > last
        assert at >= now
        now, last = at, slot


def test_two_pollers_with_different_partitions_never_meet_in_a_slot() -> None:
    gap = timedelta(seconds=1)
    slots = [{next_slot(MONDAY + n * gap, gap, held, 4, None)[0] for n in range(50)} for held in ({0, 1}, {2, 3})]

    assert slots[0].isdisjoint(slots[1])


def test_one_parcel_that_fails_again_and_again_does_not_open_the_line_and_several_do() -> None:
    breaker = Breaker()
    for _ in range(20):
        assert breaker.failed("dhl/1", "outage", MONDAY, 0.0) is None
    for number in range(2, FAILURES_THAT_OPEN):
        breaker.failed(f"dhl/{number}", "outage", MONDAY, 0.0)

    assert breaker.failed("dhl/9", "outage", MONDAY, 0.0) == line_pause(1, 0.0)
    assert not breaker.lets_pass(MONDAY, 0)


def test_an_open_line_lets_one_question_try_it_and_its_success_closes_it() -> None:
    breaker = Breaker()
    for number in range(FAILURES_THAT_OPEN):
        breaker.failed(f"dhl/{number}", "outage", MONDAY, 0.0)
    later = MONDAY + line_pause(1, 0.0)

    assert breaker.lets_pass(later, 0)
    assert not breaker.lets_pass(later, 1)
    assert breaker.failed("dhl/9", "outage", later, 0.0) == line_pause(2, 0.0)
    assert breaker.succeeded()
    assert not breaker.succeeded()


@given(st.integers(1, 10**6), st.floats(0, 1, exclude_max=True))
def test_pauses_of_a_line_grow_to_a_limit(openings: int, chance: float) -> None:
    assert timedelta(seconds=2) < line_pause(openings, chance) <= LONGEST_PAUSE
    assert line_pause(openings, 0.0) <= line_pause(openings + 1, 0.0)
