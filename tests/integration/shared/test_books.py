"""What a consumer was handed, and what it says became of it, are counted apart and agree; how much waits is known."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from sandbox.backends.ports import free_port
from sandbox.backends.servers import Broker
from shared.database import Database, run
from shared.messaging.failures import Poison
from shared.messaging.group_lag import GroupLag
from shared.messaging.lag_watch import measure_lag
from shared.messaging.sweeping import count_dead_rows
from tests.support.consuming import Interrupting, Line, Notebook, all_counted, new_line, numbered
from tests.support.deliveries import at
from tests.support.figures import figure
from tests.support.migrated import opened
from tests.support.waiting import until


def accepted(line: Line) -> float:
    return figure("otn_events_accepted_total", topic=line.topic.name)


def explained(line: Line) -> float:
    return figure("otn_events_total", topic=line.topic.name)


async def test_every_message_is_accepted_once_whatever_became_of_it(broker: Broker, store: Database) -> None:
    line, good = await new_line(broker), numbered(range(20))
    broken = replace(line.outgoing(good[0]), value=b"{not json")
    await line.publish(*good, *good[:5], broken)
    async with line.consuming(store, Notebook(Interrupting(Poison("unknown shop"), "P7"))):
        await until(lambda: all_counted(line, 26), "all are counted")
        await until(lambda: is_accepted(line, 26), "all are accepted")
    assert accepted(line) == explained(line) == 26


async def is_accepted(line: Line, messages: int) -> bool:
    return accepted(line) >= messages


async def test_what_waits_for_a_group_is_measured_also_when_nobody_consumes(broker: Broker) -> None:
    line = await new_line(broker)
    for event in numbered(range(3)):
        await line.publish(event)
    await measure_lag(GroupLag(broker.bootstrap, line.group, [line.topic], timedelta(seconds=20)))
    assert figure("kafka_consumergroup_group_lag", group=line.group, topic=line.topic.name) == 3


async def test_while_the_broker_is_away_what_was_measured_last_stands(broker: Broker) -> None:
    line = await new_line(broker)
    await line.publish(*numbered([1]))
    await measure_lag(GroupLag(broker.bootstrap, line.group, [line.topic], timedelta(seconds=20)))
    nobody = f"127.0.0.1:{free_port()}"
    await measure_lag(GroupLag(nobody, line.group, [line.topic], timedelta(seconds=1)))
    assert figure("kafka_consumergroup_group_lag", group=line.group, topic=line.topic.name) == 1


async def test_rows_that_autovacuum_has_left_are_counted(messaging: Database) -> None:
    async def dead_rows() -> bool:
        async with messaging.transaction() as tx:
            await count_dead_rows(tx, at(6))
        return figure("otn_table_dead_rows", table="outbox") >= 50

    async with messaging.transaction() as tx:
        await run(tx, "ALTER TABLE outbox SET (autovacuum_enabled = off)")
        insert = "INSERT INTO outbox (topic, headers) SELECT 'steps', '[]' FROM generate_series(1, 50)"
        await run(tx, insert)
    async with messaging.transaction() as tx:
        await run(tx, "DELETE FROM outbox")
    await until(dead_rows, "PostgreSQL's statistics know of them")


async def test_a_connection_in_use_is_seen_while_it_is(database: str) -> None:
    async with opened(database, "someone") as own:
        async with own.transaction():
            assert figure("otn_database_connections_in_use", pool="someone") == 1
        assert figure("otn_database_connections_in_use", pool="someone") == 0
    assert figure("otn_database_wait_seconds_count", pool="someone") == 1
