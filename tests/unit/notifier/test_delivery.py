"""The life of one message: from planned to a final word, and never back to where it could leave twice."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.delivery import (
    AGAIN,
    STATE_OF_RECEIPT,
    TRANSITIONS,
    VERDICT_OF,
    WAITING,
    State,
    receipt_sources,
    sources_of,
)
from shared.contracts.vocabulary import Channel, Verdict

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
        assert sources_of(state) == {source for source in State if state in TRANSITIONS[source]}


@pytest.mark.parametrize("verdict", sorted(STATE_OF_RECEIPT))
def test_a_receipt_may_come_before_our_own_answer_is_recorded_and_may_resolve_a_doubt(verdict: Verdict) -> None:
    assert {State.IN_FLIGHT, State.UNKNOWN} <= sources_of(STATE_OF_RECEIPT[verdict])


def test_out_of_doubt_two_doors_lead_to_another_attempt_and_no_other_way_does() -> None:
    assert {State.UNKNOWN: {State.IN_FLIGHT, State.FROZEN}} == AGAIN
    assert not any(TRANSITIONS[state] & targets for state, targets in AGAIN.items())


def test_a_channel_on_standby_has_its_verdict_and_may_be_planned_or_called_off() -> None:
    assert VERDICT_OF[State.STANDBY] is Verdict.SUPPRESSED
    assert State.PLANNED in TRANSITIONS[State.STANDBY]
    assert not TRANSITIONS[State.STANDBY] & (LEFT | {State.FROZEN, State.CLAIMED})


KNOWN_OF_IT = (State.ACCEPTED, State.UNKNOWN)
"""What our own attempt can say of a message that left."""


def after(words: Iterable[State], channel: Channel) -> State:
    """Our own word and the receipts, each taken only where it may be."""
    state = State.IN_FLIGHT
    for word in words:
        sources = sources_of(word) if word in KNOWN_OF_IT else receipt_sources(word, channel)
        state = word if state in sources else state
    return state


@given(st.data())
def test_our_own_answer_and_the_receipts_end_the_same_in_whatever_order_and_number(
    data: st.DataObject,
) -> None:
    channel = data.draw(st.sampled_from(list(Channel)))
    receipts = data.draw(st.lists(st.sampled_from(sorted(set(STATE_OF_RECEIPT.values()))), max_size=5))
    words = [data.draw(st.sampled_from(KNOWN_OF_IT)), *receipts]
    best = [State.UNKNOWN, State.ACCEPTED, State.BOUNCED, State.DELIVERED, State.READ]
    if channel is Channel.EMAIL:
        best[2:4] = [State.DELIVERED, State.BOUNCED]
    expected = max(words, key=best.index)
    shuffled = data.draw(st.permutations([*words, *receipts]))
    assert after(words, channel) == after(shuffled, channel) == expected
