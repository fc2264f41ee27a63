"""Counts of the last while: what is older is forgotten, and no clock can break them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from services.carrier_gateway.health.window import OTHER, SlidingCounts

SPAN = timedelta(hours=1)
NOON = datetime(2026, 3, 23, 12, tzinfo=UTC)


def test_what_happened_within_the_span_is_counted_and_what_is_older_is_not() -> None:
    counts = SlidingCounts(SPAN, 5)
    counts.add("good", NOON)
    counts.add("good", NOON + SPAN / 2)
    counts.add("late", NOON + SPAN / 2)
    assert counts.counts(NOON + SPAN / 2) == {"good": 2, "late": 1}
    assert counts.counts(NOON + SPAN) == {"good": 1, "late": 1}
    assert counts.counts(NOON + 2 * SPAN) == {}


def test_a_clock_that_steps_back_counts_in_the_newest_slot_even_after_all_was_forgotten() -> None:
    counts = SlidingCounts(SPAN, 5)
    counts.add("good", NOON)
    counts.add("good", NOON - SPAN)
    assert counts.counts(NOON) == {"good": 2}
    assert counts.counts(NOON + 2 * SPAN) == {}
    counts.add("good", NOON)
    assert counts.counts(NOON) == {"good": 1}


def test_beyond_the_bound_a_new_word_counts_as_other() -> None:
    counts = SlidingCounts(SPAN, 2)
    for word in ("one", "two", "three", "four", "one"):
        counts.add(word, NOON)
    assert counts.counts(NOON) == {"one": 2, "two": 1, OTHER: 2}
