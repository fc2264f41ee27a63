"""All the real lives at once on a real database: in any order of arrival the rows are the same to the byte."""

from __future__ import annotations

import random
from collections.abc import Iterable

from services.tracking.domain.promise import TimeFact
from services.tracking.handlers import NewFacts, apply
from services.tracking.store import OrderKey
from shared.contracts.base import Contract
from shared.contracts.orders import Order
from shared.messaging.inbox import Delivery
from tests.support.model_tracking import Passed
from tests.support.real_lives import LIVES
from tests.support.real_lives.lived import live_through, messages
from tests.support.tracking_rows import forget, rows_of
from tests.support.tracking_world import FARO, Tracking

ORDERS_OF_ARRIVAL = 12
"""Each one shuffles every life: some 900 permutations of lives in all."""

Clockwork = dict[OrderKey, list[TimeFact]]


def clockwork() -> Clockwork:
    """What the watch told while the lives were lived."""
    found: Clockwork = {}
    for nth, life in enumerate(LIVES):
        for arrival in live_through(life, f"-{nth}")[1]:
            if isinstance(arrival, Passed):
                found.setdefault(OrderKey(FARO.id, arrival.order), []).append(arrival.fact)
    return found


async def tell_the_time(tracking: Tracking, time: Clockwork) -> None:
    async with tracking.database.transaction() as tx:
        await apply(tx, NewFacts(time=time), tracking.announcer)


async def tell_in_some_order(tracking: Tracking, facts: Iterable[Delivery[Contract]], chance: random.Random) -> None:
    """In batches, some facts twice. The watch knows of an order once all that the shop says of it has been heard."""
    arrivals, waiting = [*facts], clockwork()
    arrivals += chance.sample(arrivals, len(arrivals) // 5)
    chance.shuffle(arrivals)
    while arrivals:
        size = chance.choice((1, 20, 80))
        await tracking.tell(*arrivals[:size])
        arrivals = arrivals[size:]
        unheard = {each.data.order_id for each in arrivals if isinstance(each.data, Order)}
        known = [key for key in waiting if key.order_id not in unheard]
        if known and (chance.random() < 0.5 or not arrivals):
            await tell_the_time(tracking, {key: waiting.pop(key) for key in known})
    assert not waiting


async def test_every_life_in_any_order_of_arrival_leaves_the_same_rows(tracking: Tracking) -> None:
    facts = messages()
    await tracking.tell(*facts)
    await tell_the_time(tracking, clockwork())
    expected = await rows_of(tracking.database)
    assert len(expected["orders"]) >= len(LIVES)
    for number in range(ORDERS_OF_ARRIVAL):
        await forget(tracking.database)
        await tell_in_some_order(tracking, facts, random.Random(number))
        assert await rows_of(tracking.database) == expected, f"arrival number {number}"
