"""Whatever the order in which facts come in, and however many come at once, the rows end up the same."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from itertools import count as counting
from itertools import pairwise
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.contracts.base import Contract
from tests.support.deliveries import order, scan
from tests.support.migrated import ask
from tests.support.tracking_world import Tracking

_numbers = counting(7_770_001)  # no other value in the rows looks like one of these

ORDERS = "SELECT state, snapshot, placed_at, finished_at, check_at, steps_announced FROM orders WHERE order_id = :id"
PARCELS = (
    "SELECT carrier, reference, position, stage, condition, state FROM order_parcels WHERE order_id = :id "
    "ORDER BY carrier, reference"
)
STEPS = "SELECT step, occurrence, parcel FROM steps WHERE order_id = :id ORDER BY step, occurrence, parcel"


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
    """Everything remembered of one order, without its number."""
    found: list[Any] = []
    for sql in (ORDERS, PARCELS, STEPS):
        rows = await ask(tracking.database, sql, id=f"A-{number}")
        found.append([repr(dict(row)).replace(str(number), "") for row in rows])
    return found


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
    await asyncio.gather(*(tracking.tell(*batch) for batch in batches))
    await tracking.tell(*orders, *scans)
    states = await ask(tracking.database, "SELECT order_id, state FROM orders ORDER BY order_id")
    assert {row["state"] for row in states} == {"delivered"}
    assert len(states) == 10
    steps = await tracking.steps()
    assert len({step.event_id for step in steps}) == len(steps), "each step is announced once"
