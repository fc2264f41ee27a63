"""Where a parcel stands, told as short lives of parcels."""

from __future__ import annotations

import pytest

from services.tracking.domain.shipment import NEVER_SCANNED, ParcelFact, as_told_by, in_true_order
from services.tracking.domain.walk import Frame, walk_parcel
from shared.contracts.vocabulary import Actor, Condition, DeliveredTo, Stage
from tests.unit.tracking.facts import at, fold_parcel, scan


def reasons(*facts: ParcelFact) -> list[str]:
    return [ignored.reason for ignored in walk_parcel(facts).ignored]


def test_a_parcel_nobody_scanned_is_registered_and_nothing_rules() -> None:
    state = fold_parcel([])
    assert state == NEVER_SCANNED
    assert state.stage is Stage.REGISTERED
    assert state.ruling is None


def test_the_newest_scan_rules_whatever_came_in_last() -> None:
    accepted, moving, out = scan("accepted", 3), scan("in_transit", 4), scan("out_for_delivery", 5)
    state = fold_parcel([out, accepted, moving])
    assert (state.stage, state.since, state.ruling) == (Stage.OUT_FOR_DELIVERY, at(5), out.id)
    assert state.first_scan_at == at(3)


def test_a_label_is_no_first_scan() -> None:
    assert fold_parcel([scan("registered", 3)]).first_scan_at is None
    assert fold_parcel([scan("registered", 3), scan("in_transit", 4)]).first_scan_at == at(4)


def test_the_same_fact_twice_is_one_fact() -> None:
    moving = scan("in_transit", 4)
    assert walk_parcel([moving, moving, moving]).counted == (moving,)


def test_of_two_scans_in_the_same_second_the_one_further_on_rules() -> None:
    delivered, attempted = scan("delivered", 5, "12:00"), scan("failed_attempt", 5, "12:00")
    assert fold_parcel([delivered, attempted]).stage is Stage.DELIVERED
    assert fold_parcel([attempted, delivered]).stage is Stage.DELIVERED


def test_one_id_with_two_contents_gives_one_answer_in_both_orders() -> None:
    unmapped = scan("unknown", 4)
    mended = ParcelFact(unmapped.id, unmapped.occurred_at, Stage.OUT_FOR_DELIVERY)
    assert in_true_order([unmapped, mended]) == in_true_order([mended, unmapped]) == (unmapped, mended)
    assert fold_parcel([mended, unmapped]).stage is Stage.OUT_FOR_DELIVERY


def test_back_in_the_depot_in_the_evening_is_in_transit_again() -> None:
    assert fold_parcel([scan("out_for_delivery", 5, "08:00"), scan("in_transit", 5, "19:00")]).stage is Stage.IN_TRANSIT


def test_a_stage_began_with_its_first_scan_and_was_seen_with_its_last() -> None:
    state = fold_parcel([scan("in_transit", 4), scan("in_transit", 5), scan("in_transit", 6)])
    assert (state.since, state.seen_at) == (at(4), at(6))


@pytest.mark.parametrize("late", ["registered", "accepted", "in_transit", "out_for_delivery", "cancelled"])
def test_a_delivered_parcel_stays_delivered_through_late_scans(late: str) -> None:
    delivered, straggler = scan("delivered", 5), scan(late, 6)
    assert fold_parcel([delivered, straggler]).stage is Stage.DELIVERED
    assert reasons(delivered, straggler) == ["late_scan_after_delivered"]


@pytest.mark.parametrize("correction", ["failed_attempt", "ready_for_pickup", "returning", "returned", "lost"])
def test_an_explicit_correction_takes_a_delivery_back(correction: str) -> None:
    state = fold_parcel([scan("delivered", 5), scan(correction, 6)])
    assert state.stage is Stage(correction)
    assert state.delivered_at is None


def test_a_second_delivery_after_a_correction_is_dated_by_itself() -> None:
    facts = [
        scan("delivered", 5),
        scan("failed_attempt", 5, "11:00"),
        scan("delivered", 6),
        scan("delivered", 6, "18:00"),
    ]
    assert fold_parcel(facts).delivered_at == at(6)


def test_the_record_of_a_delivery_does_not_forget_who_took_the_parcel() -> None:
    state = fold_parcel([scan("delivered", 5, to="neighbour"), scan("delivered", 5, "23:00")])
    assert state.delivered_to is DeliveredTo.NEIGHBOUR
    assert state.delivered_at == at(5)


def test_a_condition_is_cleared_by_the_next_scan_without_one() -> None:
    held_up = scan("in_transit", 4, condition="weather", by="carrier")
    assert fold_parcel([held_up]).condition is Condition.WEATHER
    cleared = fold_parcel([held_up, scan("in_transit", 5)])
    assert (cleared.condition, cleared.action_by) == (None, None)


def test_an_unmapped_code_changes_nothing_and_says_so() -> None:
    moving, odd = scan("in_transit", 4), scan("unknown", 5, condition="damaged")
    assert fold_parcel([moving, odd]) == fold_parcel([moving])
    assert reasons(moving, odd) == ["unmapped_code"]


def test_place_and_eta_are_kept_when_a_scan_names_none() -> None:
    state = fold_parcel([scan("in_transit", 4, city="Zaragoza", eta=at(7)), scan("in_transit", 5)])
    assert (state.city, state.eta_until) == ("Zaragoza", at(7))


def test_a_parcel_that_arrived_is_expected_no_more() -> None:
    assert fold_parcel([scan("in_transit", 4, eta=at(7)), scan("delivered", 6)]).eta_until is None


def test_a_lost_parcel_is_found_by_any_scan() -> None:
    assert fold_parcel([scan("lost", 8), scan("in_transit", 12)]).stage is Stage.IN_TRANSIT


def test_a_cancelled_label_does_not_hide_a_parcel_that_travels() -> None:
    assert fold_parcel([scan("registered", 3), scan("cancelled", 4)]).stage is Stage.CANCELLED
    assert fold_parcel([scan("cancelled", 4), scan("accepted", 5)]).stage is Stage.ACCEPTED


def test_a_parcel_on_its_way_back_is_delivered_only_to_somebody() -> None:
    returning = scan("returning", 8)
    assert fold_parcel([returning, scan("delivered", 10)]).stage is Stage.RETURNING
    assert fold_parcel([returning, scan("delivered", 10, to="recipient")]).stage is Stage.DELIVERED


def test_a_reference_given_out_again_does_not_bring_a_finished_parcel_back() -> None:
    delivered = scan("delivered", 5)
    months_later = ParcelFact(scan("returning", 6).id, at(5).replace(month=9), Stage.RETURNING)
    assert fold_parcel([delivered, months_later]).stage is Stage.DELIVERED
    assert reasons(delivered, months_later) == ["reference_reused"]


def test_scans_from_before_the_order_belong_to_an_earlier_parcel() -> None:
    old, early, own = scan("delivered", 7, "09:59"), scan("registered", 7, "10:00"), scan("accepted", 9)
    walked = walk_parcel([old, early, own, old], Frame(placed_at=at(9)))
    assert walked.counted == (early, own)
    assert [(each.reason, each.fact) for each in walked.ignored] == [("before_the_order", old.id)]


def test_a_scan_from_the_future_counts_as_of_when_it_was_heard() -> None:
    odd = scan("in_transit", 4)._replace(occurred_at=at(4).replace(year=2062), heard_at=at(4, "10:05"))
    state = fold_parcel([odd, scan("delivered", 5)])
    assert (state.stage, state.since) == (Stage.DELIVERED, at(5))


@pytest.mark.parametrize("beginning", ["registered", "accepted"])
def test_a_parcel_that_begins_anew_weeks_after_its_end_is_another_one(beginning: str) -> None:
    delivered, anew, back = scan("delivered", 5), scan(beginning, 25), scan("returning", 26)
    assert fold_parcel([delivered, back]).stage is Stage.RETURNING
    assert fold_parcel([delivered, anew, back]).stage is Stage.DELIVERED
    assert reasons(delivered, anew, back) == ["reference_reused", "reference_reused"]


def test_a_message_shows_what_its_own_scan_said_and_where_the_parcel_is_now() -> None:
    attempt = scan("failed_attempt", 5, condition="recipient_absent", by="buyer")
    now = fold_parcel([attempt, scan("in_transit", 5, "19:00", city="Getafe")])
    seen = as_told_by(now, attempt)
    assert (seen.stage, seen.condition, seen.action_by) == (
        Stage.FAILED_ATTEMPT,
        Condition.RECIPIENT_ABSENT,
        Actor.BUYER,
    )
    assert seen.city == "Getafe"
