"""How the poller's share of the parcels reaches it: one consumer group over the watches and the memories together.

A partition of the one topic comes with the same partition of the other (hence the range assignor), is read from its
beginning each time it is assigned, and nothing is asked out of it before its end. No offset is ever kept. Several
pollers share the work by this alone, and one that dies is replaced by those that are left.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.errors import IllegalStateError, KafkaError
from pydantic import ValidationError

from services.carrier_gateway.polling.board import Board
from shared.contracts.topics import GATEWAY_POLLS, TRACKING_WATCHES
from shared.messaging.backoff import Backoff
from shared.observability.logs import get_logger

GROUP = "carrier-gateway-poll"
FETCH_PAUSE = timedelta(milliseconds=300)
SESSION = timedelta(seconds=6)
START_DEADLINE = timedelta(seconds=20)
ASK_DEADLINE = timedelta(seconds=5)
"""A client that does not learn in this time where it is begins anew."""
STOP_DEADLINE = timedelta(seconds=10)
_TOPICS = (TRACKING_WATCHES.name, GATEWAY_POLLS.name)


class _Shares(ConsumerRebalanceListener):  # type: ignore[misc]
    """Tells the board at once what it may ask for. Between losing and getting, it may ask for nothing."""

    def __init__(self, board: Board, total: Callable[[], int]) -> None:
        self._board, self._total = board, total
        self.ends: dict[TopicPartition, int] | None = None

    async def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        self._board.lose()

    async def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        held = {each.partition for each in assigned if each.topic == TRACKING_WATCHES.name}
        self._board.hold(held, max(self._total(), *(number + 1 for number in held), 1))
        self.ends = None


async def follow(bootstrap: str, board: Board, stop: asyncio.Event, instance: str) -> None:
    """Keep the board up to date until `stop`. Waits for a broker that is away."""
    backoff = Backoff(stop)
    while not stop.is_set():
        consumer = _new_consumer(bootstrap, instance)
        try:
            async with asyncio.timeout(START_DEADLINE.total_seconds()):
                await consumer.start()
            await _follow(consumer, board, stop)
        except (KafkaError, TimeoutError) as error:
            get_logger().warning("watches_wait", error_type=type(error).__name__)
            await backoff.wait()
        finally:
            board.lose()
            await _close(consumer)


def _new_consumer(bootstrap: str, instance: str) -> AIOKafkaConsumer:
    return AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        client_id=instance,
        group_id=GROUP,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        partition_assignment_strategy=(RangePartitionAssignor,),
        session_timeout_ms=int(SESSION.total_seconds() * 1000),
        heartbeat_interval_ms=int(SESSION.total_seconds() * 1000 / 3),
        rebalance_timeout_ms=30_000,
        metadata_max_age_ms=30_000,
        request_timeout_ms=20_000,
    )


async def _follow(consumer: AIOKafkaConsumer, board: Board, stop: asyncio.Event) -> None:
    shares = _Shares(board, lambda: len(consumer.partitions_for_topic(TRACKING_WATCHES.name) or (0,)))
    consumer.subscribe(list(_TOPICS), listener=shares)
    while not stop.is_set():
        for record in await _fetch(consumer):
            _take_in(board, record)
        if not all(partition.complete for partition in board.partitions.values()):
            try:
                async with asyncio.timeout(ASK_DEADLINE.total_seconds()):
                    await _complete(consumer, board, shares)
            except IllegalStateError:
                get_logger().info("watches_reassigned")


async def _fetch(consumer: AIOKafkaConsumer) -> list[ConsumerRecord]:
    """aiokafka's getmany() does not return while the group is being shared out anew, which may take long."""
    try:
        async with asyncio.timeout(ASK_DEADLINE.total_seconds()):
            batches = await consumer.getmany(timeout_ms=int(FETCH_PAUSE.total_seconds() * 1000))
    except TimeoutError:
        get_logger().info("watches_being_shared")
        return []
    return [record for records in batches.values() for record in records]


async def _complete(consumer: AIOKafkaConsumer, board: Board, shares: _Shares) -> None:
    """Mark the partitions that have been read to where they ended when they were assigned."""
    partitions, assigned = board.partitions, list(consumer.assignment())
    if shares.ends is None:
        ends = await consumer.end_offsets(assigned)
        if partitions is not board.partitions:
            return
        shares.ends = ends
    for number, partition in partitions.items():
        ours = [where for where in shares.ends if where.partition == number]
        left = [where for where in ours if await consumer.position(where) < shares.ends[where]]
        if not left and partition.held:
            if len(ours) < len(_TOPICS):
                get_logger().error("topics_differ_in_partitions", topic=GATEWAY_POLLS.name, partition=number)
                continue
            partition.complete = True


def _take_in(board: Board, record: ConsumerRecord) -> None:
    """A record nobody can read is logged with its place and passed over: the next start would only meet it again."""
    try:
        key = (record.key or b"").decode()
        if record.topic == TRACKING_WATCHES.name:
            at = datetime.fromtimestamp(record.timestamp / 1000, UTC) if (record.timestamp or 0) > 0 else None
            board.apply_watch(record.partition, key, record.value, at)
        else:
            board.apply_poll(record.partition, key, record.value)
    except (ValidationError, UnicodeDecodeError) as error:
        get_logger().error(
            "watch_unreadable",
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            error_type=type(error).__name__,
        )


async def _close(consumer: AIOKafkaConsumer) -> None:
    """aiokafka's stop() can hang when the broker is gone, so it gets a deadline."""
    try:
        await asyncio.wait_for(consumer.stop(), STOP_DEADLINE.total_seconds())
    except (TimeoutError, KafkaError, OSError) as error:
        get_logger().warning("consumer_stop_failed", error_type=type(error).__name__)
