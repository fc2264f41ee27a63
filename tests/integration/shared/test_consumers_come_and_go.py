"""Consumers that wait, die, stop, join and leave: nothing is lost and nothing is done twice."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from aiokafka import ConsumerRecord

from sandbox.backends.servers import Broker
from shared.database import Database
from shared.messaging.failures import Infrastructure
from shared.messaging.subscription import Subscription
from tests.support.consuming import (
    Interrupting,
    Line,
    Notebook,
    Running,
    all_counted,
    names,
    new_line,
    numbered,
    references,
)
from tests.support.migrated import count
from tests.support.waiting import until


async def test_while_something_everybody_needs_is_away_nothing_advances_and_then_it_goes_on_by_itself(
    broker: Broker, store: Database
) -> None:
    line, trouble = await new_line(broker), Interrupting(Infrastructure("away"), "P1")
    await line.publish(*numbered(range(3)))
    async with line.consuming(store, Notebook(trouble)) as running:
        await until(lambda: waits_for(running, "Infrastructure"), "the consumer says it is not ready")
        assert await count(store, "facts") == 0
        assert await line.committed() == 0
        trouble.times = 0
        await until(lambda: all_counted(line, 3), "all are counted")
        await until(lambda: waits_for(running, None), "the consumer is ready")
    assert await references(store) == names(range(3))
    assert await count(store, "dead_letters") == 0
    assert line.counted()["applied"] == 3


async def waits_for(running: Running, what: str | None) -> bool:
    return await running.consumer.unready() == what


class DiesBeforeCommit(Subscription):
    """The process ends after the database has committed and before the offsets have."""

    async def commit(self, records: Sequence[ConsumerRecord]) -> None:
        raise Killed


class Killed(Exception):
    """Stands for kill -9."""


async def test_a_consumer_that_dies_between_the_database_and_the_offsets_leaves_duplicates_and_no_second_effect(
    broker: Broker, store: Database
) -> None:
    line = await new_line(broker)
    await line.publish(*numbered(range(6)))
    dying = DiesBeforeCommit(broker.bootstrap, line.group, [line.topic], "test")
    async with line.consuming(store, Notebook(), dying) as running:
        with pytest.raises(Killed):
            await running.task
    assert await references(store) == names(range(6))
    assert await line.committed() == 0
    async with line.consuming(store, Notebook()):
        await until(lambda: all_counted(line, 12), "the replay is counted")
    assert await references(store) == names(range(6))
    assert line.counted() == {"applied": 6, "duplicate": 6, "stale": 0, "parked": 0, "dead": 0}
    assert await line.committed() == 6


async def test_a_process_that_is_asked_to_stop_finishes_the_batch_it_holds(broker: Broker, store: Database) -> None:
    line = await new_line(broker)
    await line.publish(*numbered(range(4)))
    notebook = Notebook()
    async with line.consuming(store, notebook) as running:
        notebook.meddle = lambda _: running.runtime.stop.set()
        await asyncio.wait_for(running.task, 20)
    assert await references(store) == names(range(4))
    assert await line.committed() == 4


async def test_a_process_that_is_asked_to_stop_while_the_database_is_away_commits_nothing_and_loses_nothing(
    broker: Broker, store: Database
) -> None:
    line = await new_line(broker)
    await line.publish(*numbered(range(4)))
    async with line.consuming(store, Notebook(Interrupting(Infrastructure("away"), "P1"))) as running:
        await until(lambda: waits_for(running, "Infrastructure"), "the consumer waits")
        await running.stop()
    assert await line.committed() == 0
    async with line.consuming(store, Notebook()):
        await until(lambda: all_counted(line, 4), "the next process takes them in")
    assert await references(store) == names(range(4))


async def test_while_consumers_come_and_go_each_fact_is_taken_in_once(broker: Broker, store: Database) -> None:
    line, told = await new_line(broker, partitions=4), 0
    first, second = Notebook(), Notebook()

    async def tell_more_until(notebook: Notebook) -> bool:
        nonlocal told
        await line.publish(*numbered(range(told, told + 20)))
        told += 20
        return len(notebook.seen) > 2

    async with line.consuming(store, first) as leaving:
        await until(lambda: tell_more_until(first), "the first one is at work")
        async with line.consuming(store, second):
            await until(lambda: tell_more_until(second), "the second one has its share")
            await leaving.stop()
            await tell_more_until(second)
            await until(lambda: all_applied(line, told), "the second one takes in the rest")
    assert await references(store) == names(range(told))
    assert line.counted()["dead"] == 0


async def all_applied(line: Line, wanted: int) -> bool:
    return line.counted()["applied"] == wanted
