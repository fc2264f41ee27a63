"""Who hears a step, on which channel, now or later, or not and why: one verdict for each recipient and channel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.delivery import State
from services.notifier.domain.plan import (
    Planned,
    Recipient,
    Rules,
    StepFacts,
    plan,
)
from services.notifier.domain.urgency import TIMINGS, Urgency, true_for
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
        (replace(SHIPPED, occurred_at=NOON - true_for(Step.SHIPPED)), (State.EXPIRED, "too_old_to_tell")),
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


@pytest.mark.parametrize("step", [step for step, timing in TIMINGS.items() if timing.urgency is Urgency.URGENT])
def test_what_the_buyer_must_know_today_does_not_wait_for_the_morning(step: Step) -> None:
    (mail, *_) = plan(replace(SHIPPED, step=step), [LUCIA], replace(RULES, quiet=NIGHT), MIDNIGHT)
    assert mail.not_before == MIDNIGHT


times = st.times().map(lambda moment: moment.replace(second=0, microsecond=0, tzinfo=None))
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
roles = st.sampled_from(["buyer", "receiver", "receiver-2"])
recipients = st.builds(Recipient, roles, *[channel_sets] * 5)
facts = st.builds(
    lambda step, **wishes: replace(SHIPPED, step=step, **wishes),
    st.sampled_from(Step),
    still_true=st.booleans(),
    silenced=st.booleans(),
    buyer_must_act=st.booleans(),
    gift=st.booleans(),
    occurred_at=st.sampled_from([NOON, NOON - timedelta(hours=20), NOON - timedelta(days=8)]),
)
moments = st.integers(0, 24 * 60).map(lambda minute: NOON + timedelta(minutes=minute))


@given(rules=rules, people=st.lists(recipients, unique_by=lambda one: one.role), step=facts, now=moments)
def test_each_recipient_has_exactly_one_verdict_with_its_reason_for_each_channel_of_the_shop_whatever_is_wished(
    rules: Rules, people: list[Recipient], step: StepFacts, now: datetime
) -> None:
    planned = plan(step, people, rules, now)
    assert sorted((one.recipient, one.channel) for one in planned) == sorted(
        (person.role, channel) for person in people for channel in Channel
    )
    assert all(one.reason for one in planned)
    begun = {State.PLANNED, State.STANDBY, State.SUPPRESSED, State.SUPERSEDED, State.EXPIRED}
    assert {one.state for one in planned} <= begun
    going = [one for one in planned if one.state is State.PLANNED]
    assert all(one.reason == "due" and now <= one.not_before < one.expires_at for one in going)


@given(rules=rules, recipient=recipients, step=st.sampled_from(Step))
def test_each_group_plans_at_most_one_channel_that_it_may_use(rules: Rules, recipient: Recipient, step: Step) -> None:
    planned = plan(replace(SHIPPED, step=step), [recipient], replace(rules, quiet=None), NOON)
    for group in rules.groups:
        going = [one for one in planned if one.channel in group and one.state is State.PLANNED]
        assert len(going) <= 1
        assert all(usable(one, recipient, rules) for one in going)
        if not going:
            assert not any(usable(one, recipient, rules) for one in planned if one.channel in group)


def usable(one: Planned, recipient: Recipient, rules: Rules) -> bool:
    allowed = {channel for group in rules.groups_for_step for channel in group} & rules.installed
    consent = one.channel is not WHATSAPP or one.channel in recipient.consents
    unwanted = recipient.opted_out | (recipient.necessary_only if one.urgency is Urgency.OPTIONAL else frozenset())
    return one.channel in (allowed & recipient.reachable) - recipient.dead - unwanted and consent


@pytest.mark.parametrize(
    ("recipient", "channel", "reason"),
    [
        (replace(LUCIA, opted_out=frozenset({EMAIL})), EMAIL, "buyer_opted_out"),
        (replace(LUCIA, opted_out=frozenset({WHATSAPP}), consents=frozenset()), WHATSAPP, "buyer_opted_out"),
        (replace(LUCIA, dead=frozenset({EMAIL})), EMAIL, "address_unreachable"),
    ],
)
def test_what_somebody_does_not_want_or_cannot_get_is_not_sent_and_says_why(
    recipient: Recipient, channel: Channel, reason: str
) -> None:
    assert verdicts(recipients=[recipient])[("buyer", channel)] == (State.SUPPRESSED, reason)


def test_when_whatsapp_is_unwanted_or_dead_the_group_tells_by_sms() -> None:
    assert told(recipient=replace(LUCIA, opted_out=frozenset({WHATSAPP}))) == {EMAIL, SMS}
    assert told(recipient=replace(LUCIA, dead=frozenset({WHATSAPP}))) == {EMAIL, SMS}


def test_whoever_does_without_what_is_optional_still_hears_all_the_rest_and_what_they_must_act_upon() -> None:
    sparing = replace(LUCIA, necessary_only=frozenset(Channel))
    silent = {step for step in Step if not told(replace(SHIPPED, step=step), sparing)}
    assert silent == {Step.PAYMENT_RECEIVED, Step.PREPARING, Step.IN_TRANSIT}
    assert told(replace(SHIPPED, step=Step.IN_TRANSIT, buyer_must_act=True), sparing) == {EMAIL, WHATSAPP}


def test_of_a_gift_only_the_buyer_hears_of_money() -> None:
    receiver = Recipient("receiver", frozenset({EMAIL}), frozenset())
    for step in (Step.PAYMENT_RECEIVED, Step.REFUNDED):
        gift = replace(SHIPPED, step=step, gift=True)
        heard = verdicts(gift, [LUCIA, receiver])
        assert heard[("buyer", EMAIL)] == (State.PLANNED, "due")
        assert heard[("receiver", EMAIL)] == (State.SUPPRESSED, "gift_hides_money")
        assert verdicts(replace(gift, gift=False), [receiver])[("receiver", EMAIL)] == (State.PLANNED, "due")
    assert told(replace(SHIPPED, gift=True), receiver) == {EMAIL}


@pytest.mark.parametrize(
    "step", [SHIPPED, replace(SHIPPED, still_true=False), replace(SHIPPED, silenced=True)], ids=["true", "late", "mute"]
)
def test_of_an_order_whose_contact_was_erased_nobody_is_told_and_the_reason_says_so(step: StepFacts) -> None:
    assert set(verdicts(replace(step, erased=True)).values()) == {(State.SUPPRESSED, "erased")}
