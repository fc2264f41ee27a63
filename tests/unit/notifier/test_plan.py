"""Who hears a step, on which channel, now or later, or not and why: one verdict for each recipient and channel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.notifier.domain.delivery import State
from services.notifier.domain.plan import (
    TRUE_FOR_OTHERWISE,
    URGENT,
    Planned,
    Recipient,
    Rules,
    StepFacts,
    after_quiet_hours,
    plan,
)
from shared.contracts.vocabulary import Channel, Step

EMAIL, SMS, WHATSAPP = Channel.EMAIL, Channel.SMS, Channel.WHATSAPP
NOON = datetime(2026, 3, 24, 12, tzinfo=UTC)
MIDNIGHT = datetime(2026, 3, 24, 0, 30, tzinfo=UTC)
GROUPS = ((EMAIL,), (WHATSAPP, SMS))
NIGHT = (time(22), time(8))

SHIPPED = StepFacts(
    step=Step.SHIPPED,
    parcel="seur/1",
    sequence=1,
    occurred_at=NOON - timedelta(minutes=5),
    still_true=True,
    silenced=False,
    buyer_must_act=False,
    zone="Europe/Madrid",
)
LUCIA = Recipient("buyer", frozenset(Channel), frozenset({WHATSAPP}))
RULES = Rules(groups=GROUPS, groups_for_step=GROUPS, installed=frozenset(Channel))


def verdicts(
    step: StepFacts = SHIPPED, recipients: Sequence[Recipient] = (LUCIA,), rules: Rules = RULES, now: datetime = NOON
) -> dict[tuple[str, Channel], tuple[State, str]]:
    return {(one.recipient, one.channel): (one.state, one.reason) for one in plan(step, recipients, rules, now)}


def told(step: StepFacts = SHIPPED, recipient: Recipient = LUCIA, rules: Rules = RULES) -> set[Channel]:
    return {
        channel for (_, channel), (state, _) in verdicts(step, [recipient], rules).items() if state is State.PLANNED
    }


def test_each_group_tells_once_through_its_first_channel_that_reaches_the_buyer() -> None:
    assert verdicts() == {
        ("buyer", EMAIL): (State.PLANNED, "due"),
        ("buyer", WHATSAPP): (State.PLANNED, "due"),
        ("buyer", SMS): (State.STANDBY, "told_by_whatsapp"),
    }


@pytest.mark.parametrize(
    ("recipient", "channel", "reason"),
    [
        (replace(LUCIA, reachable=frozenset({WHATSAPP, SMS})), EMAIL, "no_address"),
        (replace(LUCIA, consents=frozenset()), WHATSAPP, "no_consent"),
        (replace(LUCIA, reachable=frozenset({EMAIL})), SMS, "no_address"),
    ],
)
def test_a_channel_that_does_not_reach_somebody_says_why(recipient: Recipient, channel: Channel, reason: str) -> None:
    assert verdicts(recipients=[recipient])[("buyer", channel)] == (State.SUPPRESSED, reason)


def test_without_consent_for_whatsapp_the_group_tells_by_sms() -> None:
    assert told(recipient=replace(LUCIA, consents=frozenset())) == {EMAIL, SMS}


def test_a_channel_that_is_not_installed_is_passed_over() -> None:
    rules = replace(RULES, installed=frozenset({EMAIL, SMS}))
    assert verdicts(rules=rules)[("buyer", WHATSAPP)] == (State.SUPPRESSED, "channel_not_installed")
    assert told(rules=rules) == {EMAIL, SMS}


def test_a_step_that_the_shop_tells_by_mail_alone_says_so_on_the_other_channels() -> None:
    rules = replace(RULES, groups_for_step=((EMAIL,),))
    assert verdicts(rules=rules)[("buyer", SMS)] == (State.SUPPRESSED, "not_for_this_step")
    assert told(rules=rules) == {EMAIL}


@pytest.mark.parametrize(
    ("step", "verdict"),
    [
        (replace(SHIPPED, still_true=False), (State.SUPERSEDED, "later_facts_known")),
        (replace(SHIPPED, silenced=True), (State.SUPPRESSED, "shop_asked_for_silence")),
        (replace(SHIPPED, occurred_at=NOON - TRUE_FOR_OTHERWISE), (State.EXPIRED, "too_old_to_tell")),
        (
            replace(SHIPPED, step=Step.OUT_FOR_DELIVERY, occurred_at=NOON - timedelta(hours=14)),
            (State.EXPIRED, "too_old_to_tell"),
        ),
        (replace(SHIPPED, still_true=False, silenced=True), (State.SUPERSEDED, "later_facts_known")),
    ],
)
def test_what_must_not_be_told_at_all_has_the_same_reason_on_every_channel(
    step: StepFacts, verdict: tuple[State, str]
) -> None:
    assert set(verdicts(step).values()) == {verdict}


def test_yesterdays_step_is_told_but_yesterdays_out_for_delivery_is_not() -> None:
    yesterday = NOON - timedelta(days=1)
    assert told(replace(SHIPPED, occurred_at=yesterday)) == {EMAIL, WHATSAPP}
    assert told(replace(SHIPPED, step=Step.OUT_FOR_DELIVERY, occurred_at=yesterday)) == set()


def test_everybody_named_has_a_verdict_of_their_own() -> None:
    receiver = Recipient("receiver", frozenset({SMS}), frozenset())
    assert {role for role, _ in verdicts(recipients=[LUCIA, receiver])} == {"buyer", "receiver"}
    assert verdicts(recipients=[LUCIA, receiver])[("receiver", SMS)] == (State.PLANNED, "due")


def test_at_night_a_step_waits_for_the_morning_of_the_buyers_zone() -> None:
    (mail, *_) = plan(SHIPPED, [LUCIA], replace(RULES, quiet=NIGHT), MIDNIGHT)
    assert mail.not_before == datetime(2026, 3, 24, 7, tzinfo=UTC)
    (mail, *_) = plan(replace(SHIPPED, zone="America/Santiago"), [LUCIA], replace(RULES, quiet=NIGHT), MIDNIGHT)
    assert mail.not_before == MIDNIGHT


@pytest.mark.parametrize("step", sorted(URGENT))
def test_what_the_buyer_must_know_today_does_not_wait_for_the_morning(step: Step) -> None:
    (mail, *_) = plan(replace(SHIPPED, step=step), [LUCIA], replace(RULES, quiet=NIGHT), MIDNIGHT)
    assert mail.not_before == MIDNIGHT


MADRID = "Europe/Madrid"


@pytest.mark.parametrize(
    ("now", "quiet", "ends"),
    [
        ("2026-03-24T21:00+00:00", NIGHT, "2026-03-25T07:00+00:00"),
        ("2026-03-24T20:59+00:00", NIGHT, "2026-03-24T20:59+00:00"),
        ("2026-03-24T07:00+00:00", NIGHT, "2026-03-24T07:00+00:00"),
        ("2026-03-24T13:30+00:00", (time(14), time(16)), "2026-03-24T15:00+00:00"),
        ("2026-03-24T13:30+00:00", (time(8), time(8)), "2026-03-24T13:30+00:00"),
        # The night in which clocks go forward is an hour shorter, the one in which they go back an hour longer.
        ("2026-03-28T22:00+00:00", NIGHT, "2026-03-29T06:00+00:00"),
        ("2026-10-24T21:00+00:00", NIGHT, "2026-10-25T07:00+00:00"),
        # 02:30 comes twice that night; who is in the second 02:15 waits for the second 02:30.
        ("2026-10-25T01:15+00:00", (time(22), time(2, 30)), "2026-10-25T01:30+00:00"),
        ("2026-10-25T00:15+00:00", (time(22), time(2, 30)), "2026-10-25T00:30+00:00"),
    ],
)
def test_quiet_hours_end_at_their_local_time_also_when_clocks_change(
    now: str, quiet: tuple[time, time], ends: str
) -> None:
    assert after_quiet_hours(datetime.fromisoformat(now), MADRID, *quiet) == datetime.fromisoformat(ends)


times = st.times().map(lambda moment: moment.replace(second=0, microsecond=0, tzinfo=None))
zones = st.sampled_from(
    ["Europe/Madrid", "America/Santiago", "America/Havana", "Asia/Kathmandu", "Australia/Lord_Howe"]
)
CHANGES = [  # of the clocks: Madrid, Havana (over midnight), Santiago (over midnight), Lord Howe (half an hour)
    datetime.fromisoformat(f"{instant}+00:00")
    for instant in (
        *("2026-03-29T01:00", "2026-10-25T01:00", "2026-03-08T05:00", "2026-11-01T05:00"),
        *("2026-04-05T03:00", "2026-09-06T04:00", "2026-04-04T15:00", "2026-10-03T15:30"),
    )
]
moments = st.builds(
    lambda change, minutes: change + timedelta(minutes=minutes), st.sampled_from(CHANGES), st.integers(-1_800, 600)
)


@settings(max_examples=400)
@given(now=moments, zone=zones, begin=times, end=times)
def test_a_message_waits_less_than_a_day_and_never_goes_back_in_time(
    now: datetime, zone: str, begin: time, end: time
) -> None:
    after = after_quiet_hours(now, zone, begin, end)
    assert now <= after <= now + timedelta(hours=26)


@settings(max_examples=400)
@given(now=moments, zone=zones, begin=times, end=times)
def test_after_the_wait_it_is_not_quiet_any_more(now: datetime, zone: str, begin: time, end: time) -> None:
    after = after_quiet_hours(now, zone, begin, end)
    local = after.astimezone(ZoneInfo(zone)).time()
    quiet = begin <= local < end if begin <= end else local >= begin or local < end
    assert not quiet


channel_sets = st.frozensets(st.sampled_from(Channel))
rules = st.builds(
    Rules,
    groups=st.permutations(list(Channel)).flatmap(
        lambda order: st.sampled_from(
            [(tuple(order),), (tuple(order[:1]), tuple(order[1:])), tuple((c,) for c in order)]
        )
    ),
    groups_for_step=channel_sets.map(lambda allowed: (tuple(sorted(allowed)),)),
    installed=channel_sets,
    quiet=st.none() | st.tuples(times, times),
)
recipients = st.builds(Recipient, st.sampled_from(["buyer", "receiver"]), channel_sets, channel_sets)


@given(rules=rules, recipient=recipients, step=st.sampled_from(Step))
def test_every_channel_has_exactly_one_verdict_and_each_group_plans_at_most_one_that_it_may_use(
    rules: Rules, recipient: Recipient, step: Step
) -> None:
    planned = plan(replace(SHIPPED, step=step), [recipient], rules, NOON)
    assert sorted(one.channel for one in planned) == sorted(Channel)
    for group in rules.groups:
        going = [one for one in planned if one.channel in group and one.state is State.PLANNED]
        assert len(going) <= 1
        assert all(usable(one, recipient, rules) for one in going)
        if not going:
            assert not any(usable(one, recipient, rules) for one in planned if one.channel in group)


def usable(one: Planned, recipient: Recipient, rules: Rules) -> bool:
    allowed = {channel for group in rules.groups_for_step for channel in group}
    consent = one.channel is not WHATSAPP or one.channel in recipient.consents
    return one.channel in allowed & rules.installed & recipient.reachable and consent


@pytest.mark.parametrize(
    "step", [SHIPPED, replace(SHIPPED, still_true=False), replace(SHIPPED, silenced=True)], ids=["true", "late", "mute"]
)
def test_of_an_order_whose_contact_was_erased_nobody_is_told_and_the_reason_says_so(step: StepFacts) -> None:
    assert set(verdicts(replace(step, erased=True)).values()) == {(State.SUPPRESSED, "erased")}
