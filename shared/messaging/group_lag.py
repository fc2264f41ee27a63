"""How far a consumer group is behind, as the broker says it: asked from outside, without joining the group.

A consumer's own gauge is silent when no consumer runs; that is when somebody asks.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaConnectionError, KafkaError

from shared.contracts.topics import Topic
from shared.messaging.failures import BrokerAway
from shared.observability.logs import get_logger

ASK_DEADLINE = timedelta(seconds=3)
ASK_PAUSE = timedelta(milliseconds=200)
STOP_DEADLINE = timedelta(seconds=2)
NEVER_COMMITTED = -1


@dataclass(frozen=True, slots=True)
class PartitionLag:
    """One partition. `committed` is None when the group has committed nothing there; then all of it is still to do."""

    topic: str
    partition: int
    committed: int | None
    end: int
    lag: int


@dataclass(frozen=True)
class GroupLag:
    """Asks about one group's topics."""

    bootstrap: str
    group: str
    topics: Sequence[Topic]
    deadline: timedelta = ASK_DEADLINE

    async def ask(self) -> list[PartitionLag]:
        """By topic and partition. Raises BrokerAway, whose text says why, when there is no answer in time."""
        try:
            async with asyncio.timeout(self.deadline.total_seconds()):
                return await self._ask_until_it_knows()
        except TimeoutError as error:
            raise BrokerAway(f"no answer within {self.deadline.total_seconds():g} seconds") from error
        except (KafkaError, OSError) as error:
            raise BrokerAway(type(error).__name__) from error

    async def _ask_until_it_knows(self) -> list[PartitionLag]:
        """A broker that has just started, or has never had a group, does not know yet who coordinates ours."""
        while True:
            try:
                return await self._ask()
            except KafkaError as error:
                if not error.retriable or isinstance(error, KafkaConnectionError):
                    raise
                await asyncio.sleep(ASK_PAUSE.total_seconds())

    async def _ask(self) -> list[PartitionLag]:
        async with _admin(self.bootstrap) as admin, _reader(self.bootstrap) as reader:
            wheres = await _partitions_of(admin, {topic.name for topic in self.topics})
            if not wheres:
                return []
            committed = await admin.list_consumer_group_offsets(self.group, partitions=wheres)
            begins, ends = await asyncio.gather(reader.beginning_offsets(wheres), reader.end_offsets(wheres))
        lags = []
        for where in sorted(wheres):
            found = committed[where].offset if where in committed else NEVER_COMMITTED
            done = found if found != NEVER_COMMITTED else begins[where]
            lags.append(
                PartitionLag(
                    topic=where.topic,
                    partition=where.partition,
                    committed=found if found != NEVER_COMMITTED else None,
                    end=ends[where],
                    lag=max(0, ends[where] - max(done, begins[where])),
                )
            )
        return lags


async def _partitions_of(admin: AIOKafkaAdminClient, topics: set[str]) -> list[TopicPartition]:
    """All topics are asked for, not ours by name: a broker may make a topic because somebody asked for it."""
    return [
        TopicPartition(described["topic"], part["partition"])
        for described in await admin.describe_topics()
        if described["topic"] in topics
        for part in described["partitions"]
    ]


@contextlib.asynccontextmanager
async def _admin(bootstrap: str) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=_milliseconds(ASK_DEADLINE))
    try:
        await admin.start()
        yield admin
    finally:
        await _close(admin.close())


@contextlib.asynccontextmanager
async def _reader(bootstrap: str) -> AsyncIterator[AIOKafkaConsumer]:
    """Of no group: it can be asked for offsets and never takes a partition from anybody."""
    reader = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        request_timeout_ms=_milliseconds(ASK_DEADLINE),
        isolation_level="read_committed",
    )
    try:
        await reader.start()
        yield reader
    finally:
        await _close(reader.stop())


def _milliseconds(duration: timedelta) -> int:
    return int(duration.total_seconds() * 1000)


async def _close(closing: Awaitable[None]) -> None:
    """aiokafka's closing can hang when the broker is gone, so it gets a deadline."""
    try:
        await asyncio.wait_for(closing, STOP_DEADLINE.total_seconds())
    except (TimeoutError, KafkaError, OSError) as error:
        get_logger().warning("lag_client_stop_failed", error_type=type(error).__name__)
