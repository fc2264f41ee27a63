"""aiokafka's consumer, held so that its defaults cannot lose data and its known hangs cannot stop us."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from datetime import timedelta

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError

from shared.contracts.topics import Topic
from shared.failpoints import failpoint
from shared.observability.logs import get_logger
from shared.observability.metrics import CONSUMER_LAG

FETCH_PAUSE = timedelta(milliseconds=200)
MAX_RECORDS = 2000
"""A backlog is worked off the faster the more facts of one order come together; in a quiet hour a batch is small."""
SESSION = timedelta(seconds=6)
STOP_DEADLINE = timedelta(seconds=10)
ASK_DEADLINE = timedelta(seconds=5)
LAG_PAUSE = timedelta(seconds=10)


class Subscription:
    """One member of one consumer group."""

    def __init__(
        self, bootstrap: str, group: str, topics: Sequence[Topic], client_id: str, session: timedelta = SESSION
    ) -> None:
        """`session`: after this silence the group takes a member for dead. Kafka takes no less than six seconds."""
        self._bootstrap, self._group, self._client_id, self._session = bootstrap, group, client_id, session
        self._topics = [topic.name for topic in topics]
        self._consumer: AIOKafkaConsumer | None = None
        self._lag_known_at = 0.0
        self._lag = 0

    async def open(self) -> None:
        """Join the group, once. Raises KafkaError while the broker is away."""
        if self._consumer is not None:
            return
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap,
            group_id=self._group,
            client_id=self._client_id,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            partition_assignment_strategy=(StickyPartitionAssignor,),
            session_timeout_ms=int(self._session.total_seconds() * 1000),
            heartbeat_interval_ms=int(self._session.total_seconds() * 1000 / 3),
            rebalance_timeout_ms=30_000,
            max_poll_interval_ms=120_000,
            max_poll_records=MAX_RECORDS,
            max_partition_fetch_bytes=1024 * 1024,
            fetch_max_wait_ms=100,
            metadata_max_age_ms=30_000,
            request_timeout_ms=20_000,
        )
        consumer.subscribe(self._topics, listener=_Rebalanced())
        try:
            await consumer.start()
        except BaseException:
            await _stop(consumer)
            raise
        self._consumer = consumer

    async def fetch(self) -> list[ConsumerRecord]:
        """The next records of all partitions, each partition's in order; empty when there are none for a moment."""
        assert self._consumer is not None
        batches = await self._consumer.getmany(
            timeout_ms=int(FETCH_PAUSE.total_seconds() * 1000), max_records=MAX_RECORDS
        )
        return [record for records in batches.values() for record in records]

    async def commit(self, records: Sequence[ConsumerRecord]) -> None:
        """Commit exactly what was taken in, partition by partition.

        During a rebalance the commit may fail because the partitions have moved. That is normal: their new owner
        starts from the old offset and the inbox absorbs the replay.
        """
        assert self._consumer is not None
        offsets: dict[TopicPartition, int] = {}
        for record in records:
            where = TopicPartition(record.topic, record.partition)
            offsets[where] = max(offsets.get(where, 0), record.offset + 1)
        try:
            await self._consumer.commit(offsets)
        except (CommitFailedError, IllegalStateError) as error:
            get_logger().info("commit_absorbed", handler=self._group, error_type=type(error).__name__)

    async def has_lag(self) -> bool:
        """Asks the broker itself, at most every LAG_PAUSE: a stuck client knows nothing useful about its lag."""
        if time.monotonic() - self._lag_known_at > LAG_PAUSE.total_seconds():
            self._lag_known_at = time.monotonic()
            self._lag = await self._measure_lag()
        return self._lag > 0

    async def _measure_lag(self) -> int:
        assert self._consumer is not None
        assigned = self._consumer.assignment()
        if not assigned:
            return 0
        async with asyncio.timeout(ASK_DEADLINE.total_seconds()):
            ends = await self._consumer.end_offsets(list(assigned))
            total = 0
            for where in assigned:
                lag = max(0, ends[where] - await self._consumer.position(where))
                CONSUMER_LAG.labels(self._group, where.topic, where.partition).set(lag)
                total += lag
        return total

    async def close(self) -> None:
        if self._consumer is not None:
            await _stop(self._consumer)
            self._consumer = None


class _Rebalanced(ConsumerRebalanceListener):  # type: ignore[misc]  # comes without types
    """What partitions come and go: nothing is kept for them, the offsets and the inbox say where to go on."""

    def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        failpoint("consume.in_revoke")
        get_logger().info("partitions_revoked", count=len(revoked))

    def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        get_logger().info("partitions_assigned", count=len(assigned))


async def _stop(consumer: AIOKafkaConsumer) -> None:
    """aiokafka's stop() can hang when the broker is gone, so it gets a deadline."""
    try:
        await asyncio.wait_for(consumer.stop(), STOP_DEADLINE.total_seconds())
    except (TimeoutError, KafkaError, OSError) as error:
        get_logger().warning("consumer_stop_failed", error_type=type(error).__name__)
