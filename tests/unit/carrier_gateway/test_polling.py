from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.carrier_gateway.polling import (
    FORGOTTEN_AFTER,
    LONGEST_OUTAGE_PAUSE,
    SLOWER_AFTER,
    Line,
    first_poll_after,
    next_poll_after,
    outage_pause,
)
from shared.contracts.vocabulary import Stage

MIDNIGHT = datetime(2026, 3, 30, tzinfo=UTC)
DAY = timedelta(days=1)
ages = st.timedeltas(min_value=timedelta(0), max_value=FORGOTTEN_AFTER)


@pytest.mark.parametrize("stage", [Stage.DELIVERED, Stage.RETURNED, Stage.LOST, Stage.CANCELLED])
def test_a_parcel_at_the_end_of_its_road_is_not_asked_about_again(stage: Stage) -> None:
    assert next_poll_after(stage, DAY) is None
    assert first_poll_after("dhl/1", stage, DAY, met_again=False) is None


def test_a_parcel_out_for_delivery_is_asked_about_more_often_than_one_on_the_road() -> None:
    out, moving = next_poll_after(Stage.OUT_FOR_DELIVERY, DAY), next_poll_after(Stage.IN_TRANSIT, DAY)

    assert out is not None
    assert moving is not None
    assert out < moving


def test_an_old_parcel_is_asked_about_half_as_often_and_a_forgotten_one_never() -> None:
    young = next_poll_after(Stage.IN_TRANSIT, DAY)
    assert young is not None

    assert next_poll_after(Stage.IN_TRANSIT, SLOWER_AFTER + DAY) == young * 2
    assert next_poll_after(Stage.IN_TRANSIT, FORGOTTEN_AFTER + DAY) is None


def test_a_new_number_the_carrier_does_not_know_yet_is_tried_again_soon() -> None:
    soon, usual = next_poll_after(None, timedelta(hours=1), found=False), next_poll_after(None, timedelta(hours=1))

    assert soon is not None
    assert usual is not None
    assert soon < usual == next_poll_after(None, DAY * 2, found=False)


@given(st.text(min_size=1), ages)
def test_after_a_restart_first_questions_are_spread_over_the_usual_pause(key: str, age: timedelta) -> None:
    first, usual = first_poll_after(key, Stage.IN_TRANSIT, age, met_again=True), next_poll_after(Stage.IN_TRANSIT, age)

    assert first is not None
    assert usual is not None
    assert timedelta(0) <= first < usual
    assert first == first_poll_after(key, Stage.IN_TRANSIT, age, met_again=True)


@given(ages)
def test_a_parcel_that_appears_while_we_run_is_asked_about_at_once(age: timedelta) -> None:
    assert first_poll_after("dhl/1", Stage.IN_TRANSIT, age, met_again=False) == timedelta(0)


@given(st.integers(min_value=1, max_value=10**6), st.floats(min_value=0, max_value=1, exclude_max=True))
def test_pauses_after_outages_grow_to_a_limit(failures: int, chance: float) -> None:
    pause = outage_pause(failures, chance)

    assert timedelta(seconds=2) < pause <= LONGEST_OUTAGE_PAUSE
    assert outage_pause(failures, 0.0) <= outage_pause(failures + 1, 0.0)


def test_between_two_questions_lies_the_carriers_gap() -> None:
    line = Line(minimum_gap=timedelta(seconds=1), daily_quota=250)

    line.take(MIDNIGHT)

    assert line.free_at(MIDNIGHT) == MIDNIGHT + timedelta(seconds=1)


def test_when_the_daily_quota_is_used_up_the_next_question_waits_for_tomorrow() -> None:
    line, now = Line(minimum_gap=timedelta(seconds=1), daily_quota=250), MIDNIGHT
    for _ in range(250):
        now = line.free_at(now)
        line.take(now)

    assert now < MIDNIGHT + DAY
    assert line.free_at(now) == MIDNIGHT + DAY
    line.take(MIDNIGHT + DAY)
    assert line.free_at(MIDNIGHT + DAY) == MIDNIGHT + DAY + timedelta(seconds=1)


def test_a_line_closed_for_long_is_not_opened_by_a_shorter_pause() -> None:
    line = Line(minimum_gap=timedelta(seconds=1), daily_quota=250)

    line.close(MIDNIGHT + DAY)
    line.close(MIDNIGHT)

    assert line.free_at(MIDNIGHT) == MIDNIGHT + DAY


def test_what_is_left_of_the_quota_shrinks_with_each_question_and_is_whole_again_the_next_day() -> None:
    line, now = Line(minimum_gap=timedelta(seconds=1), daily_quota=250), MIDNIGHT + timedelta(hours=3)
    assert line.left(now) == 250

    line.take(now)
    line.take(now)

    assert line.left(now) == 248
    assert line.left(now + timedelta(days=1)) == 250
