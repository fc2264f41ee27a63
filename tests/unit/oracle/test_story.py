"""The reference fold: what an order should have come to, by the facts alone and in whatever order they came."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.oracle.ledger import OrderLedger, Scan, Snapshot
from tests.oracle.story import StepId, Story, story_of

MADRID = ZoneInfo("Europe/Madrid")
PLACED = datetime(2026, 3, 24, 8, 0, tzinfo=UTC)
PARCEL, OTHER = "generic/A", "generic/B"


def said(state: str, hour: float, sequence: int, *parcels: str, payment: str | None = None) -> Snapshot:
    return Snapshot(sequence, f"{state} at {hour}", PLACED + timedelta(hours=hour), state, payment, parcels)


def scanned(stage: str, hour: float, parcel: str = PARCEL, *, taken: bool = False) -> Scan:
    return Scan(f"{stage} {parcel} at {hour}", parcel, stage, PLACED + timedelta(hours=hour), taken)


def told(*facts: Snapshot | Scan) -> Story:
    order = OrderLedger(("cipres", "O"))
    for fact in facts:
        if isinstance(fact, Snapshot):
            order.snapshots[fact.identity] = fact
        else:
            order.scans[fact.event_id] = fact
    return story_of(order, MADRID, [*order.snapshots, *order.scans])


def names(story: Story) -> list[str]:
    return [step.step for step in sorted(story.steps, key=lambda step: story.steps[step])]


def test_a_usual_order_is_delivered_and_tells_each_step_once() -> None:
    story = told(
        said("confirmed", 0, 1),
        said("shipped", 1, 2, PARCEL, payment="paid"),
        *(scanned(stage, 2 + nth) for nth, stage in enumerate(("accepted", "in_transit", "out_for_delivery"))),
        scanned("delivered", 6, taken=True),
    )
    assert (story.state, story.stages) == ("delivered", {PARCEL: "delivered"})
    assert set(names(story)) == {
        *("order_confirmed", "payment_received", "preparing", "shipped"),
        *("in_transit", "out_for_delivery", "delivered"),
    }
    assert {step.step for step in story.true_at_the_end} == {"order_confirmed", "payment_received", "delivered"}


def test_a_scan_after_the_end_is_ignored_and_its_step_is_on_record() -> None:
    story = told(said("shipped", 0, 1, PARCEL), scanned("delivered", 2), late := scanned("in_transit", 3))
    assert (story.ignored, story.state) == ({late.event_id}, "delivered")
    assert StepId("in_transit", "1", PARCEL) in story.steps.keys() - story.true_at_the_end


def test_what_is_ruled_out_of_one_parcel_stays_so_whatever_else_the_order_holds() -> None:
    story = told(
        said("shipped", 0, 1, PARCEL, OTHER),
        *(scanned(stage, hour) for stage, hour in (("delivered", 2), ("in_transit", 3))),
        *(scanned(stage, hour, OTHER) for stage, hour in (("in_transit", 2), ("delivered", 4))),
    )
    assert story.ruled_out == {StepId("in_transit", "1", PARCEL): StepId("delivered", "1", PARCEL)}


def test_a_failed_attempt_after_delivered_takes_it_back_and_the_next_delivery_is_told_anew() -> None:
    story = told(
        said("shipped", 0, 1, PARCEL), scanned("delivered", 2), scanned("failed_attempt", 3), scanned("delivered", 30)
    )
    assert {step.occurrence for step in story.steps if step.step == "delivered"} == {"1", "2"}
    assert story.ignored == set()


def test_a_bare_delivered_on_the_way_back_means_the_sender() -> None:
    story = told(said("shipped", 0, 1, PARCEL), scanned("returning", 2), scanned("delivered", 3))
    assert story.stages == {PARCEL: "returning"}
    assert told(said("shipped", 0, 1, PARCEL), scanned("returning", 2), scanned("delivered", 3, taken=True)).stages == {
        PARCEL: "delivered"
    }


def test_out_for_delivery_is_told_once_a_day_of_the_shop() -> None:
    story = told(said("shipped", 0, 1, PARCEL), *(scanned("out_for_delivery", hour) for hour in (1, 2, 15, 25)))
    days = {step.occurrence for step in story.steps if step.step == "out_for_delivery"}
    assert days == {"2026-03-24", "2026-03-25"}


@pytest.mark.parametrize(
    ("stages", "state"),
    [
        (("delivered", "delivered"), "delivered"),
        (("delivered", "in_transit"), "partly_delivered"),
        (("in_transit", "registered"), "shipped"),
        (("returned", "returned"), "returned"),
    ],
)
def test_an_order_of_two_parcels_stands_where_both_are(stages: tuple[str, str], state: str) -> None:
    first, second = stages
    assert told(said("shipped", 0, 1, PARCEL, OTHER), scanned(first, 2), scanned(second, 2, OTHER)).state == state


def test_an_order_that_the_shop_only_confirmed_is_partly_shipped_once_a_parcel_moves() -> None:
    assert told(said("confirmed", 0, 1, PARCEL, OTHER), scanned("accepted", 2)).state == "partly_shipped"
    assert told(said("confirmed", 0, 1, PARCEL, OTHER)).state == "confirmed"


def test_the_shops_word_counts_until_the_carrier_scans_the_parcel_again() -> None:
    closed = (said("shipped", 0, 1, PARCEL), scanned("in_transit", 2), said("delivered", 3, 2, PARCEL))
    assert told(*closed).stages == {PARCEL: "delivered"}
    assert told(*closed, scanned("out_for_delivery", 4)).stages == {PARCEL: "out_for_delivery"}


def test_the_shops_word_that_a_parcel_was_delivered_may_give_way_to_a_scan_after_it_and_to_none_before_it() -> None:
    story = told(
        said("shipped", 0, 1, PARCEL),
        *(scanned(stage, hour) for stage, hour in (("delivered", 2), ("out_for_delivery", 3), ("in_transit", 5))),
        said("delivered", 4, 2, PARCEL),
    )
    end, day = StepId("delivered", "1", PARCEL), "2026-03-24"
    assert set(story.ruled_out.values()) == {end}
    assert story.may_give_way(end, StepId("in_transit", "1", PARCEL))
    assert not story.may_give_way(end, StepId("out_for_delivery", day, PARCEL))


def test_of_two_contents_under_one_sequence_the_one_said_first_stands() -> None:
    story = told(said("confirmed", 1, 1), said("cancelled", 2, 1))
    assert (story.state, names(story)) == ("confirmed", ["order_confirmed"])


def test_a_cancelled_order_tells_of_nothing_that_was_before() -> None:
    story = told(said("confirmed", 0, 1), said("cancelled", 1, 2))
    assert story.state == "cancelled"
    assert story.true_at_the_end == {StepId("order_cancelled", "1", "")}


def test_what_nobody_told_the_shop_of_is_no_story() -> None:
    assert told(scanned("delivered", 2)).steps == {}
