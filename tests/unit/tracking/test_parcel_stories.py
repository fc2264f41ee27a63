"""Lives of single parcels, and what their buyers hear of them."""

from __future__ import annotations

import pytest

from services.tracking.domain.telling import Told
from shared.contracts.vocabulary import Condition, DeliveredTo, Stage, Step
from tests.unit.tracking.facts import SEUR, Buyer, at, decide, heard, recorded, says, scan


def test_a_plain_order_is_told_step_by_step_and_never_twice() -> None:
    buyer = Buyer()
    assert buyer.hears(says("placed")) == []
    assert buyer.hears(says("confirmed", 2, paid="paid")) == ["order_confirmed", "payment_received"]
    assert buyer.hears(says("preparing", 3, paid="paid")) == ["preparing"]
    shop = says("shipped", 4, paid="paid", parcels=[SEUR])
    assert buyer.hears(shop) == ["shipped"]
    scans = [scan("accepted", 3)]
    assert buyer.hears(shop, scans) == []
    scans.append(scan("in_transit", 4))
    assert buyer.hears(shop, scans) == ["in_transit"]
    scans += [scan("in_transit", 4, "22:00"), scan("out_for_delivery", 5, "08:00")]
    assert buyer.hears(shop, scans) == ["out_for_delivery"]
    scans.append(scan("delivered", 5, "12:00", to="recipient"))
    assert buyer.hears(shop, scans) == ["delivered"]
    assert buyer.hears(shop, scans) == []
    assert decide(shop, scans).state == "delivered"


def test_a_failed_attempt_that_ends_at_the_pickup_point() -> None:
    buyer, shop = Buyer(), says("shipped", parcels=[SEUR])
    scans = [scan("out_for_delivery", 5, "07:00")]
    buyer.hears(shop, scans)
    scans.append(scan("failed_attempt", 5, "11:00", condition="recipient_absent", by="buyer"))
    assert buyer.hears(shop, scans) == ["failed_attempt"]
    scans.append(scan("in_transit", 5, "19:00"))
    scans.append(scan("ready_for_pickup", 6, to="pickup_point", by="buyer"))
    assert buyer.hears(shop, scans) == ["ready_for_pickup"]
    scans.append(scan("delivered", 7, to="pickup_point"))
    assert buyer.hears(shop, scans) == ["delivered"]


def test_somebody_rang_in_vain_is_still_told_when_the_parcel_is_back_in_the_depot() -> None:
    scans = [
        scan("out_for_delivery", 5, "07:00"),
        scan("failed_attempt", 5, "11:00", condition="recipient_absent", by="buyer"),
        scan("in_transit", 5, "19:00"),
    ]
    decision = decide(says("shipped", parcels=[SEUR]), scans, told=[Told(Step.IN_TRANSIT, "1", SEUR)])
    attempt = next(due for due in decision.steps if due.step is Step.FAILED_ATTEMPT)
    assert attempt.still_true
    assert attempt.seen is not None
    assert attempt.seen.condition is Condition.RECIPIENT_ABSENT
    assert decision.parcels[SEUR].stage is Stage.IN_TRANSIT


def test_attempts_on_two_days_are_told_twice_and_two_on_one_day_once() -> None:
    buyer, shop = Buyer(), says("shipped", parcels=[SEUR])
    scans = [scan("failed_attempt", 5, "11:00")]
    assert "failed_attempt" in buyer.hears(shop, scans)
    scans.append(scan("failed_attempt", 5, "17:00"))
    assert buyer.hears(shop, scans) == []
    scans.append(scan("failed_attempt", 6, "11:00"))
    assert buyer.hears(shop, scans) == ["failed_attempt"]


@pytest.mark.parametrize("buyers_zone", ["America/Argentina/Buenos_Aires", "Asia/Tokyo"])
def test_the_day_of_an_attempt_is_the_shops_day_whatever_zone_a_snapshot_names(buyers_zone: str) -> None:
    shop = says("shipped", parcels=[SEUR], zone=buyers_zone, home_zone="America/Argentina/Buenos_Aires")
    after_midnight_in_utc = scan("failed_attempt", 6, "01:00")
    steps = decide(shop, [after_midnight_in_utc]).steps
    assert [due.occurrence for due in steps if due.step is Step.FAILED_ATTEMPT] == ["2026-03-05"]


def test_a_parcel_from_abroad_is_stopped_at_customs_and_the_buyer_must_pay() -> None:
    buyer, shop = Buyer(), says("shipped", parcels=[SEUR])
    scans = [scan("in_transit", 3), scan("in_transit", 5, condition="customs")]
    assert buyer.hears(shop, scans) == ["order_confirmed", "customs"]
    scans.append(scan("in_transit", 6, condition="customs", by="buyer"))
    assert buyer.hears(shop, scans) == ["customs"]
    scans.append(scan("in_transit", 7, condition="payment_due", by="buyer"))
    assert buyer.hears(shop, scans) == ["customs"]
    scans += [scan("in_transit", 9), scan("in_transit", 10, condition="customs")]
    assert buyer.hears(shop, scans) == []
    scans += [scan("out_for_delivery", 11, "08:00"), scan("delivered", 11, "12:00")]
    assert buyer.hears(shop, scans) == ["delivered"]


def test_what_the_buyer_must_see_to_outlives_one_more_scan_but_not_progress() -> None:
    shop = says("shipped", parcels=[SEUR])
    scans = [scan("in_transit", 5, condition="address_problem", by="buyer"), scan("in_transit", 5, "18:00")]
    assert "delayed" in heard(decide(shop, scans).steps)
    scans.append(scan("out_for_delivery", 6))
    assert "delayed" in recorded(decide(shop, scans).steps)


def test_a_parcel_back_in_the_depot_is_no_longer_out_for_delivery_even_if_the_buyer_must_act() -> None:
    shop = says("shipped", parcels=[SEUR])
    scans = [scan("out_for_delivery", 5, condition="address_problem", by="buyer"), scan("in_transit", 5, "18:00")]
    steps = decide(shop, scans).steps
    assert "out_for_delivery" in recorded(steps)
    assert "delayed" in heard(steps)


def test_a_scan_that_comes_in_after_the_delivery_is_kept_on_record_and_not_told() -> None:
    buyer, shop = Buyer(), says("shipped", parcels=[SEUR])
    delivered = scan("delivered", 5, "12:00")
    buyer.hears(shop, [delivered])
    late = [scan("accepted", 3), scan("in_transit", 4, condition="delayed"), scan("out_for_delivery", 5, "08:00")]
    assert buyer.hears(shop, [delivered, *late]) == []
    assert {Told(Step.OUT_FOR_DELIVERY, "2026-03-05", SEUR), Told(Step.DELAYED, "delay:1", SEUR)} <= set(buyer.told)


def test_a_delay_is_told_once_in_each_episode_and_not_when_it_is_over_already() -> None:
    buyer, shop = Buyer(), says("shipped", parcels=[SEUR])
    scans = [scan("in_transit", 3, condition="delayed"), scan("in_transit", 4)]
    assert "delayed" not in buyer.hears(shop, scans)
    scans.append(scan("in_transit", 5, condition="weather"))
    assert buyer.hears(shop, scans) == ["delayed"]
    scans.append(scan("in_transit", 6, condition="delayed"))
    assert buyer.hears(shop, scans) == []


def test_a_refused_parcel_goes_back_and_its_scans_on_the_way_are_not_the_buyers() -> None:
    buyer, shop = Buyer(), says("shipped", parcels=[SEUR])
    scans = [scan("failed_attempt", 5, condition="refused", by="shop")]
    buyer.hears(shop, scans)
    scans.append(scan("returning", 6))
    assert buyer.hears(shop, scans) == ["returning"]
    scans += [scan("in_transit", 7), scan("out_for_delivery", 8)]
    assert buyer.hears(shop, scans) == []
    scans.append(scan("delivered", 8, "12:00"))
    assert buyer.hears(shop, scans) == []
    scans.append(scan("returned", 9))
    assert buyer.hears(shop, scans) == ["returned"]
    assert decide(shop, scans).state == "returned"


def test_a_wrong_delivery_scan_is_taken_back_and_the_real_one_is_told_again() -> None:
    buyer, shop = Buyer(), says("shipped", parcels=[SEUR])
    scans = [scan("delivered", 5, "12:00")]
    assert "delivered" in buyer.hears(shop, scans)
    scans.append(scan("failed_attempt", 5, "12:30"))
    assert buyer.hears(shop, scans) == ["failed_attempt"]
    assert decide(shop, scans).state == "shipped"
    scans.append(scan("delivered", 6, "10:00", to="neighbour"))
    assert buyer.hears(shop, scans) == ["delivered"]
    assert decide(shop, scans).parcels[SEUR].delivered_to is DeliveredTo.NEIGHBOUR


def test_delivered_to_a_pickup_point_is_corrected_to_waiting_there() -> None:
    buyer, shop = Buyer(), says("shipped", parcels=[SEUR])
    scans = [scan("delivered", 5)]
    buyer.hears(shop, scans)
    scans.append(scan("ready_for_pickup", 6, to="locker", by="buyer"))
    assert buyer.hears(shop, scans) == ["ready_for_pickup"]


def test_a_lost_parcel_is_found_and_arrives() -> None:
    buyer, shop = Buyer(), says("shipped", parcels=[SEUR])
    scans = [scan("in_transit", 4), scan("lost", 14)]
    assert buyer.hears(shop, scans) == ["order_confirmed", "lost"]
    scans += [scan("in_transit", 18), scan("delivered", 19)]
    assert buyer.hears(shop, scans) == ["delivered"]


def test_what_happened_while_nobody_listened_is_told_as_its_end_only() -> None:
    scans = [scan("out_for_delivery", 5, "08:00"), scan("delivered", 5, "12:00")]
    told = [Told(Step.ORDER_CONFIRMED), Told(Step.SHIPPED, "1", SEUR)]
    assert heard(decide(says("shipped", parcels=[SEUR]), scans, told=told).steps) == ["delivered"]


def test_every_step_names_the_earliest_fact_that_brought_it_about() -> None:
    first, second = scan("in_transit", 4), scan("in_transit", 5)
    shop = says("preparing", parcels=[SEUR])
    moving = next(due for due in decide(shop, [second, first]).steps if due.step is Step.IN_TRANSIT)
    assert (moving.caused_by, moving.occurred_at) == (first.id, at(4))


def test_of_two_attempts_on_one_day_the_message_gives_the_newer_reason() -> None:
    shop = says("shipped", parcels=[SEUR])
    scans = [
        scan("failed_attempt", 5, "11:00", condition="recipient_absent"),
        scan("failed_attempt", 5, "17:00", condition="address_problem", by="buyer"),
    ]
    attempt = next(due for due in decide(shop, scans).steps if due.step is Step.FAILED_ATTEMPT)
    assert attempt.occurred_at == at(5, "11:00")
    assert attempt.seen is not None
    assert attempt.seen.condition is Condition.ADDRESS_PROBLEM
