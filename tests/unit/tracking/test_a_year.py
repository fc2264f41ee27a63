"""A simulated year of twenty thousand parcels: every broken promise is told in time, none that was kept, and once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import islice

import pytest

from tests.support.year.judge import Fault, judge
from tests.support.year.lives import Life, Notice
from tests.support.year.places import SENDERS
from tests.support.year.stories import STORIES, arrivals, live_a_year
from tests.support.year_driver import YearInMemory

SHOPS = [sender.shop for sender in SENDERS]
TELL_AT = {shop.id: shop.promise.tell_at for shop in SHOPS}
PARCELS, SEED = 20_000, 2026

Year = tuple[Sequence[Life], Sequence[Notice]]


@pytest.fixture(scope="module")
def year() -> Year:
    lives = live_a_year(PARCELS, SEED)
    return lives, list(YearInMemory(SHOPS).live(arrivals(lives)))


def test_every_broken_promise_is_told_in_time_and_none_that_was_kept_and_each_once(year: Year) -> None:
    lives, notices = year
    verdict = judge(lives, notices, TELL_AT)
    print(f"\n{verdict}")
    assert verdict.findings == [], str(verdict)
    assert verdict.recall == 1.0


def test_the_year_holds_enough_of_everything_to_be_a_test(year: Year) -> None:
    lives, notices = year
    verdict = judge(lives, notices, TELL_AT)
    assert sum(len(life.scans) for life in lives) >= PARCELS
    assert verdict.broken > PARCELS / 4
    assert verdict.kept > PARCELS / 2
    assert {life.story for life in lives} == {story.__name__ for _, story in STORIES}
    assert {"promise", "delay", "eta", "stalled", "first_scan"} == set(verdict.notices)
    assert {life.zone for life in lives} == {place.zone for sender in SENDERS for place in sender.places}
    assert len({scan.occurred_at.date() for life in lives for scans in life.scans.values() for scan in scans}) > 365


def test_a_year_is_the_same_whenever_it_is_lived() -> None:
    first, again = live_a_year(50, seed=3), live_a_year(50, seed=3)
    assert first == again
    assert list(arrivals(first)) == list(arrivals(again))


def test_forged_notices_among_true_ones_are_found(year: Year) -> None:
    """The judge must notice each fault in the midst of a whole year."""
    lives, notices = year
    faults = {fault: judge(lives, notices, TELL_AT).count(fault) for fault in Fault}
    on_the_day = [each for each in notices if each.still_true and each.occurrence.startswith("promise:")]
    chosen = set(islice(on_the_day, 0, None, 100))
    others = [each for each in notices if each not in chosen]

    missing = judge(lives, others, TELL_AT)
    assert missing.count(Fault.MISSED) >= faults[Fault.MISSED] + len(chosen) * 0.9

    late = [each._replace(announced_at=each.announced_at + timedelta(days=1)) for each in chosen]
    assert judge(lives, [*others, *late], TELL_AT).count(Fault.MISSED) >= faults[Fault.MISSED] + len(chosen) * 0.9

    again = [each._replace(announced_at=each.announced_at + timedelta(seconds=1)) for each in chosen]
    twice = judge(lives, [*notices, *again], TELL_AT)
    assert twice.count(Fault.TWICE) == faults[Fault.TWICE] + len(chosen)

    early = [each._replace(announced_at=each.announced_at - timedelta(days=1)) for each in chosen]
    assert judge(lives, [*others, *early], TELL_AT).count(Fault.FALSE) == faults[Fault.FALSE] + len(chosen)
