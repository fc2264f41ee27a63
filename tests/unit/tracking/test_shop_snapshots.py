"""Which of a shop's snapshots stands."""

from __future__ import annotations

from itertools import permutations

import pytest

from services.tracking.domain.shipment import Ignored
from services.tracking.domain.snapshot import Applied, ShopFact, judge_snapshot, newer, standing, without_conflicts
from tests.unit.tracking.facts import says


def reason(current: ShopFact, incoming: ShopFact) -> str:
    verdict = judge_snapshot(current, incoming)
    assert isinstance(verdict, Ignored)
    assert verdict.fact == incoming.id
    return verdict.reason


def test_the_first_snapshot_and_every_later_one_are_applied() -> None:
    first, second = says("placed", 1), says("confirmed", 2)
    assert judge_snapshot(None, first) == Applied(first.id)
    assert judge_snapshot(first, second) == Applied(second.id)


def test_a_snapshot_that_comes_late_is_stale_even_if_it_was_sent_later() -> None:
    assert reason(says("shipped", 5, day=3), says("confirmed", 4, day=9)) == "stale"


def test_the_same_snapshot_again_is_a_duplicate_whenever_it_was_sent() -> None:
    assert reason(says("confirmed", 2, day=3), says("confirmed", 2, day=4)) == "duplicate"


def test_another_content_under_the_same_sequence_is_a_conflict_and_changes_nothing() -> None:
    assert reason(says("confirmed", 2, day=3), says("cancelled", 2, day=4)) == "conflict"


def test_of_two_contents_under_one_sequence_the_one_said_first_stands_in_whichever_order_they_come() -> None:
    said_first, said_later = says("confirmed", 2, day=3), says("cancelled", 2, day=4)
    assert judge_snapshot(said_later, said_first) == Applied(said_first.id, conflict=True)
    assert standing([said_first, said_later]) == standing([said_later, said_first]) == said_first


def test_every_arrival_order_ends_with_the_same_snapshot() -> None:
    snapshots = [says("placed", 1), says("confirmed", 3), says("preparing", 3), says("cancelled", 2, day=9)]
    assert len({standing(order).id for order in permutations(snapshots)}) == 1


def test_no_snapshot_is_newer_than_itself_and_of_two_one_is() -> None:
    a, b = says("confirmed", 2, content="a"), says("confirmed", 2, content="b")
    assert not newer(a, a)
    assert newer(a, b) != newer(b, a)


def test_the_loser_of_a_conflict_tells_nothing_but_a_stale_snapshot_was_true_once() -> None:
    stale, stands, loses = says("placed", 1), says("confirmed", 2, day=3), says("cancelled", 2, day=4)
    assert without_conflicts([loses, stands, stale]) == (stale, stands)


def test_without_any_snapshot_there_is_no_order_to_decide_on() -> None:
    with pytest.raises(ValueError, match="park the facts"):
        standing([])
