"""How far a group is behind, asked from outside: it is known also when nobody consumes, and nobody is disturbed."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta

import pytest

from sandbox.backends.ports import free_port
from sandbox.backends.servers import Broker
from shared.contracts.topics import CARRIER_SHIPMENTS
from shared.database import Database
from shared.messaging.failures import BrokerAway
from shared.messaging.group_lag import GroupLag
from tests.support.consuming import Line, Notebook, all_counted, new_line, numbered
from tests.support.waiting import until


def lag_of(line: Line) -> GroupLag:
    return GroupLag(line.broker.bootstrap, line.group, [line.topic], timedelta(seconds=20))


async def publish_one_by_one(line: Line, numbers: range) -> None:
    """The embedded broker gives the end of a partition as if each batch held one message."""
    for event in numbered(numbers):
        await line.publish(event)


async def test_before_anybody_has_consumed_all_that_was_published_is_behind(broker: Broker) -> None:
    line = await new_line(broker, partitions=3)
    await publish_one_by_one(line, range(6))
    lags = await lag_of(line).ask()
    assert [each.partition for each in lags] == [0, 1, 2]
    assert {each.committed for each in lags} == {None}
    assert sum(each.lag for each in lags) == 6


async def test_what_is_taken_in_is_behind_no_longer_and_what_comes_later_is(broker: Broker, store: Database) -> None:
    line = await new_line(broker)
    await line.publish(*numbered(range(5)))
    async with line.consuming(store, Notebook()):
        await until(lambda: all_counted(line, 5), "all are counted")
        await until(lambda: is_behind(line, 0), "the offsets are committed while the consumer runs undisturbed")
    await publish_one_by_one(line, range(5, 8))
    (lag,) = await lag_of(line).ask()
    assert (lag.topic, lag.committed, lag.end, lag.lag) == (line.topic.name, 5, 8, 3)


async def is_behind(line: Line, messages: int) -> bool:
    return sum(each.lag for each in await lag_of(line).ask()) == messages


async def test_a_topic_that_is_not_there_yet_has_no_lag(broker: Broker) -> None:
    nowhere = replace(CARRIER_SHIPMENTS, name="test-never-made")
    assert await GroupLag(broker.bootstrap, "test-nobody", [nowhere], timedelta(seconds=20)).ask() == []


async def test_while_the_broker_is_away_it_says_so_within_its_deadline() -> None:
    nobody = GroupLag(f"127.0.0.1:{free_port()}", "test-nobody", [CARRIER_SHIPMENTS], timedelta(seconds=1))
    began = time.monotonic()
    with pytest.raises(BrokerAway):
        await nobody.ask()
    assert time.monotonic() - began < 5
