"""Lives of whole orders: several parcels, the shop's own word, cancellations, promises."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest

from services.tracking.domain.promise import PromiseBroken, Stalled
from services.tracking.domain.shipment import ParcelFact
from shared.contracts.vocabulary import Stage, Step
from tests.unit.tracking.facts import CORREOS, SEUR, Buyer, at, decide, heard, recorded, says, scan


def test_an_order_in_two_parcels_is_delivered_only_when_both_are() -> None:
    buyer, shop = Buyer(), says("preparing", parcels=[SEUR, CORREOS])
    first = [scan("accepted", 3)]
    buyer.hears(shop, first)
    assert decide(shop, first).state == "partly_shipped"
    second = [scan("accepted", 4, of=CORREOS)]
    assert buyer.hears(shop, first, second) == ["shipped"]
    assert decide(shop, first, second).state == "shipped"
    first.append(scan("delivered", 5))
    assert buyer.hears(shop, first, second) == ["delivered"]
    half = decide(shop, first, second)
    assert (half.state, half.parcels_delivered, half.parcels_total) == ("partly_delivered", 1, 2)
    second.append(scan("delivered", 6, of=CORREOS))
    assert buyer.hears(shop, first, second) == ["delivered"]
    assert decide(shop, first, second).state == "delivered"


def test_an_order_of_which_more_is_to_come_is_not_delivered_with_its_first_parcel() -> None:
    delivered = [scan("delivered", 5)]
    assert decide(says("preparing", parcels=[SEUR], more_to_come=True), delivered).state == "partly_delivered"
    assert decide(says("shipped", parcels=[SEUR], more_to_come=True), delivered).state == "delivered"


def test_a_first_word_of_shipped_still_brings_the_receipts_first() -> None:
    decision = decide(says("shipped", paid="paid", parcels=[SEUR], day=4), [scan("accepted", 3)])
    assert heard(decision.steps) == ["order_confirmed", "payment_received", "shipped"]
    assert recorded(decision.steps) == ["preparing"]


def test_scans_that_came_before_the_order_are_told_as_they_stand_now() -> None:
    scans = [scan("accepted", 3), scan("in_transit", 4), scan("out_for_delivery", 5, "08:00")]
    decision = decide(says("shipped", parcels=[SEUR], day=5, clock="09:00"), scans)
    assert heard(decision.steps) == ["order_confirmed", "out_for_delivery"]
    assert sorted(recorded(decision.steps)) == ["in_transit", "preparing", "shipped"]


def test_scans_of_an_earlier_parcel_with_the_same_reference_are_neither_told_nor_counted() -> None:
    ancient = ParcelFact(UUID(int=1), at(1).replace(month=1), Stage.DELIVERED)
    decision = decide(says("shipped", parcels=[SEUR]), [scan("accepted", 3), ancient])
    assert decision.state == "shipped"
    assert "delivered" not in [due.step for due in decision.steps]
    assert [ignored.reason for ignored in decision.ignored] == ["before_the_order"]


def test_a_cancelled_order_is_not_said_to_be_shipped_but_its_delivery_is_told() -> None:
    buyer = Buyer()
    assert buyer.hears(says("confirmed", paid="paid")) == ["order_confirmed", "payment_received"]
    shop = says("cancelled", 2, paid="refunded", parcels=[SEUR])
    assert buyer.hears(shop) == ["order_cancelled", "refunded"]
    scans = [scan("accepted", 3), scan("in_transit", 4)]
    assert buyer.hears(shop, scans) == []
    assert buyer.hears(shop, [*scans, scan("delivered", 5)]) == ["delivered"]
    assert decide(shop, scans).state == "cancelled"


def test_an_order_first_heard_of_when_cancelled_brings_no_stale_receipts() -> None:
    steps = decide(says("cancelled", paid="refunded")).steps
    assert heard(steps) == ["order_cancelled", "refunded"]
    assert recorded(steps) == ["order_confirmed", "payment_received"]


def test_a_replaced_reference_falls_silent_and_stops_counting() -> None:
    first, second = says("shipped", 1, parcels=[SEUR]), says("shipped", 2, parcels=[CORREOS])
    decision = decide([first, second], [scan("delivered", 5)], [scan("in_transit", 5, of=CORREOS)])
    assert decision.state == "shipped"
    assert {due.parcel for due in decision.steps if due.still_true} == {None, CORREOS}
    assert decision.parcels[SEUR].stage is Stage.DELIVERED


def test_the_shops_word_of_delivery_counts_where_the_carrier_is_silent() -> None:
    buyer, shop = Buyer(), says("delivered", parcels=[SEUR], day=6)
    assert buyer.hears(shop, [scan("out_for_delivery", 5)]) == ["order_confirmed", "delivered"]
    assert decide(shop, [scan("out_for_delivery", 5)]).state == "delivered"


def test_a_scan_of_the_carrier_after_the_shops_word_knows_better() -> None:
    shop, scans = says("delivered", parcels=[SEUR], day=4), [scan("in_transit", 5)]
    decision = decide(shop, scans)
    assert decision.state == "shipped"
    assert "delivered" in recorded(decision.steps)
    assert "in_transit" in heard(decision.steps)


def test_shop_and_carrier_saying_the_same_is_told_once() -> None:
    buyer = Buyer()
    assert "delivered" in buyer.hears(says("shipped", parcels=[SEUR]), [scan("delivered", 5)])
    assert buyer.hears(says("delivered", 2, parcels=[SEUR], day=6), [scan("delivered", 5)]) == []


def test_a_label_called_off_leaves_the_rest_of_the_order_to_be_judged() -> None:
    shop = says("shipped", parcels=[SEUR, CORREOS])
    decision = decide(shop, [scan("cancelled", 3)], [scan("delivered", 5, of=CORREOS)])
    assert (decision.state, decision.parcels_total) == ("delivered", 1)


def test_a_broken_promise_is_told_once_for_each_promised_day() -> None:
    buyer = Buyer()
    shop = says("shipped", 1, parcels=[SEUR], promise=date(2026, 3, 9))
    late = [PromiseBroken(SEUR, date(2026, 3, 9))]
    scans = [scan("in_transit", 4)]
    buyer.hears(shop, scans)
    assert buyer.hears(shop, scans, time_facts=late) == ["delayed"]
    assert buyer.hears(shop, scans, time_facts=late) == []
    again = says("shipped", 2, parcels=[SEUR], promise=date(2026, 3, 12))
    assert buyer.hears(again, scans, time_facts=[*late, PromiseBroken(SEUR, date(2026, 3, 12))]) == ["delayed"]


@pytest.mark.parametrize("better", ["delivered", "ready_for_pickup", "failed_attempt", "returning"])
def test_a_broken_promise_is_no_news_beside_something_better(better: str) -> None:
    shop = says("shipped", parcels=[SEUR], promise=date(2026, 3, 9))
    late = [PromiseBroken(SEUR, date(2026, 3, 9))]
    assert "delayed" in recorded(decide(shop, [scan(better, 10)], time_facts=late).steps)


@pytest.mark.parametrize("condition", [None, "customs", "address_problem"])
def test_a_broken_promise_is_told_whatever_keeps_the_parcel(condition: str | None) -> None:
    shop = says("shipped", parcels=[SEUR], promise=date(2026, 3, 9))
    stage = "in_transit" if condition else "out_for_delivery"
    stands = scan(stage, 10, condition=condition, by="buyer" if condition else None)
    steps = decide(shop, [stands], time_facts=[PromiseBroken(SEUR, date(2026, 3, 9))]).steps
    assert "promise:2026-03-09" in [due.occurrence for due in steps if due.still_true]


def test_a_silence_is_told_anew_of_a_promise_that_was_made_since() -> None:
    buyer, scans = Buyer(), [scan("in_transit", 3)]
    first, silence = says("shipped", parcels=[SEUR]), Stalled(SEUR, at(3), at(9))
    buyer.hears(first, scans)
    assert buyer.hears(first, scans, time_facts=[silence]) == ["delayed"]
    shop = [first, says("shipped", 2, day=10, parcels=[SEUR], promise=date(2026, 3, 12))]
    buyer.hears(shop, scans)
    assert buyer.hears(shop, scans, time_facts=[PromiseBroken(SEUR, date(2026, 3, 12))]) == ["delayed"]


def test_a_promise_that_was_moved_in_time_is_not_broken() -> None:
    moved = says("preparing", 2, promise=date(2026, 3, 20))
    steps = decide(moved, time_facts=[PromiseBroken(None, date(2026, 3, 9))]).steps
    assert "delayed" in recorded(steps)


def test_a_parcel_whose_label_was_called_off_is_not_said_to_be_shipped() -> None:
    steps = decide(says("preparing", parcels=[SEUR]), [scan("accepted", 3), scan("cancelled", 4)]).steps
    assert "shipped" in recorded(steps)


def test_the_shops_word_of_delivery_does_not_bring_a_cancelled_label_to_life() -> None:
    shop = says("delivered", parcels=[SEUR, CORREOS], day=6)
    decision = decide(shop, [scan("cancelled", 3)], [scan("in_transit", 5, of=CORREOS)])
    assert decision.parcels[SEUR].stage is Stage.CANCELLED
    assert (decision.state, decision.parcels_delivered, decision.parcels_total) == ("delivered", 1, 1)


def test_the_shops_word_does_not_split_a_delay_into_two() -> None:
    scans = [scan("in_transit", 3, condition="delayed"), scan("registered", 5, condition="delayed")]
    with_its_word = decide(says("delivered", parcels=[SEUR], day=4), scans).steps
    without = decide(says("shipped", parcels=[SEUR], day=4), scans).steps
    delays = [{due.occurrence for due in steps if due.step is Step.DELAYED} for steps in (with_its_word, without)]
    assert delays[0] == delays[1] == {"delay:1"}
