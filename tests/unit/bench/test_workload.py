"""The benchmark's few days of a shop are like a shop's: interleaved, a little late, some of it twice."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import pytest

from shared.contracts.envelope import Envelope
from tests.bench.tracking.workload import SCANS_A_PARCEL, Workload, make_workload

NOW = datetime(2026, 3, 20, 9, tzinfo=UTC)
ORDERS = 400


@pytest.fixture(scope="module")
def work() -> Workload:
    return make_workload(ORDERS, NOW)


def test_every_parcel_has_its_scans_and_every_tenth_order_a_second_parcel(work: Workload) -> None:
    assert len(work.orders) == ORDERS
    assert work.different_scans == (ORDERS + ORDERS // 10) * SCANS_A_PARCEL
    assert len({_id(scan.headers) for scan in work.scans}) == work.different_scans


def test_about_two_in_a_hundred_scans_come_twice(work: Workload) -> None:
    twice = sum(1 for count in Counter(_id(scan.headers) for scan in work.scans).values() if count > 1)
    assert 0.01 < twice / work.different_scans < 0.03


def test_most_parcels_hear_of_their_scans_in_order_and_some_do_not(work: Workload) -> None:
    times: dict[bytes | None, list[datetime]] = {}
    for scan in work.scans:
        times.setdefault(scan.key, []).append(Envelope.from_headers(scan.headers).time)
    shuffled = sum(1 for heard in times.values() if heard != sorted(heard))
    assert 0.05 < shuffled / len(times) < 0.35


def test_nothing_happens_in_the_future(work: Workload) -> None:
    assert all(Envelope.from_headers(message.headers).time < NOW for message in (*work.orders, *work.scans))


def test_neighbours_on_the_topic_are_about_different_parcels(work: Workload) -> None:
    neighbours = list(zip(work.scans, work.scans[1:], strict=False))
    assert sum(1 for one, next_one in neighbours if one.key == next_one.key) / len(neighbours) < 0.02


def test_two_runs_with_the_same_seed_measure_the_same_messages(work: Workload) -> None:
    again = make_workload(ORDERS, NOW)
    assert again.scans == work.scans
    assert make_workload(ORDERS, NOW, seed=8).scans != work.scans


def _id(headers: list[tuple[str, bytes]]) -> bytes:
    return dict(headers)["ce_id"]
