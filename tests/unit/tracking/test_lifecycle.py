"""The tables of the lifecycle page: complete, free of contradiction, and each row does what its reason says."""

from __future__ import annotations

import pytest

from services.tracking.domain import lifecycle
from services.tracking.domain.lifecycle import CORRECTIONS, TROUBLES, may_follow, steps_of_scan, trouble_of
from shared.contracts.vocabulary import Actor, Condition, DeliveredTo, PaymentState, ShopState, Stage, Step

TRAVELLING = (Stage.IN_TRANSIT, Stage.OUT_FOR_DELIVERY, Stage.FAILED_ATTEMPT, Stage.READY_FOR_PICKUP)


def test_every_stage_has_a_rank_a_row_of_what_follows_and_a_word_for_the_buyer() -> None:
    assert set(lifecycle.RANK) == set(Stage)
    assert len(set(lifecycle.RANK.values())) == len(Stage)
    assert set(lifecycle.ONWARD) == set(Stage) - {Stage.UNKNOWN}
    assert set(lifecycle.STEP_OF) == set(Stage)


def test_everything_a_shop_can_say_has_its_steps() -> None:
    assert set(lifecycle.SHOP_TELLS) == set(ShopState)
    assert set(lifecycle.PAYMENT_TELLS) == {*PaymentState, None}


def test_every_step_can_be_reached_and_none_is_made_up() -> None:
    by_carriers = {step for step in lifecycle.STEP_OF.values() if step} | {row.step for row in TROUBLES}
    by_shops = {step for steps in lifecycle.SHOP_TELLS.values() for step in steps}
    by_payment = {step for steps in lifecycle.PAYMENT_TELLS.values() for step in steps}
    assert by_carriers | by_shops | by_payment == set(Step)


def test_carriers_never_tell_of_the_order_as_a_whole() -> None:
    for stage in Stage:
        for condition in (None, *Condition):
            for actor in (None, *Actor):
                assert all(step.about_parcel for step in steps_of_scan(stage, condition, actor))


def test_an_unmapped_code_follows_nothing_and_tells_nothing() -> None:
    assert not any(may_follow(stage, Stage.UNKNOWN) for stage in Stage)
    assert steps_of_scan(Stage.UNKNOWN, Condition.DELAYED, Actor.BUYER) == ()


def test_every_stage_may_be_said_again_before_the_end_and_confirmed_at_the_end() -> None:
    assert all(may_follow(stage, stage) for stage in Stage if stage is not Stage.UNKNOWN)


@pytest.mark.parametrize("late", [Stage.REGISTERED, Stage.ACCEPTED, Stage.IN_TRANSIT, Stage.OUT_FOR_DELIVERY])
def test_a_late_scan_never_takes_a_delivery_back(late: Stage) -> None:
    assert not may_follow(Stage.DELIVERED, late)


@pytest.mark.parametrize("row", CORRECTIONS, ids=lambda row: f"{row.said} corrected")
def test_a_correction_is_allowed_by_its_row_and_by_nothing_else(row: lifecycle.Correction) -> None:
    taker = DeliveredTo.NEIGHBOUR if row.if_taken else None
    for then in row.then:
        assert then not in lifecycle.ONWARD[row.said], "a correction that is also the normal course is no correction"
        assert may_follow(row.said, then, taker)
    assert row.why


def test_only_finished_or_returning_parcels_need_corrections() -> None:
    assert {row.said for row in CORRECTIONS} == lifecycle.FINAL | {Stage.RETURNING}


@pytest.mark.parametrize("back", [Stage.RETURNING, Stage.RETURNED])
def test_a_bare_delivered_on_the_way_back_is_a_delivery_to_the_sender(back: Stage) -> None:
    assert not may_follow(back, Stage.DELIVERED)
    assert may_follow(back, Stage.DELIVERED, DeliveredTo.RECIPIENT)


@pytest.mark.parametrize("scan", TRAVELLING)
def test_scans_on_the_way_back_are_not_about_the_buyer(scan: Stage) -> None:
    assert not may_follow(Stage.RETURNING, scan)


@pytest.mark.parametrize("before", TRAVELLING)
@pytest.mark.parametrize("after", TRAVELLING)
def test_while_a_parcel_travels_the_newest_scan_rules(before: Stage, after: Stage) -> None:
    assert may_follow(before, after)


@pytest.mark.parametrize("before", [Stage.ACCEPTED, *TRAVELLING])
def test_label_data_that_comes_late_does_not_undo_the_first_scan(before: Stage) -> None:
    assert not may_follow(before, Stage.REGISTERED)


def test_trouble_in_transit_is_told_instead_of_in_transit() -> None:
    assert steps_of_scan(Stage.IN_TRANSIT, Condition.WEATHER, None) == (Step.DELAYED,)
    assert steps_of_scan(Stage.IN_TRANSIT, Condition.CUSTOMS, None) == (Step.CUSTOMS,)


def test_trouble_elsewhere_is_told_beside_the_stage() -> None:
    assert steps_of_scan(Stage.ACCEPTED, Condition.DELAYED, None) == (Step.SHIPPED, Step.DELAYED)
    assert steps_of_scan(Stage.OUT_FOR_DELIVERY, Condition.DELAYED, None) == (Step.OUT_FOR_DELIVERY, Step.DELAYED)
    assert steps_of_scan(Stage.REGISTERED, Condition.DELAYED, Actor.SHOP) == (Step.DELAYED,)


@pytest.mark.parametrize("stage", [Stage.FAILED_ATTEMPT, Stage.READY_FOR_PICKUP, Stage.DELIVERED, Stage.RETURNING])
@pytest.mark.parametrize("condition", list(Condition))
def test_a_stage_with_a_message_of_its_own_carries_its_condition(stage: Stage, condition: Condition) -> None:
    assert steps_of_scan(stage, condition, Actor.BUYER) == (lifecycle.STEP_OF[stage],)


@pytest.mark.parametrize(
    "condition", [Condition.HELD, Condition.ADDRESS_PROBLEM, Condition.PAYMENT_DUE, Condition.CUSTOMS]
)
def test_what_the_buyer_must_see_to_is_always_told(condition: Condition) -> None:
    assert trouble_of(Stage.IN_TRANSIT, condition, Actor.BUYER) is not None


def test_a_pause_and_what_the_carrier_mends_by_itself_are_not_worth_a_message() -> None:
    assert steps_of_scan(Stage.IN_TRANSIT, Condition.HELD, None) == (Step.IN_TRANSIT,)
    assert steps_of_scan(Stage.IN_TRANSIT, Condition.ADDRESS_PROBLEM, Actor.CARRIER) == (Step.IN_TRANSIT,)


def test_a_refused_parcel_is_not_said_to_be_on_its_way_to_the_buyer() -> None:
    assert steps_of_scan(Stage.IN_TRANSIT, Condition.REFUSED, Actor.SHOP) == ()


def test_no_two_rows_speak_of_the_same_trouble_and_a_kind_belongs_to_one_step() -> None:
    claimed = [(row.condition, actor) for row in TROUBLES for actor in row.action_by]
    assert len(claimed) == len(set(claimed))
    assert len({(row.kind, row.step) for row in TROUBLES}) == len({row.kind for row in TROUBLES})
    assert not {row.kind for row in TROUBLES} & {stage.value for stage in Stage}
