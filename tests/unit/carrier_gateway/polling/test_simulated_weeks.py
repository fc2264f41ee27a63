"""Weeks of polling in simulated time, beside the same quota spent evenly. The lives are made from how depots work, in
tests/support/parcel_lives.py, not from the schedule's own rates.
"""

from __future__ import annotations

import pytest

from tests.support.polled_days import Street, adaptively, evenly


@pytest.mark.parametrize("seed", [3, 7])
def test_with_far_too_small_a_quota_most_changes_are_noticed_in_a_third_of_the_time(seed: int) -> None:
    street = Street(parcels=100, daily_quota=25, partitions=2, seed=seed)

    ours, even = adaptively(street), evenly(street)

    assert max(ours.asked.values()) <= street.daily_quota
    assert ours.median_hours <= even.median_hours / 3
