"""From what shops and carriers say to state, steps and rows: one story each."""

from __future__ import annotations

import pytest

from services.tracking.intake import intake
from services.tracking.ops import queues
from shared.contracts.outcomes import MessageOutcome
from shared.contracts.vocabulary import Channel, OrderState, Stage, Step, Verdict
from shared.messaging.failures import DependencyAway, Poison
from tests.support.deliveries import CORREOS, ORDER, SEUR, at, delivery, order, scan
from tests.support.migrated import ask, count
from tests.support.tracking_world import Tracking


async def test_an_order_and_its_scans_become_state_and_one_step_each(tracking: Tracking) -> None:
    await tracking.tell(order("confirmed"))
    await tracking.tell(order("shipped", 2, parcels=[SEUR]))
    await tracking.tell(scan("accepted", 3), scan("in_transit", 4))
    await tracking.tell(scan("out_for_delivery", 5, "07:00"))
    await tracking.tell(scan("delivered", 5, "12:00", to="neighbour"))
    story = await tracking.story()
    assert story.decision.state is OrderState.DELIVERED
    assert await tracking.heard() == [
        "order_confirmed",
        "shipped",
        "in_transit",
        "out_for_delivery",
        "delivered",
    ]
    row = (await ask(tracking.database, "SELECT state, finished_at, check_at, steps_announced FROM orders"))[0]
    assert (row["state"], row["finished_at"], row["check_at"]) == ("delivered", at(5, "12:00"), None)
    assert row["steps_announced"] == len(await tracking.steps())


async def test_a_step_about_a_parcel_carries_every_fact_that_a_message_needs(tracking: Tracking) -> None:
    await tracking.tell(order("shipped", parcels=[SEUR]), scan("out_for_delivery", 5))
    step = next(step for step in await tracking.steps() if step.step is Step.OUT_FOR_DELIVERY)
    assert step.parcel is not None
    assert step.parcel.carrier_name == "SEUR"
    assert step.parcel.reference == SEUR[1]
    assert (step.parcel.contact.phone, step.parcel.contact.of_shop) == ("+34 910 000 111", False)
    assert step.parcel.contact.hours == "9:00-20:00"
    assert step.parcel.carrier_url == f"https://seur.example/{SEUR[1]}"
    assert step.tracking_url.startswith("https://hito.example/t/")
    assert (step.buyer.email, step.buyer.phone) == ("lucia@example.com", "+34600000001")
    assert (step.order.parcels_total, step.order.parcels_delivered) == (1, 0)


async def test_a_carrier_without_a_confirmed_phone_gives_the_shops_own_named_as_such(tracking: Tracking) -> None:
    await tracking.tell(order("shipped", parcels=[CORREOS]), scan("in_transit", 5, of=CORREOS))
    step = (await tracking.steps())[-1]
    assert step.parcel is not None
    assert (step.parcel.contact.phone, step.parcel.contact.of_shop) == ("+34 910 000 001", True)


async def test_scans_before_their_order_are_parked_and_applied_when_it_arrives(tracking: Tracking) -> None:
    assert await tracking.tell(scan("accepted", 3), scan("in_transit", 4)) == ["parked", "parked"]
    assert await tracking.steps() == []
    assert await tracking.tell(order("shipped", parcels=[SEUR])) == ["applied"]
    assert (await tracking.story()).decision.state is OrderState.SHIPPED
    assert await tracking.heard() == ["order_confirmed", "in_transit"]


async def test_a_parcel_is_counted_as_parked_until_an_order_names_it(tracking: Tracking) -> None:
    async def parked() -> int:
        async with tracking.database.transaction() as tx:
            return await queues.count_parked(tx)

    await tracking.tell(scan("accepted", 3), scan("in_transit", 4))
    assert await parked() == 1
    await tracking.tell(order("shipped", parcels=[SEUR]))
    assert await parked() == 0


async def test_an_order_and_its_scans_in_one_batch_park_nothing(tracking: Tracking) -> None:
    assert (
        await tracking.tell(scan("accepted", 3), order("shipped", parcels=[SEUR]), scan("in_transit", 4))
        == ["applied"] * 3
    )


async def test_an_older_snapshot_that_comes_late_changes_nothing_and_is_on_the_timeline(tracking: Tracking) -> None:
    await tracking.tell(order("shipped", 2, parcels=[SEUR]))
    heard = await tracking.heard()
    assert await tracking.tell(order("preparing", 1)) == ["stale"]
    story = await tracking.story()
    assert story.order.sequence == 2
    assert [ignored.reason for ignored in story.decision.ignored] == ["stale"]
    assert sorted(fact.sequence for fact in story.snapshots) == [1, 2]
    assert await tracking.heard() == heard


async def test_the_same_snapshot_told_twice_at_different_times_changes_nothing(tracking: Tracking) -> None:
    said = order("confirmed")
    await tracking.tell(delivery(said, said_at=at(2, "09:01")))
    assert await tracking.tell(delivery(said, said_at=at(2, "09:30"))) == ["stale"]
    assert await count(tracking.database, "snapshots") == 1
    assert await tracking.heard() == ["order_confirmed"]


async def test_two_contents_under_one_sequence_are_kept_and_the_first_one_stands(tracking: Tracking) -> None:
    await tracking.tell(delivery(order("confirmed"), said_at=at(2, "09:01")))
    await tracking.tell(delivery(order("cancelled"), said_at=at(2, "09:02")))
    story = await tracking.story()
    assert story.decision.state is OrderState.CONFIRMED
    assert [ignored.reason for ignored in story.decision.ignored] == ["conflict"]
    assert await count(tracking.database, "snapshots") == 2


async def test_a_code_nobody_has_mapped_is_kept_for_operators_and_never_told(tracking: Tracking) -> None:
    await tracking.tell(order("shipped", parcels=[SEUR]), scan("accepted", 3))
    heard = await tracking.heard()
    odd = scan("unknown", 4, carrier_code="LX99", carrier_text="Incidencia sin clasificar")
    await tracking.tell(odd, scan("unknown", 5, carrier_code="LX99"))
    story = await tracking.story()
    assert story.decision.parcels[story.decision.shop.parcels[0]].stage is Stage.ACCEPTED
    assert Stage.UNKNOWN in {fact.stage for facts in story.facts.values() for fact in facts}
    assert await tracking.heard() == heard
    (row,) = await ask(
        tracking.database, "SELECT carrier, code, sample, seen, first_seen, last_seen FROM unmapped_codes"
    )
    assert (row["carrier"], row["code"], row["sample"], row["seen"]) == ("seur", "LX99", odd.carrier_text, 2)
    assert (row["first_seen"], row["last_seen"]) == (at(4), at(5))


async def test_one_parcel_that_serves_two_orders_moves_both(tracking: Tracking) -> None:
    await tracking.tell(
        order("shipped", order_id="A-1", parcels=[SEUR]), order("shipped", order_id="A-2", parcels=[SEUR])
    )
    await tracking.tell(scan("delivered", 5))
    for order_id in ("A-1", "A-2"):
        assert (await tracking.story(order_id)).decision.state is OrderState.DELIVERED
    delivered = [step.order_id for step in await tracking.steps() if step.step is Step.DELIVERED]
    assert sorted(delivered) == ["A-1", "A-2"]


async def test_a_reference_that_is_replaced_half_way_is_followed_and_the_old_one_no_longer_counts(
    tracking: Tracking,
) -> None:
    replacement = ("seur", "99999999999999")
    await tracking.tell(order("shipped", 1, parcels=[SEUR]), scan("in_transit", 3))
    await tracking.tell(order("shipped", 2, parcels=[replacement]))
    before = await tracking.heard()
    await tracking.tell(scan("lost", 4))
    assert await tracking.heard() == before, "the old parcel is not the buyer's any more"
    await tracking.tell(scan("delivered", 6, of=replacement))
    story = await tracking.story()
    assert story.decision.state is OrderState.DELIVERED
    assert (story.decision.parcels_total, story.decision.parcels_delivered) == (1, 1)
    assert (await tracking.heard())[-1] == "delivered"


async def test_an_order_in_two_parcels_is_delivered_when_both_are(tracking: Tracking) -> None:
    await tracking.tell(order("shipped", parcels=[SEUR, CORREOS]))
    await tracking.tell(scan("delivered", 4))
    assert (await tracking.story()).decision.state is OrderState.PARTLY_DELIVERED
    await tracking.tell(scan("delivered", 5, of=CORREOS))
    assert (await tracking.story()).decision.state is OrderState.DELIVERED
    counts = [
        (step.order.parcels_delivered, step.order.parcels_total)
        for step in await tracking.steps()
        if step.step is Step.DELIVERED
    ]
    assert counts == [(1, 2), (2, 2)]


async def test_each_step_of_an_order_has_its_own_number_in_the_order_of_announcement(tracking: Tracking) -> None:
    await tracking.tell(order("shipped", parcels=[SEUR]), scan("accepted", 3))
    await tracking.tell(scan("in_transit", 4), scan("out_for_delivery", 5, "07:00"))
    await tracking.tell(scan("delivered", 5, "12:00"))
    numbers = [step.sequence for step in await tracking.steps()]
    assert numbers == list(range(1, len(numbers) + 1))


async def test_an_order_of_a_shop_that_is_not_configured_is_poison(tracking: Tracking) -> None:
    with pytest.raises(Poison, match="unknown shop"):
        await tracking.tell(order(shop="nobody"))


async def test_without_the_carrier_directory_nothing_is_taken_in(tracking: Tracking) -> None:
    tracking.announcer.directory.replace(())
    with pytest.raises(DependencyAway):
        await tracking.tell(order())
    assert await count(tracking.database, "inbox") == 0


def outcome(verdict: Verdict, clock: str, reason: str = "why", language: str | None = None) -> MessageOutcome:
    return MessageOutcome(
        shop="demo",
        order_id=ORDER,
        message=delivery(order()).envelope.id,
        step=Step.SHIPPED,
        recipient="buyer",
        channel=Channel.EMAIL,
        verdict=verdict,
        reason=reason,
        occurred_at=at(5, clock),
        language=language,
    )


async def test_all_outcomes_of_one_message_may_come_in_one_batch_and_the_newest_stands(tracking: Tracking) -> None:
    words = await tracking.tell(
        outcome(Verdict.PLANNED, "10:00"),
        outcome(Verdict.DELIVERED, "10:02", "smtp_delivered"),
        outcome(Verdict.SENT, "10:01", language="es"),
    )
    assert words == ["applied"] * 3
    (row,) = await ask(tracking.database, "SELECT verdict, reason, language, occurred_at FROM messages")
    assert (row["verdict"], row["reason"], row["language"]) == ("delivered", "smtp_delivered", "es")


async def test_an_outcome_that_comes_late_does_not_replace_a_newer_one(tracking: Tracking) -> None:
    await tracking.tell(outcome(Verdict.READ, "10:05"))
    await tracking.tell(outcome(Verdict.SENT, "10:01"))
    (row,) = await ask(tracking.database, "SELECT verdict FROM messages")
    assert row["verdict"] == "read"


async def test_many_orders_go_through_in_one_batch(tracking: Tracking) -> None:
    ids = [f"A-{number}" for number in range(150)]
    parcels = {order_id: ("seur", f"P{order_id}") for order_id in ids}
    await tracking.tell(*(order("shipped", order_id=order_id, parcels=[parcels[order_id]]) for order_id in ids))
    words = await tracking.tell(*(scan("delivered", 5, of=parcels[order_id]) for order_id in ids))
    assert words == ["applied"] * 150
    assert await count(tracking.database, "orders", "state = 'delivered'") == 150


def test_tracking_takes_in_what_shops_carriers_and_the_notifier_say(tracking: Tracking) -> None:
    topics = [topic.name for topic in intake(tracking.announcer).topics]
    assert topics == [
        "shop.orders.v1",
        "carrier.shipments.v1",
        "notifier.outcomes.v1",
        "tracking.erasures.v1",
        "notifier.erasures.v1",
    ]
