"""What really happens to orders: the truth of each life, told as it happened and in any other order."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator, Sequence

import pytest

from tests.support.model_tracking import Arrival, ModelTracking
from tests.support.real_lives import CONTESTED, LIVES, Life
from tests.support.real_lives.lived import live_through, truth_of

ORDERS_OF_ARRIVAL = 80 * int(os.environ.get("HITO_PROPERTIES", "1"))
"""For each life; `make properties` tries ten times as many."""


@pytest.mark.parametrize("life", [*LIVES, *CONTESTED], ids=str)
def test_told_as_it_happened_the_buyer_hears_each_thing_when_it_is_news(life: Life) -> None:
    tracking, _, heard = live_through(life)
    assert heard == [moment.hears for moment in life.moments()]
    assert truth_of(tracking, life) == life.truth


@pytest.mark.parametrize("life", [*LIVES, *CONTESTED], ids=str)
def test_in_any_order_of_arrival_it_ends_in_the_same_rows_timeline_and_steps(life: Life) -> None:
    as_it_happened, facts, _ = live_through(life)
    told_at_once = ModelTracking()
    told_at_once.take(facts)
    assert told_at_once.remembered() == as_it_happened.remembered()
    for number in range(ORDERS_OF_ARRIVAL):
        tracking = ModelTracking()
        for batch in in_some_order(facts, random.Random(f"{life.name}{number}")):
            tracking.take(batch)
        assert tracking.remembered() == as_it_happened.remembered(), f"arrival number {number}"


def in_some_order(facts: Sequence[Arrival], chance: random.Random) -> Iterator[list[Arrival]]:
    """Any permutation, with some of the facts told again, cut into any batches."""
    arrivals = [*facts, *chance.choices(facts, k=chance.randrange(4))]
    chance.shuffle(arrivals)
    while arrivals:
        size = chance.choice((1, 1, 2, 3, len(arrivals)))
        yield arrivals[:size]
        arrivals = arrivals[size:]


def test_there_are_enough_lives_and_both_ways_of_deciding_are_taken() -> None:
    assert len(LIVES) >= 45
    assert len({life.name for life in LIVES}) == len(LIVES)
    told = [live_through(life)[0] for life in LIVES]
    assert sum(each.went_on for each in told) > len(LIVES)
    assert sum(each.decided_anew for each in told) > len(LIVES)
