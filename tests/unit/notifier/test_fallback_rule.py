"""One group of channels tells once; the next takes its turn only when all before it are given up."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.delivery import State
from services.notifier.domain.fallback import (
    OTHERWISE_AFTER,
    TELLING,
    URGENT_AFTER,
    Member,
    deadline_for,
    next_to_tell,
    reason_of,
)


def group(*states: State) -> list[Member]:
    return [Member(UUID(int=rank), rank, state) for rank, state in enumerate(states)]


FIRST, SECOND, THIRD = (UUID(int=rank) for rank in range(3))
STANDBY = State.STANDBY


@pytest.mark.parametrize("ended", [State.FAILED, State.BOUNCED])
def test_the_next_channel_tells_when_the_first_has_failed(ended: State) -> None:
    assert next_to_tell(group(ended, STANDBY, STANDBY), {FIRST}) == SECOND


def test_the_third_tells_when_the_second_has_failed_too() -> None:
    assert next_to_tell(group(State.FAILED, State.BOUNCED, STANDBY), {SECOND}) == THIRD


def test_a_channel_that_was_suppressed_is_not_asked() -> None:
    assert next_to_tell(group(State.FAILED, State.SUPPRESSED, STANDBY), {FIRST}) == THIRD


@pytest.mark.parametrize("state", sorted(TELLING))
def test_nobody_takes_over_while_another_channel_tells_or_may_have_told(state: State) -> None:
    assert next_to_tell(group(State.FAILED, state, STANDBY), {FIRST}) is None


@pytest.mark.parametrize("state", [State.UNKNOWN, State.ACCEPTED])
def test_what_is_in_doubt_or_owes_its_receipt_is_passed_once_it_is_given_up(state: State) -> None:
    assert next_to_tell(group(state, STANDBY), {FIRST}) == SECOND
    assert next_to_tell(group(state, STANDBY), set()) is None


@given(st.lists(st.sampled_from(list(State)), min_size=1, max_size=5))
def test_whoever_takes_over_stood_by_and_nobody_else_could_be_telling(states: list[State]) -> None:
    members = group(*states)
    found = next_to_tell(members, ())
    telling = [state for state in states if state in TELLING]
    if found is None:
        assert telling or STANDBY not in states
    else:
        assert not telling
        assert found == next(member.id for member in members if member.state is STANDBY)


def test_the_reason_names_the_channel_that_could_not() -> None:
    assert reason_of("whatsapp", "whatsapp_131026_undeliverable") == "whatsapp_131026_undeliverable"
    assert reason_of("sms", "twilio_30003_unreachable_handset") == "sms_twilio_30003_unreachable_handset"


def test_what_is_urgent_waits_less_for_a_channel_and_the_shops_word_wins() -> None:
    assert deadline_for(urgent=True, wished=None) == URGENT_AFTER < OTHERWISE_AFTER
    assert deadline_for(urgent=False, wished=None) == OTHERWISE_AFTER
    assert deadline_for(urgent=False, wished=URGENT_AFTER / 3) == URGENT_AFTER / 3
