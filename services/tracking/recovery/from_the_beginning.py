"""Kafka read again from its beginning: a whole topic by itself, and a group's topics by the group's next consumers."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import timedelta

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor
from aiokafka.errors import KafkaError

from shared.contracts.base import Contract
from shared.contracts.topics import Topic
from shared.messaging.decode import decode_all
from shared.messaging.inbox import Delivery
from shared.observability.logs import get_logger
from shared.settings import BrokenConfiguration

STAY = timedelta(days=1)
"""So long the group is held while what was announced is read; nothing is fetched from its topics meanwhile."""
FETCH_PAUSE = timedelta(milliseconds=500)
SILENCE_DEADLINE = timedelta(seconds=30)
LOOK_PAUSE = timedelta(milliseconds=100)
BATCH = 500
STOP_DEADLINE = timedelta(seconds=10)


@contextlib.asynccontextmanager
async def rewinding(
    bootstrap: str, group: str, topics: Sequence[Topic], session: timedelta, patience: timedelta
) -> AsyncIterator[Callable[[], Awaitable[None]]]:
    """Hold all partitions of the group, as only its sole member can, and answer what sends it back to the beginning.

    `patience`: a member that died without a word still counts for a session. Raises BrokenConfiguration when others are
    in the group after that.
    """
    consumer = AIOKafkaConsumer(
        *(topic.name for topic in topics),
        bootstrap_servers=bootstrap,
        group_id=group,
        client_id="tracking-rebuild",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        partition_assignment_strategy=(StickyPartitionAssignor,),
        session_timeout_ms=int(session.total_seconds() * 1000),
        heartbeat_interval_ms=int(session.total_seconds() * 1000 / 3),
        max_poll_interval_ms=int(STAY.total_seconds() * 1000),
    )
    async with _started(consumer, bootstrap):
        places = await _until_alone(consumer, group, topics, patience)
        consumer.pause(*places)

        async def rewind() -> None:
            await consumer.commit(await consumer.beginning_offsets(places))

        yield rewind


async def _until_alone(
    consumer: AIOKafkaConsumer, group: str, topics: Sequence[Topic], patience: timedelta
) -> list[TopicPartition]:
    """All partitions, once they are ours."""
    places = [
        TopicPartition(topic.name, number)
        for topic in topics
        for number in sorted(consumer.partitions_for_topic(topic.name) or ())
    ]
    missing = sorted({topic.name for topic in topics} - {place.topic for place in places})
    if missing:
        raise BrokenConfiguration(f"kafka: there is no topic {missing[0]}: create the topics first")
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(patience.total_seconds()):
            while consumer.assignment() != set(places):  # noqa: ASYNC110  a rebalance sets no event
                await asyncio.sleep(LOOK_PAUSE.total_seconds())
            return places
    theirs = len(places) - len(consumer.assignment())
    raise BrokenConfiguration(
        f"kafka: others of the group {group} hold {theirs} of {len(places)} partitions: "
        "stop every `tracking consume` first"
    )


async def read_whole(bootstrap: str, topic: Topic) -> AsyncIterator[list[Delivery[Contract]]]:
    """All that is on the topic, a batch at a time, each partition's in order.

    One that cannot be read is logged and left out. Raises BrokenConfiguration when the broker falls silent.
    """
    consumer = AIOKafkaConsumer(
        topic.name,
        bootstrap_servers=bootstrap,
        client_id="tracking-rebuild-read",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_poll_records=BATCH,
    )
    async with _started(consumer, bootstrap):
        ends = await consumer.end_offsets(consumer.assignment())
        heard_at = time.monotonic()
        while True:
            batches = await consumer.getmany(timeout_ms=int(FETCH_PAUSE.total_seconds() * 1000))
            if batches:
                heard_at = time.monotonic()
                yield _deliveries(batches, topic)
            elif not await _is_before(consumer, ends):
                return  # both: the embedded broker's word on where a topic ends is too low
            elif time.monotonic() - heard_at > SILENCE_DEADLINE.total_seconds():
                raise BrokenConfiguration(f"kafka: {bootstrap} falls silent before the end of {topic.name}: try again")


def _deliveries(batches: Mapping[TopicPartition, Sequence[ConsumerRecord]], topic: Topic) -> list[Delivery[Contract]]:
    decoded = decode_all((record for batch in batches.values() for record in batch), {topic.name: topic})
    for letter in decoded.dead:
        get_logger().warning("unreadable", topic=letter.topic, partition=letter.partition, offset=letter.offset)
    return decoded.deliveries


async def _is_before(consumer: AIOKafkaConsumer, ends: Mapping[TopicPartition, int]) -> bool:
    for where, end in ends.items():
        if await consumer.position(where) < end:
            return True
    return False


@contextlib.asynccontextmanager
async def _started(consumer: AIOKafkaConsumer, bootstrap: str) -> AsyncIterator[None]:
    try:
        await consumer.start()
        yield
    except KafkaError as error:
        raise BrokenConfiguration(f"kafka: {bootstrap}: {type(error).__name__}") from error
    finally:
        await _stop(consumer)


async def _stop(consumer: AIOKafkaConsumer) -> None:
    """aiokafka's stop() can hang when the broker is gone, so it gets a deadline."""
    try:
        await asyncio.wait_for(consumer.stop(), STOP_DEADLINE.total_seconds())
    except (TimeoutError, KafkaError, OSError) as error:
        get_logger().warning("consumer_stop_failed", error_type=type(error).__name__)
