"""The life of one message: from planned to a final word, and never back to where it could leave twice."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest

from services.notifier.domain.delivery import (
    RETRIES,
    STATE_OF_RECEIPT,
    TRANSITIONS,
    VERDICT_OF,
    WAITING,
    State,
    may_become,
    sources_of,
)
from shared.contracts.vocabulary import Verdict

LEFT = {State.IN_FLIGHT, State.ACCEPTED, State.DELIVERED, State.READ, State.BOUNCED, State.UNKNOWN}
ENDED = {State.READ, State.FAILED, State.SUPERSEDED, State.SUPPRESSED, State.EXPIRED}


def test_the_table_knows_every_state() -> None:
    assert set(TRANSITIONS) == set(State)


@pytest.mark.parametrize("state", sorted(LEFT - {State.IN_FLIGHT}))
def test_what_may_have_left_never_comes_to_a_state_from_which_it_could_leave_again(state: State) -> None:
    seen, ahead = set[State](), [state]
    while ahead:
        here = ahead.pop()
        seen.add(here)
        ahead += [then for then in TRANSITIONS[here] if then not in seen]
    assert not seen & (WAITING | {State.IN_FLIGHT})


def test_out_of_flight_the_only_way_back_is_the_channels_certain_word_that_nothing_was_sent() -> None:
    assert TRANSITIONS[State.IN_FLIGHT] & WAITING == {State.FROZEN}
    assert State.PLANNED not in TRANSITIONS[State.IN_FLIGHT] | TRANSITIONS[State.UNKNOWN]


@pytest.mark.parametrize("state", sorted(WAITING))
def test_what_has_not_left_can_still_be_called_off(state: State) -> None:
    assert {State.SUPERSEDED, State.SUPPRESSED, State.EXPIRED, State.FAILED} <= TRANSITIONS[state]


@pytest.mark.parametrize("state", sorted(ENDED))
def test_an_end_is_an_end(state: State) -> None:
    assert TRANSITIONS[state] == frozenset()


def test_nothing_ends_without_a_word_to_the_order() -> None:
    assert ENDED | {State.UNKNOWN, State.ACCEPTED, State.DELIVERED, State.BOUNCED} <= set(VERDICT_OF)
    assert not {State.FROZEN, State.CLAIMED, State.IN_FLIGHT} & set(VERDICT_OF)


def test_sources_are_the_table_read_backwards() -> None:
    for state in State:
        assert sources_of(state) == {source for source in State if may_become(source, state)}


@pytest.mark.parametrize("verdict", sorted(STATE_OF_RECEIPT))
def test_a_receipt_may_come_before_our_own_answer_is_recorded_and_may_resolve_a_doubt(verdict: Verdict) -> None:
    assert {State.IN_FLIGHT, State.UNKNOWN} <= sources_of(STATE_OF_RECEIPT[verdict])


def test_the_pauses_between_attempts_grow_and_then_the_message_is_given_up() -> None:
    pauses = [RETRIES.pause_after(attempts) for attempts in range(1, 9)]
    known = [pause for pause in pauses if pause is not None]
    assert len(known) == 8
    assert all(earlier < later for earlier, later in pairwise(known))
    assert known[0] == timedelta(seconds=2)
    assert RETRIES.pause_after(9) is None
