"""What may be done about a message in doubt, and when it is looked at again."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.notifier.domain.delivery import State
from services.notifier.domain.doubt import (
    ROUNDS,
    Doubt,
    Means,
    is_overtaken,
    is_settled,
    may_repeat,
    next_round,
    policy_is_due,
)
from services.notifier.domain.plan import Told
from shared.contracts.vocabulary import Channel, Step

AROSE = datetime(2026, 3, 24, 12, tzinfo=UTC)
HOLD = timedelta(minutes=2)
WINDOW = timedelta(hours=1)
NOTHING, KEYED, ASKED = Means(None, lookup=False), Means(WINDOW, lookup=False), Means(None, lookup=True)
DOUBT = Doubt(
    since=AROSE,
    first_tried=AROSE - timedelta(seconds=30),
    last_tried=AROSE - timedelta(seconds=30),
    expires_at=AROSE + timedelta(days=1),
    rounds=1,
    given_up=False,
)


def test_only_a_provider_that_recognises_a_key_is_sent_the_same_bytes_again() -> None:
    assert may_repeat(DOUBT, KEYED, AROSE)
    assert not may_repeat(DOUBT, NOTHING, AROSE)
    assert not may_repeat(DOUBT, ASKED, AROSE)


def test_it_is_not_repeated_when_the_key_may_be_forgotten_or_the_step_is_too_old() -> None:
    assert may_repeat(DOUBT, KEYED, DOUBT.first_tried + WINDOW * 0.8)
    assert not may_repeat(DOUBT, KEYED, DOUBT.first_tried + WINDOW * 0.9)
    assert not may_repeat(replace(DOUBT, expires_at=AROSE), KEYED, AROSE)


def test_never_arrived_is_believed_only_when_no_attempt_can_still_be_on_its_way() -> None:
    settle = timedelta(seconds=10)
    assert not is_settled(DOUBT, AROSE + settle / 2, settle)
    assert is_settled(DOUBT, AROSE + settle, settle)
    repeated = replace(DOUBT, last_tried=AROSE + settle)
    assert not is_settled(repeated, AROSE + settle, settle)


def test_without_any_means_the_next_round_is_the_policy_and_then_there_is_none() -> None:
    assert next_round(DOUBT, NOTHING, AROSE, HOLD) == AROSE + HOLD
    assert policy_is_due(DOUBT, AROSE + HOLD, HOLD)
    assert next_round(DOUBT.after_policy(), NOTHING, AROSE + HOLD, HOLD) is None


@pytest.mark.parametrize("means", [KEYED, ASKED])
def test_a_provider_that_can_help_is_asked_often_at_first_and_rarely_later_and_not_for_ever(means: Means) -> None:
    now, doubt, seen = AROSE, DOUBT, list[datetime]()
    while (at := next_round(doubt, means, now, HOLD)) is not None:
        now = at
        seen.append(now)
        doubt = replace(doubt, rounds=doubt.rounds + 1, given_up=doubt.given_up or policy_is_due(doubt, now, HOLD))
    assert sum(at <= AROSE + timedelta(seconds=60) for at in seen) >= 5, "within a minute the doubt can be resolved"
    assert doubt.given_up, "the policy has had its turn"
    assert len(seen) <= len(ROUNDS) + 1


def told(step: Step, sequence: int, state: State, channel: Channel = Channel.SMS, recipient: str = "buyer") -> Told:
    about = "" if step in (Step.ORDER_CONFIRMED, Step.REFUNDED) else "seur/1"
    return Told(recipient, channel, step, about, sequence, buyer_must_act=False, state=state)


def test_a_message_is_not_repeated_once_a_later_step_has_made_it_untrue() -> None:
    shipped = told(Step.SHIPPED, 1, State.UNKNOWN)
    assert is_overtaken(shipped, [shipped, told(Step.DELIVERED, 2, State.PLANNED)])
    assert not is_overtaken(shipped, [shipped, told(Step.DELIVERED, 2, State.PLANNED, recipient="receiver")])


def test_a_message_is_not_repeated_after_a_later_one_has_left_on_its_channel() -> None:
    confirmed = told(Step.ORDER_CONFIRMED, 1, State.UNKNOWN)
    assert not is_overtaken(confirmed, [confirmed, told(Step.REFUNDED, 2, State.PLANNED)])
    assert is_overtaken(confirmed, [confirmed, told(Step.REFUNDED, 2, State.ACCEPTED)])
    assert not is_overtaken(confirmed, [confirmed, told(Step.REFUNDED, 2, State.ACCEPTED, Channel.EMAIL)])
