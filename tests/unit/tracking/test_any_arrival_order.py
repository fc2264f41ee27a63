"""Order of arrival does not matter: any permutation, duplication and batching of the same facts ends in the same rows,
the same timeline and the same set of steps, no step is announced twice, and going on from what is kept of an order
decides what all its facts together decide."""

from __future__ import annotations

import os
from collections import Counter

from hypothesis import given, settings

from services.tracking.domain.lifecycle import FINAL, STEP_OF
from services.tracking.domain.snapshot import standing
from services.tracking.domain.telling import told_by_snapshot
from shared.contracts.vocabulary import Stage
from tests.support.generated_histories import (
    OTHER,
    PARCELS,
    SLOT,
    History,
    histories,
    histories_of_two_carriers,
    histories_with_conflicts,
)
from tests.support.model_tracking import KnownOrder, ModelTracking, Remembered, Said
from tests.support.real_lives import LIVES
from tests.unit.tracking.test_real_lives import ORDERS_OF_ARRIVAL

TIMES = int(os.environ.get("HITO_PROPERTIES", "1"))
"""How many times as many examples as `make test` needs; `make properties` sets it."""
GENERATED = 14_000 * TIMES
WITH_CONFLICTS = 1_000 * TIMES
OF_TWO_CARRIERS = 2_000 * TIMES
DISPUTED = (SLOT, OTHER, PARCELS[0])


def take_at_once(history: History) -> ModelTracking:
    tracking = ModelTracking()
    tracking.take(history.facts)
    return tracking


def take_as_it_came(history: History) -> ModelTracking:
    tracking = ModelTracking()
    for batch in history.batches:
        tracking.take(batch)
    return tracking


@settings(max_examples=GENERATED, database=None)
@given(history=histories)
def test_any_arrival_order_leaves_the_same_rows_timeline_and_steps(history: History) -> None:
    assert take_as_it_came(history).remembered() == take_at_once(history).remembered()


@settings(max_examples=WITH_CONFLICTS)
@given(history=histories_with_conflicts)
def test_two_contents_under_one_sequence_differ_at_most_in_what_the_one_that_does_not_stand_tells(
    history: History,
) -> None:
    """The only exception: a shop that contradicts itself under one sequence may have been believed at first."""
    at_once, as_it_came = take_at_once(history), take_as_it_came(history)
    for name, remembered in at_once.remembered().items():
        other = as_it_came.remembered()[name]
        assert other.steps ^ remembered.steps <= told_by_conflicts(at_once.orders[name])
        assert without_steps(other) == without_steps(remembered)


def told_by_conflicts(order: KnownOrder) -> set[object]:
    assert order.decision is not None
    sequences = {each.sequence for each in order.snapshots}
    stand = {sequence: standing([s for s in order.snapshots if s.sequence == sequence]) for sequence in sequences}
    conflicts = [each for each in order.snapshots if each.digest != stand[each.sequence].digest]
    parcels = order.decision.parcels
    return {due.identity for each in conflicts for due in told_by_snapshot(each, order.decision.shop, parcels)}


def without_steps(remembered: Remembered) -> Remembered:
    return remembered._replace(fold="", steps=frozenset())


@settings(max_examples=OF_TWO_CARRIERS)
@given(history=histories_of_two_carriers)
def test_a_number_of_two_carriers_is_settled_alike_and_only_what_was_told_of_the_wrong_one_may_differ(
    history: History,
) -> None:
    """The other exception: a carrier that had spoken first for all one knew was believed, and its steps were told."""
    at_once, as_it_came = take_at_once(history), take_as_it_came(history)
    for name, remembered in at_once.remembered().items():
        other = as_it_came.remembered()[name]
        assert without_steps(other) == without_steps(remembered)
        disputed = {each for each in other.steps ^ remembered.steps if each.parcel in DISPUTED}
        assert disputed == other.steps ^ remembered.steps
        again = Counter((each.step, each.occurrence) for each in other.steps if each.parcel in DISPUTED)
        settled = at_once.orders[name].decision
        if settled is not None and settled.fold.basis.lots:
            assert set(again.values()) <= {1}, "whichever carrier it was, a step is told once"


@given(history=histories)
def test_of_a_parcel_that_ended_nothing_but_its_end_is_still_true(history: History) -> None:
    for order in take_at_once(history).orders.values():
        if order.decision is None:
            continue
        stages = {key: state.stage for key, state in order.decision.parcels.items()}
        for due in order.decision.steps:
            if due.still_true and due.parcel is not None and stages[due.parcel] in (*FINAL, Stage.RETURNING):
                assert due.step is STEP_OF[stages[due.parcel]]


@given(history=histories)
def test_an_order_that_nobody_has_told_of_is_only_remembered_by_its_facts(history: History) -> None:
    tracking = ModelTracking()
    assert tracking.take([fact for fact in history.facts if not isinstance(fact, Said)]) == {}
    assert tracking.remembered() == {}


def test_at_least_twenty_thousand_orders_of_arrival_are_tried() -> None:
    assert GENERATED + len(LIVES) * ORDERS_OF_ARRIVAL >= 20_000
