"""When what was certainly not sent is tried again."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.retries import (
    LONGEST_RETRY_AFTER,
    PATIENT,
    URGENT,
    Failed,
    RetrySchedule,
    pause_before_next,
)

NOW = datetime(2026, 3, 24, 12, tzinfo=UTC)
FIRST = Failed(attempts=1, urgent=False, wished=None, expires_at=NOW + timedelta(days=7))


@pytest.mark.parametrize("schedule", [PATIENT, URGENT])
def test_the_pauses_grow_and_then_the_message_is_given_up(schedule: RetrySchedule) -> None:
    assert all(earlier < later for earlier, later in pairwise(schedule.pauses))
    assert schedule.pause_after(len(schedule.pauses)) == schedule.pauses[-1]
    assert schedule.pause_after(len(schedule.pauses) + 1) is None


@pytest.mark.parametrize("schedule", [PATIENT, URGENT])
def test_who_waits_for_a_provider_that_is_away_is_never_given_up_while_it_is_worth_telling(
    schedule: RetrySchedule,
) -> None:
    long_since = replace(FIRST, attempts=100, urgent=schedule is URGENT, away=True)
    assert pause_before_next(long_since, NOW, 0) == schedule.pauses[-1]
    assert pause_before_next(replace(long_since, expires_at=NOW + timedelta(minutes=1)), NOW, 0) is None
    assert pause_before_next(replace(long_since, away=False), NOW, 0) is None


def test_what_is_urgent_is_tried_sooner_and_more_often() -> None:
    assert sum(URGENT.pauses[:6], timedelta(0)) < sum(PATIENT.pauses[:6], timedelta(0))
    assert len(URGENT.pauses) > len(PATIENT.pauses)


def test_the_providers_wish_is_granted_when_it_is_longer_and_not_beyond_all_measure() -> None:
    assert pause_before_next(replace(FIRST, wished=timedelta(minutes=1)), NOW, 0) == timedelta(minutes=1)
    assert pause_before_next(replace(FIRST, wished=timedelta(seconds=1)), NOW, 0) == PATIENT.pauses[0]
    assert pause_before_next(replace(FIRST, wished=timedelta(days=7)), NOW, 0) == LONGEST_RETRY_AFTER


@given(
    attempts=st.integers(1, 20),
    urgent=st.booleans(),
    wished=st.none() | st.timedeltas(timedelta(0), timedelta(days=1)),
    left=st.timedeltas(timedelta(0), timedelta(days=7)),
    chance=st.floats(0, 1),
    away=st.booleans(),
)
def test_nothing_is_tried_after_its_time(
    attempts: int, urgent: bool, wished: timedelta | None, left: timedelta, chance: float, away: bool
) -> None:
    pause = pause_before_next(Failed(attempts, urgent, wished, NOW + left, away), NOW, chance)
    if pause is not None:
        assert timedelta(0) < pause < left
        pauses = (URGENT if urgent else PATIENT).pauses
        assert pause <= max(pauses[min(attempts, len(pauses)) - 1], LONGEST_RETRY_AFTER) * 1.25
