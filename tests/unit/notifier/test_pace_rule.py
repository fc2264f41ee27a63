"""A rate is never exceeded, whoever takes how many at a time; and a provider that fails is passed over for a while."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.circuit import FAILURES, PASSED_OVER, Circuits
from services.notifier.domain.pace import Rate, allowance, taken

BEGIN = datetime(2026, 3, 24, 12, tzinfo=UTC)


@given(
    per_second=st.sampled_from([0.5, 1.0, 10.0, 80.0]),
    burst=st.integers(1, 40),
    claims=st.lists(st.tuples(st.timedeltas(timedelta(0), timedelta(seconds=3)), st.integers(1, 64)), max_size=40),
)
def test_in_any_stretch_of_time_no_more_leave_than_the_rate_and_one_burst(
    per_second: float, burst: int, claims: list[tuple[timedelta, int]]
) -> None:
    rate, empty_at, now, left = Rate(per_second, burst), BEGIN, BEGIN, list[tuple[datetime, int]]()
    for pause, wanted in claims:
        now += pause
        count = allowance(rate, empty_at, now, wanted)
        assert 0 <= count <= min(wanted, burst)
        empty_at = taken(rate, empty_at, now, count)
        left.append((now, count))
    for first in range(len(left)):
        for last in range(first, len(left)):
            seconds = (left[last][0] - left[first][0]).total_seconds()
            assert sum(count for _, count in left[first : last + 1]) <= seconds * per_second + burst + 0.01


def test_after_a_pause_a_burst_may_go_and_then_one_at_a_time() -> None:
    rate = Rate(10, burst=3)
    assert allowance(rate, BEGIN - timedelta(days=1), BEGIN, 8) == 3
    empty_at = taken(rate, BEGIN - timedelta(days=1), BEGIN, 3)
    assert allowance(rate, empty_at, BEGIN, 8) == 0
    assert allowance(rate, empty_at, BEGIN + timedelta(milliseconds=100), 8) == 1


def test_a_provider_that_keeps_failing_is_passed_over_and_then_tried_with_less_patience() -> None:
    circuits = Circuits()
    for _ in range(FAILURES - 1):
        circuits.failed("twilio", BEGIN)
    assert not circuits.is_open("twilio", BEGIN)
    circuits.failed("twilio", BEGIN)
    assert circuits.is_open("twilio", BEGIN)
    assert not circuits.is_open("sms_http", BEGIN)
    later = BEGIN + PASSED_OVER
    assert not circuits.is_open("twilio", later)
    circuits.failed("twilio", later)
    assert circuits.is_open("twilio", later)
    circuits.succeeded("twilio")
    assert not circuits.is_open("twilio", later)


def test_a_provider_is_back_when_it_first_works_and_after_it_was_passed_over_but_not_after_a_stumble() -> None:
    circuits = Circuits()
    assert circuits.succeeded("twilio")
    assert not circuits.succeeded("twilio")
    circuits.failed("twilio", BEGIN)
    assert not circuits.succeeded("twilio")
    for _ in range(FAILURES):
        circuits.failed("twilio", BEGIN)
    assert circuits.succeeded("twilio")
    assert not circuits.succeeded("twilio")
