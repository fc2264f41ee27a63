"""The story is the same for the same seed and hour, holds every kind of trouble, and could have happened."""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.beats import CarrierKnows, CarrierSays, Plot, Scan, ShopSays
from sandbox.plots import noise
from sandbox.story import DEFAULT_ORDERS, FIRST_ORDER_NUMBER, KINDS, SMALLEST, endless, tell
from shared.contracts.vocabulary import Stage

NOW = datetime(2026, 3, 24, 11, 30, tzinfo=UTC)
hours = st.integers(0, 2 * 366 * 24 * 60).map(
    lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)
INVENTED = re.compile(r".*@example\.com|\+[0-9]*000[0-9]*|\+120255501[0-9]{2}")
"""The reserved mail domain; numbers of zeros; the range that North America keeps for films."""


def scans_of(plot: Plot) -> dict[str, list[Scan]]:
    found: dict[str, list[Scan]] = defaultdict(list)
    for beats in plot.rounds:
        for beat in beats:
            if isinstance(beat, CarrierSays | CarrierKnows):
                found[beat.parcel.key].extend(beat.scans)
    return found


def test_the_same_seed_at_the_same_hour_tells_the_same_story() -> None:
    assert tell(7, DEFAULT_ORDERS, NOW) == tell(7, DEFAULT_ORDERS, NOW)


def test_another_seed_tells_another_story() -> None:
    assert tell(7, DEFAULT_ORDERS, NOW) != tell(8, DEFAULT_ORDERS, NOW)


def test_a_story_has_at_least_sixty_orders_and_every_kind_of_trouble() -> None:
    story = tell(7, DEFAULT_ORDERS, NOW)
    assert len(story.plots) >= 60
    assert len({plot.kind for plot in story.plots}) == len(KINDS)


def test_a_story_too_short_for_every_kind_is_refused() -> None:
    with pytest.raises(ValueError, match=f"at least {SMALLEST} orders"):
        tell(7, SMALLEST - 1, NOW)


def test_the_story_goes_on_with_orders_that_were_not_there_before() -> None:
    story = tell(7, DEFAULT_ORDERS, NOW)
    more = endless(7, lambda: NOW, FIRST_ORDER_NUMBER + DEFAULT_ORDERS)
    known = {plot.order_id for plot in story.plots} | {p.reference for plot in story.plots for p in plot.parcels}
    for plot, _ in zip(more, range(DEFAULT_ORDERS), strict=False):
        assert known.isdisjoint({plot.order_id, *(parcel.reference for parcel in plot.parcels)})


@given(now=hours)
def test_nothing_in_the_story_happens_in_the_future_or_long_ago(now: datetime) -> None:
    for plot in tell(7, SMALLEST, now).plots:
        for scans in scans_of(plot).values():
            assert all(now - timedelta(days=5) < scan.at <= now for scan in scans), plot.kind


@given(now=hours)
def test_a_parcels_scans_follow_each_other_in_time_except_where_the_plot_turns_them_round(now: datetime) -> None:
    for plot in tell(7, SMALLEST, now).plots:
        for scans in scans_of(plot).values():
            times = [scan.at for scan in scans]
            assert (times == sorted(times)) is (plot.kind != noise.scans_backwards.__name__), plot.kind


@given(now=hours)
def test_out_for_delivery_is_fresh_enough_to_be_worth_telling_at_any_hour(now: datetime) -> None:
    for plot in tell(7, SMALLEST, now).plots:
        for scans in scans_of(plot).values():
            out = [scan for scan in scans if scan.stage is Stage.OUT_FOR_DELIVERY]
            assert all(now - scan.at < timedelta(hours=6) for scan in out), plot.kind


def test_no_two_orders_share_a_parcel_and_dhl_numbers_pass_dhls_own_check() -> None:
    references = [p for plot in tell(7, 200, NOW).plots for p in plot.parcels]
    assert len(references) == len(set(references))
    numbers = [parcel.reference for parcel in references if parcel.carrier == "dhl"]
    assert numbers
    assert all(int(number[:-1]) % 7 == int(number[-1]) for number in numbers)


def test_a_shop_counts_its_snapshots_up() -> None:
    for plot in tell(7, SMALLEST, NOW).plots:
        told = [b.snapshot.sequence for beats in plot.rounds for b in beats if isinstance(b, ShopSays)]
        assert told[0] == 1
        assert set(told) == set(range(1, max(told) + 1)), plot.kind


def test_everybody_is_invented_and_can_be_reached_where_a_message_is_expected() -> None:
    for plot in tell(7, SMALLEST, NOW).plots:
        addresses = {person.email for person in plot.listeners} | {person.phone for person in plot.listeners}
        assert all(address is None or INVENTED.fullmatch(address) for address in addresses)
        assert {hears.address for hears in plot.must} <= addresses, plot.kind
