"""What is left after a broker of ours stops, politely or by a kill."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from sandbox.backends.kafka import LocalKafka, local_kafka
from sandbox.backends.servers import BackendUnavailable, LocalBroker
from sandbox.backends.tansu import embedded_tansu
from tests.support.backends import make_topic


@pytest.fixture
async def kafka(tmp_path: Path) -> AsyncIterator[LocalKafka]:
    try:
        async with local_kafka(tmp_path) as broker:
            yield broker
    except BackendUnavailable as error:
        pytest.skip(str(error))


@pytest.mark.parametrize("immediate", [False, True], ids=["stopped", "killed"])
async def test_what_kafka_acknowledged_is_there_after_a_restart(kafka: LocalKafka, immediate: bool) -> None:
    topic = await make_topic(kafka.bootstrap, partitions=1)
    await send_one(kafka, topic)
    address, process = kafka.bootstrap, kafka.pid

    await kafka.stop(immediate=immediate)
    assert kafka.pid is None
    await kafka.start()

    assert (kafka.bootstrap, kafka.pid != process) == (address, True)
    assert await values_of(kafka, topic) == [b"kept"]


async def test_a_second_start_on_the_same_folder_finds_what_the_first_left(tmp_path: Path) -> None:
    try:
        async with local_kafka(tmp_path) as first:
            topic = await make_topic(first.bootstrap, partitions=1)
            await send_one(first, topic)
    except BackendUnavailable as error:
        pytest.skip(str(error))
    async with local_kafka(tmp_path) as second:
        assert await values_of(second, topic) == [b"kept"]


async def test_tansu_forgets_everything_at_a_restart_and_says_so_beforehand(tmp_path: Path) -> None:
    async with embedded_tansu(tmp_path) as broker:
        assert broker.keeps_messages is False
        await make_topic(broker.bootstrap, partitions=1)
        address = broker.bootstrap

        await broker.stop()
        await broker.start()

        assert broker.bootstrap == address
        assert await topics_of(broker) == []


async def test_kafka_stops_within_five_seconds(kafka: LocalKafka) -> None:
    async with asyncio.timeout(5):
        await kafka.stop()
    assert kafka.pid is None


async def send_one(broker: LocalBroker, topic: str) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=broker.bootstrap, acks="all")
    await producer.start()
    await producer.send_and_wait(topic, b"kept")
    await producer.stop()


async def values_of(broker: LocalBroker, topic: str) -> list[bytes]:
    consumer = AIOKafkaConsumer(bootstrap_servers=broker.bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    consumer.assign([TopicPartition(topic, 0)])
    batches = await consumer.getmany(timeout_ms=10_000)
    await consumer.stop()
    return [record.value for records in batches.values() for record in records]


async def topics_of(broker: LocalBroker) -> list[str]:
    admin = AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap)
    await admin.start()
    topics: list[str] = await admin.list_topics()
    await admin.close()
    return topics
