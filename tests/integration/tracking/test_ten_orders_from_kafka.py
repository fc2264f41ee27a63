"""The same facts, published to Kafka in ten random orders with two consumers running: the same rows to the byte."""

from __future__ import annotations

import random

import pytest

from sandbox.backends.servers import Broker
from tests.support.migrated import FreshDatabase, count, opened
from tests.support.real_lives import LIVES
from tests.support.real_lives.lived import messages
from tests.support.tracking_line import new_tracking_line
from tests.support.tracking_rows import rows_of
from tests.support.tracking_world import FARO, announcer_for

ORDERS_OF_ARRIVAL = 10


@pytest.mark.timeout(300)
async def test_ten_random_orders_and_two_consumers_leave_the_same_rows_and_the_same_steps(
    broker: Broker, fresh_database: FreshDatabase, tracking_template: str
) -> None:
    facts, left, shares = messages(), [], [0, 0]
    for number in range(ORDERS_OF_ARRIVAL):
        line, chance = await new_tracking_line(broker), random.Random(number)
        arrivals = [*facts, *chance.sample(facts, len(facts) // 5)]
        chance.shuffle(arrivals)
        await line.publish(arrivals[: len(arrivals) // 2])
        async with (
            opened(await fresh_database(tracking_template)) as database,
            line.consuming(database, announcer_for(FARO), members=2) as members,
        ):
            await line.publish(arrivals[len(arrivals) // 2 :])
            await line.until_taken_in(len(arrivals))
            shares = [share + member.taken_in for share, member in zip(shares, members, strict=True)]
            assert await count(database, "dead_letters") == 0
            left.append(await rows_of(database))
    assert len(left[0]["orders"]) >= len(LIVES)
    assert all(rows == left[0] for rows in left), "the order of arrival shows in the rows"
    assert all(shares), f"one consumer did all the work: {shares}"
