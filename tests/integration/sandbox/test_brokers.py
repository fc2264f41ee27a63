"""What Hito asks of a broker, asked of every broker that can be had here."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, nullcontext
from datetime import timedelta
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from sandbox.backends.probe import gives_producer_ids
from sandbox.backends.servers import Broker
from tests.support.backends import make_topic

PATIENCE = timedelta(seconds=40)


@asynccontextmanager
async def producing(broker: Broker, *, idempotent: bool = False) -> AsyncIterator[AIOKafkaProducer]:
    producer = AIOKafkaProducer(bootstrap_servers=broker.bootstrap, acks="all", enable_idempotence=idempotent)
    await producer.start()
    try:
        yield producer
    finally:
        await producer.stop()


@asynccontextmanager
async def member(broker: Broker, topic: str, group: str) -> AsyncIterator[AIOKafkaConsumer]:
    """One member of a group. Kafka allows no session shorter than 6 s; on Tansu a short one makes joining quicker."""
    consumer = AIOKafkaConsumer(
        topic,
        bootstrap_servers=broker.bootstrap,
        group_id=group,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        session_timeout_ms=6_000 if broker.supports_idempotence else 2_000,
        heartbeat_interval_ms=500,
        metadata_max_age_ms=1_000,
    )
    await consumer.start()
    try:
        yield consumer
    finally:
        await consumer.stop()


async def take(consumer: AIOKafkaConsumer, count: int) -> list[ConsumerRecord]:
    """The next `count` messages."""
    taken: list[ConsumerRecord] = []
    async with asyncio.timeout(PATIENCE.total_seconds()):
        while len(taken) < count:
            batches = await consumer.getmany(timeout_ms=200, max_records=count - len(taken))
            taken += [record for records in batches.values() for record in records]
    return taken


async def until(consumers: list[AIOKafkaConsumer], condition: Callable[[], bool]) -> None:
    """Let the members poll, as they do in service, until the condition holds."""
    async with asyncio.timeout(PATIENCE.total_seconds()):
        while not condition():
            await asyncio.gather(*(consumer.getmany(timeout_ms=50) for consumer in consumers))


async def send(broker: Broker, topic: str, *values: bytes, **more: Any) -> None:
    async with producing(broker) as producer:
        for value in values:
            await producer.send_and_wait(topic, value, **more)


async def test_key_value_and_headers_arrive_as_they_were_sent(any_broker: Broker, consumer_group: str) -> None:
    topic = await make_topic(any_broker.bootstrap, partitions=3)
    headers = [("ce_id", b"1"), ("ce_subject", "envío".encode()), ("traceparent", b"")]
    await send(any_broker, topic, b'{"order": 1}', key=b"demo/1", headers=headers)

    async with member(any_broker, topic, consumer_group) as consumer:
        (record,) = await take(consumer, 1)

    assert (record.key, record.value, list(record.headers)) == (b"demo/1", b'{"order": 1}', headers)


async def test_a_tombstone_is_told_from_an_empty_value(any_broker: Broker, consumer_group: str) -> None:
    topic = await make_topic(any_broker.bootstrap, partitions=1, cleanup_policy="compact")
    async with producing(any_broker) as producer:
        await producer.send_and_wait(topic, b"", key=b"ups/1Z")
        await producer.send_and_wait(topic, None, key=b"ups/1Z")

    async with member(any_broker, topic, consumer_group) as consumer:
        assert [record.value for record in await take(consumer, 2)] == [b"", None]


async def test_messages_of_one_key_keep_their_order(any_broker: Broker, consumer_group: str) -> None:
    topic = await make_topic(any_broker.bootstrap, partitions=4)
    async with producing(any_broker) as producer:
        sends = [await producer.send(topic, b"%d" % n, key=b"order-%d" % (n % 7)) for n in range(700)]
        await asyncio.gather(*sends)

    async with member(any_broker, topic, consumer_group) as consumer:
        records = await take(consumer, 700)

    for key in {record.key for record in records}:
        numbers = [int(record.value) for record in records if record.key == key]
        assert numbers == sorted(numbers)
        assert len(numbers) == 100


async def test_a_group_goes_on_where_it_committed(any_broker: Broker, consumer_group: str) -> None:
    topic = await make_topic(any_broker.bootstrap, partitions=1)
    await send(any_broker, topic, *(b"%d" % n for n in range(10)))
    async with member(any_broker, topic, consumer_group) as first:
        await take(first, 6)
        await first.commit({TopicPartition(topic, 0): 4})

    async with member(any_broker, topic, consumer_group) as second:
        assert [record.value for record in await take(second, 6)] == [b"4", b"5", b"6", b"7", b"8", b"9"]


async def test_two_members_share_the_partitions_and_one_takes_over_when_the_other_leaves(
    any_broker: Broker, consumer_group: str
) -> None:
    topic = await make_topic(any_broker.bootstrap, partitions=6)
    async with member(any_broker, topic, consumer_group) as stays:
        await until([stays], lambda: len(stays.assignment()) == 6)
        async with member(any_broker, topic, consumer_group) as leaves:
            await until([stays, leaves], lambda: len(stays.assignment()) == len(leaves.assignment()) == 3)
            assert not stays.assignment() & leaves.assignment()

        await until([stays], lambda: len(stays.assignment()) == 6)
        await send(any_broker, topic, b"for all", partition=5)
        assert [record.value for record in await take(stays, 1)] == [b"for all"]


async def test_the_lag_can_be_asked_of_the_broker(any_broker: Broker, consumer_group: str) -> None:
    topic = await make_topic(any_broker.bootstrap, partitions=1)
    where = TopicPartition(topic, 0)
    await send(any_broker, topic, *(b"%d" % n for n in range(5)))
    async with member(any_broker, topic, consumer_group) as consumer:
        await take(consumer, 2)
        ends = await consumer.end_offsets([where])
        assert ends[where] - await consumer.position(where) == 3


async def test_a_broker_tells_truly_whether_it_takes_idempotent_producers(any_broker: Broker) -> None:
    topic = await make_topic(any_broker.bootstrap, partitions=1)
    assert await gives_producer_ids(any_broker.bootstrap) is any_broker.supports_idempotence

    with nullcontext() if any_broker.supports_idempotence else pytest.raises(KafkaError):
        async with producing(any_broker, idempotent=True) as producer:
            await producer.send_and_wait(topic, b"once")
