"""What a later step has made untrue is not told; what is still news is."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.delivery import WAITING, State
from services.notifier.domain.plan import Told, overtake
from shared.contracts.vocabulary import ABOUT_THE_ORDER, Channel, Step

S = Step


def told(step: Step, sequence: int, state: State = State.PLANNED, *, parcel: str = "seur/1", act: bool = False) -> Told:
    return Told("buyer", Channel.EMAIL, step, "" if step in ABOUT_THE_ORDER else parcel, sequence, act, state)


def overtaken(*messages: Told) -> dict[Step, str]:
    return {messages[position].step: reason for position, reason in overtake(messages).items()}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (S.SHIPPED, S.IN_TRANSIT),
        (S.IN_TRANSIT, S.OUT_FOR_DELIVERY),
        (S.OUT_FOR_DELIVERY, S.FAILED_ATTEMPT),
        (S.OUT_FOR_DELIVERY, S.DELIVERED),
        (S.FAILED_ATTEMPT, S.READY_FOR_PICKUP),
        (S.READY_FOR_PICKUP, S.DELIVERED),
        (S.DELAYED, S.DELIVERED),
        (S.DELIVERED, S.RETURNING),
        (S.PREPARING, S.SHIPPED),
        (S.SHIPPED, S.ORDER_CANCELLED),
        (S.ORDER_CONFIRMED, S.ORDER_CANCELLED),
    ],
)
def test_a_later_step_makes_an_earlier_one_old_news(old: Step, new: Step) -> None:
    assert overtaken(told(old, 1), told(new, 2)) == {old: f"overtaken_by_{new}"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (S.ORDER_CONFIRMED, S.PAYMENT_RECEIVED),
        (S.ORDER_CONFIRMED, S.SHIPPED),
        (S.PAYMENT_RECEIVED, S.DELIVERED),
        (S.REFUNDED, S.RETURNED),
        (S.DELIVERED, S.REFUNDED),
        (S.DELIVERED, S.ORDER_CANCELLED),
        # Somebody rang, and the van drove back to the depot: that they rang is still news.
        (S.FAILED_ATTEMPT, S.IN_TRANSIT),
        # The shop closed the order while the carrier still drove it around: "delivered" is not announced again.
        (S.DELIVERED, S.OUT_FOR_DELIVERY),
        (S.DELIVERED, S.IN_TRANSIT),
    ],
)
def test_what_is_still_news_is_told_although_more_has_happened(old: Step, new: Step) -> None:
    assert overtaken(told(old, 1), told(new, 2)) == {}


def test_trouble_in_which_the_buyer_must_act_survives_a_scan_on_the_way_and_not_the_delivery() -> None:
    duty = told(S.CUSTOMS, 1, act=True)
    assert overtaken(duty, told(S.IN_TRANSIT, 2)) == {}
    assert overtaken(duty, told(S.DELIVERED, 2)) == {S.CUSTOMS: "overtaken_by_delivered"}


def test_another_parcel_of_the_order_overtakes_nothing() -> None:
    assert overtaken(told(S.SHIPPED, 1), told(S.DELIVERED, 2, parcel="seur/2")) == {}


@pytest.mark.parametrize("state", sorted(set(State) - WAITING))
def test_a_message_that_has_left_or_ended_is_not_called_off(state: State) -> None:
    assert overtaken(told(S.SHIPPED, 1, state), told(S.DELIVERED, 2)) == {}


@pytest.mark.parametrize("state", [State.SUPPRESSED, State.EXPIRED, State.FAILED, State.SUPERSEDED])
def test_a_step_that_this_channel_does_not_tell_leaves_the_earlier_one_to_be_told(state: State) -> None:
    assert overtaken(told(S.SHIPPED, 1), told(S.IN_TRANSIT, 2, state)) == {}


def test_the_end_of_a_parcel_makes_old_news_even_where_it_is_told_on_another_channel() -> None:
    on_sms = replace(told(S.DELIVERED, 2), channel=Channel.SMS)
    silent = replace(told(S.DELIVERED, 2, State.SUPPRESSED))
    assert overtaken(told(S.OUT_FOR_DELIVERY, 1), on_sms) == {S.OUT_FOR_DELIVERY: "overtaken_by_delivered"}
    assert overtaken(told(S.OUT_FOR_DELIVERY, 1), silent) == {S.OUT_FOR_DELIVERY: "overtaken_by_delivered"}


def test_a_delivery_that_came_late_and_was_taken_back_before_does_not_silence_the_attempt() -> None:
    taken_back = told(S.DELIVERED, 2, State.SUPERSEDED)
    assert overtaken(told(S.FAILED_ATTEMPT, 1), taken_back) == {}


def test_what_one_person_hears_does_not_silence_another() -> None:
    assert overtaken(told(S.SHIPPED, 1), replace(told(S.DELIVERED, 2), recipient="receiver")) == {}


messages = st.lists(
    st.builds(
        Told,
        recipient=st.sampled_from(["buyer", "receiver"]),
        channel=st.sampled_from(Channel),
        step=st.sampled_from(Step),
        parcel=st.sampled_from(["seur/1", "seur/2"]),
        sequence=st.integers(1, 6),
        buyer_must_act=st.booleans(),
        state=st.sampled_from(State),
    ).map(lambda one: replace(one, parcel="") if one.step in ABOUT_THE_ORDER else one),
    max_size=9,
)


@given(known=messages)
def test_only_waiting_messages_are_overtaken_and_the_newest_never(known: list[Told]) -> None:
    newest = max((one.sequence for one in known), default=0)
    for position, reason in overtake(known).items():
        assert known[position].state in WAITING
        assert known[position].sequence < newest
        assert reason.startswith("overtaken_by_")


@given(known=messages, data=st.data())
def test_what_is_overtaken_does_not_depend_on_how_it_is_listed(known: list[Told], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(range(len(known))))
    found = overtake([known[place] for place in shuffled])
    assert {shuffled[position]: reason for position, reason in found.items()} == overtake(known)


@given(known=messages)
def test_calling_off_what_is_overtaken_leaves_nothing_more_to_call_off(known: list[Told]) -> None:
    once = overtake(known)
    after = [replace(one, state=State.SUPERSEDED) if place in once else one for place, one in enumerate(known)]
    assert overtake(after) == {}
