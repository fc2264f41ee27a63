"""The database of the consumer goes away for real; what it had to bury reaches the broker, however large it is."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord

from sandbox.backends.postgres import embedded_postgres
from sandbox.backends.servers import Broker
from shared.messaging.dead_letters import DeadLetter, bury
from tests.support.consuming import Line, Notebook, Running, new_line, numbered, prepare, relaying
from tests.support.migrated import ask, count, opened
from tests.support.waiting import until


async def test_a_consumer_outlives_a_crash_of_its_database_and_loses_nothing(broker: Broker, tmp_path: Path) -> None:
    line = await new_line(broker)
    async with embedded_postgres(tmp_path) as server, opened(await server.create_database("facts")) as database:
        await prepare(database)
        await line.publish(*numbered(range(5)))
        async with line.consuming(database, Notebook()) as running:
            await until(lambda: applied(line, 5), "the first five are taken in")
            await server.stop(immediate=True)
            await line.publish(*numbered(range(5, 10)))
            await until(lambda: is_unready(running), "the consumer says it is not ready")
            await server.start()
            await until(lambda: applied(line, 10), "it goes on by itself", timedelta(seconds=30))
            await until(lambda: is_ready(running), "it is ready again")
        assert await count(database, "facts") == 10
        assert await count(database, "dead_letters") == 0
    assert await line.committed() == 10


async def applied(line: Line, wanted: int) -> bool:
    return line.counted()["applied"] == wanted


async def is_unready(running: Running) -> bool:
    return await running.consumer.unready() is not None


async def is_ready(running: Running) -> bool:
    return await running.consumer.unready() is None


async def test_a_dead_letter_arrives_on_its_topic_as_it_was_and_the_largest_one_too(
    broker: Broker, database: str
) -> None:
    line = await new_line(broker)
    small = replace(line.outgoing(numbered(range(1))[0]), value=b"\xff\x00{not json")
    largest = replace(small, value=b"\xff" * (1024 * 1024 - 200))  # just within what brokers take by default
    await send_raw(broker, line, small.value, largest.value)
    async with opened(database) as store:
        await prepare(store)
        async with line.consuming(store, Notebook()), relaying(broker, store):
            told = await read_two(broker, line.topic.dead)
    assert [record.value for record in told] == [small.value, largest.value]
    headers = dict(told[0].headers)
    assert headers["dead_topic"].decode() == line.topic.name
    assert (headers["dead_partition"], headers["dead_offset"]) == (b"0", b"0")
    assert headers["dead_handler"].decode() == line.group
    assert headers["dead_reason"].startswith(b"not an event")


async def send_raw(broker: Broker, line: Line, *values: bytes | None) -> None:
    producer = AIOKafkaProducer(
        bootstrap_servers=broker.bootstrap, acks="all", enable_idempotence=False, max_request_size=2 * 1024 * 1024
    )
    await producer.start()
    try:
        for value in values:
            await producer.send_and_wait(line.topic.name, value, key=b"seur/P0")
    finally:
        await producer.stop()


async def read_two(broker: Broker, topic: str) -> list[ConsumerRecord]:
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=broker.bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        async with asyncio.timeout(20):
            return [await consumer.getone(), await consumer.getone()]
    finally:
        await consumer.stop()


async def test_a_dead_letter_that_no_broker_takes_is_kept_whole_and_told_by_its_coordinates(database: str) -> None:
    huge = DeadLetter("orders", 2, 7, b"demo/A-1001", b"\xff" * (2 * 1024 * 1024), [("ce_id", b"1")], "too large")
    async with opened(database) as store:
        await prepare(store)
        async with store.transaction() as tx:
            await bury(tx, [huge], "test")
        (kept,) = await ask(store, "SELECT length(value) AS size FROM dead_letters")
        (told,) = await ask(store, "SELECT topic, key, value, headers FROM outbox")
    assert kept["size"] == len(huge.value or b"")
    assert (told["topic"], told["key"], told["value"]) == ("orders.dead", None, None)
    assert ["dead_offset", "7"] in json.loads(str(told["headers"]))
