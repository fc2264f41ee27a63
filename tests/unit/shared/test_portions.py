"""A batch is never more than goes quickly, and nothing is lost or overtakes anything over that."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from aiokafka import ConsumerRecord
from hypothesis import given
from hypothesis import strategies as st

from shared.messaging.portions import FEW, PORTION_BYTES, SLOW, Portions
from shared.messaging.watchdog import PATIENCE

QUICK = timedelta(milliseconds=200)
SIZES = st.sampled_from([0, 300, PORTION_BYTES // 3, PORTION_BYTES, 2 * PORTION_BYTES])


def record(offset: int, size_bytes: int = 300) -> ConsumerRecord:
    return ConsumerRecord("facts", 0, offset, 0, 0, b"key", b"x" * size_bytes, None, 3, size_bytes, ())


def waiting(count: int) -> Portions:
    portions = Portions()
    portions.add(record(offset) for offset in range(count))
    return portions


def sizes_until_done(portions: Portions, duration_each: timedelta) -> Iterator[int]:
    while portions:
        count = len(portions.next())
        portions.took(count, duration_each * count)
        yield count


def test_it_begins_with_few_and_goes_on_with_more_while_that_is_quick() -> None:
    assert list(sizes_until_done(waiting(10 * FEW), QUICK / FEW))[:3] == [FEW, 2 * FEW, 4 * FEW]


def test_facts_that_take_a_second_each_come_in_portions_that_the_watchdog_waits_for() -> None:
    each = timedelta(seconds=1)
    sizes = list(sizes_until_done(waiting(500), each))
    assert sum(sizes) == 500
    assert max(size * each for size in sizes) < PATIENCE / 2
    assert min(sizes) >= 1


def test_a_portion_that_was_not_full_proves_nothing() -> None:
    portions = waiting(FEW)
    for _ in range(5):
        portions.took(1, QUICK)
    portions.add(record(offset) for offset in range(FEW, 4 * FEW))
    assert len(portions.next()) == FEW


def test_after_a_slow_one_half_as_many_come() -> None:
    portions = waiting(3 * FEW)
    portions.took(len(portions.next()), 2 * SLOW)
    assert len(portions.next()) == FEW // 2


@given(sizes=st.lists(SIZES, max_size=40), durations=st.lists(st.sampled_from([QUICK, 2 * SLOW]), min_size=1))
def test_everything_comes_once_in_its_order_and_no_portion_takes_much_memory(
    sizes: list[int], durations: list[timedelta]
) -> None:
    portions = Portions()
    portions.add(record(offset, size) for offset, size in enumerate(sizes))
    offsets: list[int] = []
    for turn in range(len(sizes) + 1):
        portion = portions.next()
        offsets += [each.offset for each in portion]
        assert sum(len(each.value) for each in portion[:-1]) < PORTION_BYTES
        portions.took(len(portion), durations[turn % len(durations)])
    assert offsets == list(range(len(sizes)))
    assert not portions
