"""Whatever the order in which facts come in, and however many come at once, the rows end up the same."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from itertools import count as counting
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.tracking.domain.shipment import ParcelKey
from services.tracking.intake import intake
from shared.contracts.base import Contract
from tests.support.deliveries import CORREOS, SEUR, delivery, order, scan
from tests.support.migrated import ask
from tests.support.tracking_world import Tracking

_numbers = counting(7_770_001)  # no other value in the rows looks like one of these

OF_ORDER = (
    "SELECT state, late, placed_at, finished_at, check_at, steps_announced, email, phone, basis, fold FROM orders "
    "WHERE order_id = :id",
    "SELECT * FROM snapshots WHERE order_id = :id ORDER BY sequence, digest",
    "SELECT carrier, reference, position, stage, condition FROM order_parcels WHERE order_id = :id "
    "ORDER BY carrier, reference",
    "SELECT t.* FROM timeline t JOIN order_parcels USING (carrier, reference) WHERE order_id = :id "
    "ORDER BY t.carrier, t.reference, t.occurred_at, t.digest",
    "SELECT step, occurrence, parcel FROM steps WHERE order_id = :id ORDER BY step, occurrence, parcel",
)
"""All but in which order the steps were told, and which of them were news when they were."""


def story(number: int) -> list[Contract]:
    """One order in two parcels: a failed attempt, a late label, an unmapped code, and everything is told once more."""
    name, first, second = f"A-{number}", ("seur", f"S{number}"), ("correos", f"C{number}")
    facts: list[Contract] = [
        order("confirmed", 1, order_id=name),
        order("preparing", 2, order_id=name, parcels=[first]),
        order("shipped", 3, order_id=name, parcels=[first, second]),
        scan("registered", 2, "20:00", of=first),
        scan("accepted", 3, of=first),
        scan("in_transit", 4, of=first, condition="delayed"),
        scan("unknown", 4, "18:00", of=first, carrier_code="LX99"),
        scan("out_for_delivery", 5, "07:00", of=first),
        scan("failed_attempt", 5, "13:00", of=first, condition="recipient_absent"),
        scan("out_for_delivery", 6, "07:00", of=first),
        scan("delivered", 6, "11:00", of=first),
        scan("in_transit", 4, "09:00", of=second),
        scan("ready_for_pickup", 5, "09:00", of=second, by="buyer"),
    ]
    return [*facts, *facts[:3], facts[8]]


async def rows_of(tracking: Tracking, number: int) -> list[Any]:
    """Everything remembered of one order, without its number and what is made of it."""
    found: list[Any] = []
    for sql in OF_ORDER:
        rows = await ask(tracking.database, sql, id=f"A-{number}")
        found.append([without(repr(dict(row)), number) for row in rows])
    return found


def without(text: str, number: int) -> str:
    for nth, fact in enumerate(story(number)[:13]):
        told = delivery(fact)
        for secret in (told.envelope.id.hex, str(told.envelope.id), told.digest.hex(), repr(told.digest[:8])):
            text = text.replace(secret, f"<{nth}>")
    return text.replace(str(number), "")


async def tell_in_batches(tracking: Tracking, facts: Sequence[Contract], cuts: Sequence[int]) -> None:
    edges = sorted({0, len(facts), *(cut % len(facts) for cut in cuts)})
    for start, end in pairwise(edges):
        await tracking.tell(*facts[start:end])


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
async def test_any_permutation_in_any_batches_leaves_the_same_rows(tracking: Tracking, data: st.DataObject) -> None:
    straight, shuffled = next(_numbers), next(_numbers)
    await tell_in_batches(tracking, story(straight), range(40))
    facts = data.draw(st.permutations(story(shuffled)), label="arrival")
    await tell_in_batches(tracking, facts, data.draw(st.lists(st.integers(0, 99), max_size=12), label="cuts"))
    assert await rows_of(tracking, shuffled) == await rows_of(tracking, straight)


async def test_an_order_and_its_scan_that_come_at_the_same_moment_never_miss_each_other(tracking: Tracking) -> None:
    for round_number in range(60):
        name, parcel = f"B-{round_number}", ("seur", f"B{round_number}")
        told = [order("shipped", order_id=name, parcels=[parcel]), scan("out_for_delivery", 5, of=parcel)]
        random.Random(round_number).shuffle(told)
        await asyncio.gather(*(tracking.tell(fact) for fact in told))
        assert [step.step.value for step in await tracking.steps() if step.order_id == name][-1] == "out_for_delivery"


async def test_many_consumers_at_once_on_shared_parcels_lose_nothing_and_do_not_deadlock(tracking: Tracking) -> None:
    chance = random.Random(5)
    parcels = [("seur", f"M{number}") for number in range(6)]
    orders = [
        order("shipped", sequence, order_id=f"M-{number}", parcels=chance.sample(parcels, 3))
        for number in range(10)
        for sequence in (1, 2)
    ]
    scans = [
        scan(stage, day, of=parcel)
        for parcel in parcels
        for stage, day in (("accepted", 3), ("in_transit", 4), ("out_for_delivery", 5), ("delivered", 6))
    ]
    batches = [chance.sample([*orders, *scans], 12) for _ in range(24)]
    for together in (batches[:12], batches[12:]):
        await asyncio.gather(*(tracking.tell(*batch) for batch in together))
    await tracking.tell(*orders, *scans)
    states = await ask(tracking.database, "SELECT order_id, state FROM orders ORDER BY order_id")
    assert {row["state"] for row in states} == {"delivered"}
    assert len(states) == 10
    steps = await tracking.steps()
    assert len({step.event_id for step in steps}) == len(steps), "each step is announced once"


async def both_at_once(tracking: Tracking, first: Contract, second: Contract) -> None:
    """The second comes while the first is taken in and not committed yet: it has to wait."""
    async with tracking.database.transaction() as tx:
        await intake(tracking.announcer).handle(tx, [delivery(first)])
        waiting = asyncio.create_task(tracking.tell(second))
        done, _ = await asyncio.wait([waiting], timeout=0.3)
        assert not done
    await waiting


async def test_two_scans_of_one_parcel_at_once_are_both_kept(tracking: Tracking) -> None:
    await tracking.tell(order("shipped", parcels=[SEUR]), scan("accepted", 3))
    await both_at_once(tracking, scan("in_transit", 4), scan("delivered", 5))
    facts = (await tracking.story()).facts[ParcelKey(*SEUR)]
    assert sorted(fact.stage for fact in facts) == ["accepted", "delivered", "in_transit"]


async def test_two_parcels_of_one_order_that_arrive_at_once_deliver_it(tracking: Tracking) -> None:
    await tracking.tell(order("shipped", parcels=[SEUR, CORREOS]))
    await both_at_once(tracking, scan("delivered", 5), scan("delivered", 5, of=CORREOS))
    rows = await ask(tracking.database, "SELECT state FROM orders")
    assert [row["state"] for row in rows] == ["delivered"]


@pytest.mark.parametrize("order_first", [True, False])
async def test_an_order_that_names_a_parcel_while_it_is_scanned_knows_of_the_scan(
    tracking: Tracking, order_first: bool
) -> None:
    await tracking.tell(scan("accepted", 3))
    told = [order("shipped", parcels=[SEUR]), scan("out_for_delivery", 5)]
    await both_at_once(tracking, *(told if order_first else told[::-1]))
    rows = await ask(tracking.database, "SELECT stage FROM order_parcels")
    assert [row["stage"] for row in rows] == ["out_for_delivery"]
    assert "out_for_delivery" in await tracking.heard()


async def test_two_snapshots_of_one_order_at_once_leave_the_newer_one(tracking: Tracking) -> None:
    await tracking.tell(order("placed", 1))
    await both_at_once(tracking, order("cancelled", 3), order("preparing", 2))
    rows = await ask(tracking.database, "SELECT state FROM orders")
    assert [row["state"] for row in rows] == ["cancelled"]
