"""The story the sandbox plays: every kind of order at least once, the same for the same seed and the same hour.

KINDS is the table of contents; everyday life stands in it more often than disaster does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import count, islice
from random import Random

from sandbox.beats import Plot
from sandbox.people import PEOPLE, Person
from sandbox.plots import everyday, noise, returns, trouble, wishes
from sandbox.plots.draft import Draft

PlotMaker = Callable[[Draft], Plot]

KINDS: tuple[PlotMaker, ...] = (
    everyday.at_the_door,
    trouble.nobody_home_then_next_day,
    everyday.in_two_parcels,
    trouble.nobody_home_then_pickup,
    everyday.in_a_locker,
    trouble.at_customs,
    everyday.with_a_neighbour,
    returns.refused_and_refunded,
    everyday.at_the_door_by_dhl,
    trouble.stopped_by_snow,
    noise.carrier_before_the_shop,
    trouble.wrong_address,
    returns.cancelled_before_shipping,
    noise.everything_twice,
    wishes.with_promise_and_policies,
    returns.lost_and_refunded,
    noise.scans_backwards,
    everyday.in_a_safe_place,
    wishes.a_gift,
    noise.word_nobody_knows,
    trouble.promise_broken,
    noise.somebody_lies,
    wishes.silence_please,
    everyday.at_reception,
    noise.old_news_from_the_shop,
    wishes.only_what_matters,
    returns.not_collected,
    wishes.seen_only_when_asked,
    noise.hostile_words,
    wishes.straight_to_kafka,
    trouble.delayed_by_the_carrier,
    wishes.as_one_cloudevent,
    returns.damaged_and_sent_back,
    wishes.as_a_batch_of_cloudevents,
    trouble.said_delivered_by_mistake,
    wishes.in_a_list,
)
FIRST_ORDER_NUMBER = 10_001
SMALLEST = len(KINDS)
DEFAULT_ORDERS = 64


@dataclass(frozen=True)
class Story:
    """All plots. `rounds` gives what happens to whom, round by round."""

    seed: int
    plots: tuple[Plot, ...]

    @property
    def rounds(self) -> Iterator[tuple[Plot, ...]]:
        """The plots that have something happening, for round 0, 1, 2…"""
        for number in range(max((len(plot.rounds) for plot in self.plots), default=0)):
            yield tuple(plot for plot in self.plots if number < len(plot.rounds))


def tell(seed: int, orders: int, now: datetime) -> Story:
    """Write the whole story. Raises ValueError when `orders` is too small to hold every kind of trouble once."""
    if orders < SMALLEST:
        raise ValueError(f"a story needs at least {SMALLEST} orders to hold every kind of trouble, not {orders}")
    return Story(seed, tuple(islice(endless(seed, now_is=lambda: now), orders)))


def endless(seed: int, now_is: Callable[[], datetime], first: int = FIRST_ORDER_NUMBER) -> Iterator[Plot]:
    """Plot after plot, without end. `now_is` is asked once for each plot."""
    people = _shuffled_people(seed)
    for number in count(first):
        place = number - FIRST_ORDER_NUMBER
        make, buyer = KINDS[place % len(KINDS)], people[place % len(people)]
        draft = Draft(number=number, buyer=buyer, random=Random(f"{seed}/{number}"), now=now_is())
        if make is wishes.a_gift:
            draft.receiver = draft.random.choice([person for person in PEOPLE if person is not buyer])
        yield make(draft)


def _shuffled_people(seed: int) -> list[Person]:
    """Everybody, in an order of the seed's own; the second order of a kind so meets another person."""
    people = list(PEOPLE)
    Random(seed).shuffle(people)
    return people
