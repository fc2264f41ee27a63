"""A carrier that says nothing new for weeks is a fact too: it changes no stage, and it ends the questions."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations
from uuid import UUID

import pytest

from services.tracking.domain.shipment import ParcelFact
from services.tracking.domain.walk import walk_parcel
from shared.contracts.vocabulary import Stage
from tests.support.deliveries import at
from tests.unit.tracking.facts import fold_parcel

MOVING = ParcelFact(UUID(int=1), at(3, "10:00"), Stage.IN_TRANSIT)
SILENT = ParcelFact(UUID(int=2), at(20, "10:00"), Stage.UNKNOWN, silent_since=at(3, "10:00"))


def test_a_silence_leaves_the_parcel_where_it_was_and_says_since_when_nothing_came() -> None:
    walked = walk_parcel([MOVING, SILENT])

    assert (walked.state.stage, walked.state.silent_since) == (Stage.IN_TRANSIT, at(3, "10:00"))
    assert walked.ignored == ()
    assert [each.tellings for each in walked.heard if each.fact is SILENT] == [()]


def test_the_next_scan_ends_a_silence() -> None:
    again = ParcelFact(UUID(int=3), at(21, "10:00"), Stage.OUT_FOR_DELIVERY)

    for order in permutations((MOVING, SILENT, again)):
        assert fold_parcel(order).silent_since is None


@pytest.mark.parametrize(
    ("fact", "why"),
    [
        (ParcelFact(UUID(int=3), at(10, "10:00"), Stage.OUT_FOR_DELIVERY), "silence_was_broken"),
        (ParcelFact(UUID(int=3), at(10, "10:00"), Stage.DELIVERED), "silent_after_delivered"),
    ],
)
def test_a_silence_that_another_fact_belies_is_ignored_with_its_reason_in_whatever_order_they_come(
    fact: ParcelFact, why: str
) -> None:
    for order in permutations((MOVING, SILENT, fact)):
        walked = walk_parcel(order)
        assert [each.reason for each in walked.ignored] == [why]
        assert walked.state.silent_since is None


def test_a_silence_told_before_any_scan_counts_and_a_scan_from_before_it_began_changes_nothing_of_it() -> None:
    never_seen = SILENT._replace(silent_since=SILENT.occurred_at - timedelta(days=17))

    assert fold_parcel([never_seen]).silent_since is not None
    assert fold_parcel([never_seen, MOVING]).silent_since == fold_parcel([MOVING, never_seen]).silent_since
