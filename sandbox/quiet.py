"""When is the system at rest? Asked of Kafka and of the two databases, not of the clock: no fixed waits.

Quiet means, twice in a row with not one message written or taken in between: every consumer group has taken in what
there is, both outboxes are empty, no order is due for a look, no message is due to leave, no receipt is on its way.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from sandbox.environment import Surroundings
from shared.contracts.topics import TOPICS

PAUSE = timedelta(milliseconds=60)
DEADLINE = timedelta(seconds=60)
GROUPS: Mapping[str, tuple[str, ...]] = {
    group: tuple(topic.name for topic in TOPICS if group in topic.consumers) for group in ("tracking", "notifier")
}
_TRACKING = """
SELECT (SELECT count(*) FROM outbox WHERE published_at IS NULL) AS "tracking outbox",
       (SELECT count(*) FROM orders WHERE check_at <= now()) AS "orders to look at"
"""
_NOTIFIER = """
SELECT (SELECT count(*) FROM outbox WHERE published_at IS NULL) AS "notifier outbox",
       (SELECT count(*) FROM messages WHERE state IN ('planned', 'frozen', 'claimed', 'in_flight')
        AND not_before <= now() + interval '5 seconds') AS "messages to send"
"""


class NotQuiet(RuntimeError):
    """Something is still moving, or stuck; the text says what."""


@dataclass
class Stillness:
    """Asks; made by `stillness_of`. `receipts` answers how many receipts are on their way."""

    tracking: asyncpg.Connection
    notifier: asyncpg.Connection
    consumers: Mapping[str, AIOKafkaConsumer]
    receipts: Callable[[], int]
    _before: object = None

    async def until_quiet(self, deadline: timedelta = DEADLINE) -> None:
        """Raises NotQuiet past the deadline."""
        moving: dict[str, int] = {}
        was_still = False
        try:
            async with asyncio.timeout(deadline.total_seconds()):
                while True:
                    moving, changed = await self.moving()
                    still = not moving and not changed
                    if still and was_still:
                        return
                    was_still = still
                    await asyncio.sleep(PAUSE.total_seconds())
        except TimeoutError as error:
            what = ", ".join(f"{count} {name}" for name, count in moving.items()) or "new messages all the time"
            raise NotQuiet(f"not quiet after {deadline.total_seconds():.0f} s: {what}") from error

    async def moving(self) -> tuple[dict[str, int], bool]:
        """What is on its way, by name; and whether Kafka has moved since the last time."""
        offsets = {group: await _offsets(consumer) for group, consumer in self.consumers.items()}
        found = {f"not taken in by {group}": sum(each.lag for each in of) for group, of in offsets.items()}
        found.update(dict(await self.tracking.fetchrow(_TRACKING)))
        found.update(dict(await self.notifier.fetchrow(_NOTIFIER)))
        found["receipts on their way"] = self.receipts()
        changed, self._before = offsets != self._before, offsets
        return {name: count for name, count in found.items() if count}, changed


@dataclass(frozen=True)
class _Offsets:
    """One partition: where it ends, and up to where it was taken in."""

    end: int
    taken: int

    @property
    def lag(self) -> int:
        """Tansu 0.6 answers the last batch's first offset + 1 as the end, so the end may lie behind what was taken."""
        return max(0, self.end - self.taken)


async def _offsets(consumer: AIOKafkaConsumer) -> list[_Offsets]:
    partitions = sorted(consumer.assignment())
    ends = await consumer.end_offsets(partitions)
    taken = await asyncio.gather(*(consumer.committed(partition) for partition in partitions))
    return [_Offsets(ends[where], offset or 0) for where, offset in zip(partitions, taken, strict=True)]


@asynccontextmanager
async def stillness_of(around: Surroundings, receipts: Callable[[], int]) -> AsyncIterator[Stillness]:
    """Connects as an onlooker: it reads the groups' offsets without ever joining them."""
    tracking = await asyncpg.connect(_plain(around.tracking_database))
    notifier = await asyncpg.connect(_plain(around.notifier_database))
    consumers: dict[str, AIOKafkaConsumer] = {}
    try:
        for group, topics in GROUPS.items():
            consumers[group] = await _onlooker(around.kafka, group, topics)
        yield Stillness(tracking, notifier, consumers, receipts)
    finally:
        for consumer in consumers.values():
            await consumer.stop()
        await asyncio.gather(tracking.close(), notifier.close())


async def _onlooker(bootstrap: str, group: str, topics: tuple[str, ...]) -> AIOKafkaConsumer:
    partitions = await _partitions(bootstrap, topics)
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, group_id=group, enable_auto_commit=False)
    await consumer.start()
    consumer.assign(partitions)
    consumer.pause(*partitions)
    return consumer


async def _partitions(bootstrap: str, topics: tuple[str, ...]) -> list[TopicPartition]:
    """Asked as an administrator: a consumer without a subscription knows no topics."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        described = await admin.describe_topics(list(topics))
    finally:
        await admin.close()
    missing = [topic["topic"] for topic in described if not topic["partitions"]]
    if missing:
        raise NotQuiet(f"topic {missing[0]} is not there: create the topics first")
    return [
        TopicPartition(topic["topic"], part["partition"])
        for topic in sorted(described, key=lambda topic: str(topic["topic"]))
        for part in topic["partitions"]
    ]


def _plain(url: str) -> str:
    return url.replace("postgresql+asyncpg://", "postgresql://")
