"""How far a consumer group is, asked of the broker itself: the same clock for everybody who consumes.

An offset is committed after the database has the rows, so what is counted here is done with.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

JOINED_WITHIN = timedelta(seconds=20)
ASK_PAUSE = timedelta(milliseconds=50)


class Progress:
    """Committed offsets of one topic; `following` makes it."""

    def __init__(self, admin: AIOKafkaAdminClient, topic: str, partitions: int) -> None:
        self._admin = admin
        self._wanted = [TopicPartition(topic, number) for number in range(partitions)]

    async def of(self, group: str) -> int:
        """How many messages the group is done with; 0 for a group that nobody knows yet."""
        try:
            found = await self._admin.list_consumer_group_offsets(group, partitions=self._wanted)
        except KafkaError:
            return 0
        return sum(max(0, found[where].offset) for where in self._wanted if where in found)


@asynccontextmanager
async def following(bootstrap: str, topic: str, partitions: int) -> AsyncIterator[Progress]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        yield Progress(admin, topic, partitions)
    finally:
        await admin.close()


async def rewind(bootstrap: str, group: str, topic: str, partitions: int) -> None:
    """Back to the first message, as a member of the group, which has to be empty. Raises TimeoutError otherwise."""
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=bootstrap, group_id=group, enable_auto_commit=False)
    await consumer.start()
    try:
        async with asyncio.timeout(JOINED_WITHIN.total_seconds()):
            while True:
                await asyncio.sleep(ASK_PAUSE.total_seconds())
                if len(consumer.assignment()) == partitions:
                    break
        await consumer.commit({TopicPartition(topic, number): 0 for number in range(partitions)})
    finally:
        await consumer.stop()
