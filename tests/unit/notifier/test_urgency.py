"""When a message may leave: minute by minute over days on which clocks change, in zones that each do it their way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.notifier.domain.delivery import State
from services.notifier.domain.plan import Recipient, Rules, StepFacts, plan
from services.notifier.domain.urgency import (
    TIMINGS,
    Quiet,
    Urgency,
    may_leave_at,
    quiet_again_at,
    urgency_of,
)
from shared.contracts.vocabulary import Channel, Step

MINUTE = timedelta(minutes=1)
MADRID = "Europe/Madrid"
NIGHT = (time(22), time(8))
CHANGES = {  # of the clocks, forward and back, each at its instant
    "Europe/Madrid": ("2026-03-29T01:00", "2026-10-25T01:00"),
    "America/Santiago": ("2026-09-06T04:00", "2026-04-05T03:00"),  # forward over midnight: that day begins at 01:00
    "America/Havana": ("2026-03-08T05:00", "2026-11-01T05:00"),  # over midnight both ways
    "Australia/Lord_Howe": ("2026-10-03T15:30", "2026-04-04T15:00"),  # by half an hour
    "Africa/Cairo": ("2026-04-23T22:00", "2026-10-29T21:00"),  # over midnight, into the day before
    "Pacific/Apia": ("2011-12-30T10:00", "2012-03-31T14:00"),  # skipped a whole day once
}
HOURS = {
    "the night": NIGHT,
    "from midnight": (time(0), time(7, 30)),
    "into the hour that changes": (time(22), time(2, 30)),
    "out of the hour that changes": (time(2, 15), time(9)),
    "the hour that changes": (time(0, 15), time(2, 45)),
    "noon": (time(13), time(16)),
}
BUYER = Recipient("buyer", frozenset({Channel.EMAIL}), frozenset())


def is_quiet(at: datetime, zone: str, hours: tuple[time, time]) -> bool:
    """By the clock on the wall."""
    begin, end = hours
    wall = at.astimezone(ZoneInfo(zone)).time()
    return begin <= wall < end if begin <= end else not end <= wall < begin


def two_days_around(change: str) -> Iterator[datetime]:
    first = datetime.fromisoformat(f"{change}+00:00") - timedelta(days=1)
    return (first + minute * MINUTE for minute in range(2 * 24 * 60))


def facts(step: Step, zone: str, at: datetime) -> StepFacts:
    return StepFacts(step, "seur/1", 1, at, True, False, False, zone)


@pytest.mark.parametrize("hours", HOURS.values(), ids=HOURS)
@pytest.mark.parametrize(("zone", "change"), [(zone, each) for zone, both in CHANGES.items() for each in both])
def test_at_no_minute_of_two_clock_change_days_does_a_message_leave_in_quiet_hours_or_wait_longer_than_they_last(
    zone: str, change: str, hours: tuple[time, time]
) -> None:
    quiet = Quiet(zone, *hours)
    minutes = list(two_days_around(change))
    loud = [not is_quiet(minute, zone, hours) for minute in minutes]
    next_loud = next_quiet = None
    for minute, may in reversed(list(zip(minutes, loud, strict=True))):
        next_loud, next_quiet = (minute, next_quiet) if may else (next_loud, minute)
        leaves = may_leave_at(Urgency.NORMAL, minute, quiet, minute)
        if next_loud is not None:
            assert leaves == next_loud
        if may and next_quiet is not None:
            assert quiet_again_at(Urgency.NORMAL, leaves, quiet) == next_quiet
        assert may_leave_at(Urgency.URGENT, minute, quiet, minute) == minute


@pytest.mark.parametrize("step", {timing: step for step, timing in TIMINGS.items()}.values())
@pytest.mark.parametrize(("zone", "change"), [(zone, each) for zone, both in CHANGES.items() for each in both])
def test_a_message_planned_in_any_minute_may_leave_only_outside_quiet_hours_unless_urgent_and_before_its_time_is_over(
    zone: str, change: str, step: Step
) -> None:
    rules = Rules(((Channel.EMAIL,),), ((Channel.EMAIL,),), frozenset(Channel), NIGHT)
    timing = TIMINGS[step]
    for minute in two_days_around(change):
        happened = minute - timing.true_for + timedelta(hours=4)  # four hours are left to tell it
        (planned,) = plan(facts(step, zone, happened), [BUYER], rules, minute)
        assert planned.expires_at == happened + timing.true_for
        if planned.state is State.EXPIRED:
            assert timing.urgency is not Urgency.URGENT
            assert planned.reason == "quiet_until_too_late"
            assert all(is_quiet(minute + hour * timedelta(hours=1), zone, NIGHT) for hour in range(4))
            continue
        assert planned.state is State.PLANNED
        assert minute <= planned.not_before < planned.expires_at
        assert timing.urgency is Urgency.URGENT or not is_quiet(planned.not_before, zone, NIGHT)
        last = (planned.quiet_at or planned.expires_at) - MINUTE
        assert timing.urgency is Urgency.URGENT or not is_quiet(last, zone, NIGHT)


@pytest.mark.parametrize(
    ("now", "hours", "ends"),
    [
        ("2026-03-24T21:00+00:00", NIGHT, "2026-03-25T07:00+00:00"),
        ("2026-03-24T20:59+00:00", NIGHT, "2026-03-24T20:59+00:00"),
        ("2026-03-24T07:00+00:00", NIGHT, "2026-03-24T07:00+00:00"),
        ("2026-03-24T13:30+00:00", (time(14), time(16)), "2026-03-24T15:00+00:00"),
        ("2026-03-24T13:30+00:00", (time(8), time(8)), "2026-03-24T13:30+00:00"),
        # The night in which clocks go forward is an hour shorter, the one in which they go back an hour longer.
        ("2026-03-28T22:00+00:00", NIGHT, "2026-03-29T06:00+00:00"),
        ("2026-10-24T21:00+00:00", NIGHT, "2026-10-25T07:00+00:00"),
        # 02:30 never comes that night: at 03:00 it is over.
        ("2026-03-28T23:30+00:00", (time(22), time(2, 30)), "2026-03-29T01:00+00:00"),
        # 02:30 comes twice that night; who is in the second 02:15 waits for the second 02:30.
        ("2026-10-25T01:15+00:00", (time(22), time(2, 30)), "2026-10-25T01:30+00:00"),
        ("2026-10-25T00:15+00:00", (time(22), time(2, 30)), "2026-10-25T00:30+00:00"),
    ],
)
def test_quiet_hours_end_at_their_local_time_also_when_clocks_change(
    now: str, hours: tuple[time, time], ends: str
) -> None:
    assert Quiet(MADRID, *hours).over_at(datetime.fromisoformat(now)) == datetime.fromisoformat(ends)


def test_quiet_hours_can_begin_again_when_the_clock_goes_back() -> None:
    quiet = Quiet(MADRID, time(22), time(2, 30))
    assert quiet.next_after(datetime(2026, 10, 25, 0, 45, tzinfo=UTC)) == datetime(2026, 10, 25, 1, 0, tzinfo=UTC)


times = st.times().map(lambda moment: moment.replace(tzinfo=None))
around_changes = st.builds(
    lambda change, away: datetime.fromisoformat(f"{change}+00:00") + away,
    st.sampled_from([each for both in CHANGES.values() for each in both]),
    st.timedeltas(timedelta(hours=-30), timedelta(hours=10)),
)


@settings(max_examples=400)
@given(now=around_changes, zone=st.sampled_from(sorted(CHANGES)), begin=times, end=times)
def test_a_message_waits_at_most_a_long_day_never_goes_back_in_time_and_leaves_when_it_is_not_quiet(
    now: datetime, zone: str, begin: time, end: time
) -> None:
    quiet = Quiet(zone, begin, end)
    leaves = may_leave_at(Urgency.NORMAL, now, quiet, now)
    assert now <= leaves <= now + timedelta(hours=26)
    assert not is_quiet(leaves, zone, (begin, end)) or begin == end
    assert may_leave_at(Urgency.NORMAL, leaves, quiet, now) == leaves
    until = quiet_again_at(Urgency.NORMAL, leaves, quiet)
    assert (until is None) is (begin == end)
    if until is not None:
        assert is_quiet(until, zone, (begin, end))
        assert until > leaves


def test_a_message_that_was_put_back_leaves_neither_in_the_past_nor_before_its_pause_is_over() -> None:
    quiet, evening = Quiet(MADRID, *NIGHT), datetime(2026, 3, 24, 20, 59, tzinfo=UTC)
    assert may_leave_at(Urgency.NORMAL, evening - timedelta(hours=3), quiet, evening) == evening
    assert may_leave_at(Urgency.NORMAL, evening + MINUTE, quiet, evening) == datetime(2026, 3, 25, 7, tzinfo=UTC)
    assert may_leave_at(Urgency.URGENT, evening + MINUTE, quiet, evening) == evening + MINUTE


def test_every_step_has_its_urgency_and_its_time_and_none_is_worth_telling_for_more_than_a_week() -> None:
    assert set(TIMINGS) == set(Step)
    assert all(timedelta(hours=1) <= timing.true_for <= timedelta(days=7) for timing in TIMINGS.values())


def test_what_the_buyer_must_act_upon_is_never_optional() -> None:
    assert urgency_of(Step.IN_TRANSIT, buyer_must_act=False) is Urgency.OPTIONAL
    for step in Step:
        assert urgency_of(step, buyer_must_act=True) is not Urgency.OPTIONAL


def test_what_is_too_old_when_the_night_is_over_is_not_told_late_and_says_why() -> None:
    midnight = datetime(2026, 3, 24, 23, tzinfo=UTC)
    rules = Rules(((Channel.EMAIL,),), ((Channel.EMAIL,),), frozenset(Channel), NIGHT)
    shipped = facts(Step.SHIPPED, MADRID, midnight - timedelta(days=6, hours=20))
    (late,) = plan(shipped, [BUYER], rules, midnight)
    assert (late.state, late.reason) == (State.EXPIRED, "quiet_until_too_late")
    (fresh,) = plan(replace(shipped, occurred_at=midnight), [BUYER], rules, midnight)
    assert (fresh.state, fresh.not_before) == (State.PLANNED, datetime(2026, 3, 25, 7, tzinfo=UTC))
