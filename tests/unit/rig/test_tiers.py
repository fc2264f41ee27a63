"""A tier in parts is the whole tier, and its plan is the same whoever makes it."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import asdict
from pathlib import Path

import pytest

from shared.failpoints import POINTS, read_wishes
from tests.rig.deaths import MIGRATION, OUT_OF_REACH, PLACES, Deaths
from tests.rig.plan import planned
from tests.rig.run import Part
from tests.rig.tiers import TIERS, Counts, Tier, tier_named

NOT_AT_A_TIME = ("orders", "places", "migrations")
SURE_OF_A_TURN = 42


def parts_of(tier: Tier) -> list[Counts]:
    return [tier.counts.part(number, tier.parts) for number in range(tier.parts)]


@pytest.mark.parametrize("tier", TIERS, ids=lambda tier: tier.name)
def test_the_parts_of_a_tier_add_up_to_it(tier: Tier) -> None:
    summed = Counter[str]()
    for part in parts_of(tier):
        summed.update(asdict(part))

    assert {name: count for name, count in summed.items() if count} == {
        k: v for k, v in asdict(tier.counts).items() if v
    }


@pytest.mark.parametrize("tier", TIERS, ids=lambda tier: tier.name)
def test_no_part_of_a_tier_is_much_heavier_than_another(tier: Tier) -> None:
    for name in asdict(tier.counts):
        shares = [getattr(part, name) for part in parts_of(tier)]
        assert max(shares) - min(shares) <= 1, name


@pytest.mark.parametrize("tier", TIERS, ids=lambda tier: tier.name)
def test_every_act_of_a_part_is_planned_once_and_numbered_through_the_tier(tier: Tier) -> None:
    acts = [
        (act.what, act.number)
        for number, part in enumerate(parts_of(tier))
        for act in planned(part, tier.counts.before(number, tier.parts), random.Random(1))
    ]
    wanted = {name: count for name, count in asdict(tier.counts).items() if name not in NOT_AT_A_TIME and count}

    assert Counter(what for what, _ in acts) == wanted
    assert len(set(acts)) == len(acts)


def test_the_same_seed_plans_the_same_and_another_one_does_not() -> None:
    def plan(seed: int) -> list[object]:
        return list(planned(TIERS[0].counts, Counts(), random.Random(seed)))

    assert plan(3) == plan(3) != plan(4)


def test_a_part_gets_its_share_and_chances_of_its_own(tmp_path: Path) -> None:
    tier = tier_named("2")
    first, second = (Part(tier, number, seed=1, folder=tmp_path, data=tmp_path) for number in (0, 1))
    assert (first.counts, second.before) == (tier.counts.part(0, tier.parts), tier.counts.part(0, tier.parts))
    assert first.chance("acts").random() != second.chance("acts").random()


def test_a_tier_that_does_not_exist_is_refused_with_those_that_do() -> None:
    with pytest.raises(KeyError, match="there are 1, 2, 3, long"):
        tier_named("4")


def test_every_place_in_the_code_has_its_processes_or_is_named_as_out_of_reach() -> None:
    assert Counter([*(place.name for place in PLACES), *OUT_OF_REACH, MIGRATION]) == Counter(POINTS)


def test_the_tier_for_a_release_kills_at_each_place_more_than_forty_times() -> None:
    tier, died = tier_named("3"), Counter[str]()
    for number, part in enumerate(parts_of(tier)):
        deaths = Deaths.planned(part.places, tier.counts.before(number, tier.parts).places, seed="1")
        for (_, place), count in deaths.left.items():
            died[place] += count

    assert set(died) == {place.name for place in PLACES}
    assert min(died.values()) >= SURE_OF_A_TURN
    assert tier.counts.migrations >= SURE_OF_A_TURN


def test_the_quick_tier_kills_at_each_place_once() -> None:
    assert tier_named("1").counts.places == len(PLACES)


def test_a_process_is_armed_until_it_has_died_at_each_of_its_places() -> None:
    deaths = Deaths.planned(len(PLACES), first=0, seed="1")
    armed = read_wishes(deaths.arm("notifier.send")["FAILPOINTS"])
    assert {wish.action for wish in armed.values()} == {"kill"}

    for place in armed:
        deaths.fired("notifier.send", place)

    assert deaths.arm("notifier.send") == {}
    assert deaths.waiting == len(PLACES) - len(armed)
    assert all(deaths.by_place()[place] == 1 for place in armed)


def test_a_process_that_is_to_die_no_more_starts_without_wishes() -> None:
    deaths = Deaths.planned(100, first=0, seed="1")
    deaths.disarm()
    assert deaths.arm("tracking.consume") == {}


def test_a_death_that_never_came_is_owed_by_the_next_part() -> None:
    first = Deaths.planned(len(PLACES), first=0, seed="1")
    for (process, place), count in list(first.left.items()):
        if place != "notifier.in_doubt":
            for _ in range(count):
                first.fired(process, place)
    assert first.missed == {"notifier.send at notifier.in_doubt": 1}

    second = Deaths.planned(len(PLACES), first=len(PLACES), seed="2", owed=first.missed)
    assert second.left["notifier.send", "notifier.in_doubt"] == 2


def test_a_rebalance_that_is_a_start_of_its_own_is_not_the_one_to_die_in() -> None:
    deaths = Deaths.planned(len(PLACES), first=0, seed="1")
    assert read_wishes(deaths.arm("tracking.consume")["FAILPOINTS"])["consume.in_revoke"].nth == 2
