"""One consumer of one topic with a handler that writes each fact down, so that a test can break it and then count."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from prometheus_client import REGISTRY
from sqlalchemy.ext.asyncio import AsyncConnection

from sandbox.backends.servers import Broker
from shared.contracts.base import Contract
from shared.contracts.envelope import Outgoing
from shared.contracts.shipments import ShipmentEvent
from shared.contracts.topics import CARRIER_SHIPMENTS, Topic
from shared.database import Database, fetch, run
from shared.messaging.consume import Consumer, Intake, Taken
from shared.messaging.inbox import Delivery
from shared.messaging.outbox import Relay
from shared.messaging.publish import Publisher, open_publisher
from shared.messaging.subscription import Subscription
from shared.messaging.tables import MESSAGING
from shared.messaging.topics import dead_topic
from shared.messaging.watchdog import Watchdog
from shared.processes import Runtime
from tests.support.deliveries import scan
from tests.support.migrated import ask, opened
from tests.support.waiting import until

FACTS = "CREATE TABLE facts (event_id uuid PRIMARY KEY, reference text NOT NULL)"
Meddle = Callable[[Sequence[ShipmentEvent]], None]


async def prepare(database: Database) -> None:
    """The tables of messaging, and one for what was taken in."""
    async with database.transaction() as tx:
        for statement in (*MESSAGING, FACTS):
            await run(tx, statement)


@pytest.fixture
async def store(database: str) -> AsyncIterator[Database]:
    """A database of its own with these tables."""
    async with opened(database) as opened_database:
        await prepare(opened_database)
        yield opened_database


@dataclass
class Notebook:
    """Writes facts down; `carrier_text` may ask for the word `stale` or `parked`. `meddle` sees each batch first."""

    meddle: Meddle | None = None
    seen: list[list[str]] = field(default_factory=list)
    """The references of every batch that came in, also of those that failed."""

    async def take_in(self, tx: AsyncConnection, deliveries: Sequence[Delivery[Contract]]) -> Sequence[Taken]:
        events = [item.data for item in deliveries if isinstance(item.data, ShipmentEvent)]
        self.seen.append([event.reference for event in events])
        for item in deliveries:
            assert isinstance(item.data, ShipmentEvent)
            await fetch(
                tx,
                "INSERT INTO facts (event_id, reference) VALUES (:id, :reference) RETURNING event_id",
                id=item.envelope.id,
                reference=item.data.reference,
            )
        if self.meddle is not None:
            self.meddle(events)
        return [Taken(event.carrier_text or "applied") for event in events]


@dataclass
class Running:
    consumer: Consumer
    runtime: Runtime
    task: asyncio.Task[None]

    async def stop(self) -> None:
        self.runtime.stop.set()
        await asyncio.wait_for(self.task, 20)


@dataclass
class Line:
    """A topic with its dead-letter topic, a group, and the database behind it."""

    broker: Broker
    topic: Topic
    group: str = field(default_factory=lambda: f"test-{uuid4().hex}")

    def subscription(self) -> Subscription:
        return Subscription(self.broker.bootstrap, self.group, [self.topic], "test", self.broker.shortest_session)

    @asynccontextmanager
    async def consuming(
        self,
        database: Database,
        notebook: Notebook,
        subscription: Subscription | None = None,
        watchdog: Watchdog | None = None,
    ) -> AsyncIterator[Running]:
        runtime = Runtime("test", ("consume",))
        intake = Intake(self.group, (self.topic,), notebook.take_in)
        consumer = Consumer(intake, subscription or self.subscription(), database, runtime, watchdog)
        running = Running(consumer, runtime, asyncio.create_task(consumer.run()))
        try:
            yield running
        finally:
            runtime.stop.set()
            await asyncio.wait([running.task], timeout=20)
            running.task.cancel()

    def outgoing(self, event: ShipmentEvent) -> Outgoing:
        made = Outgoing.of(self.topic, event, key=event.key, id=event.event_id, time=event.occurred_at, source="/tests")
        return replace(made, topic=self.topic.name)

    async def publish(self, *messages: ShipmentEvent | Outgoing) -> None:
        ready = [self.outgoing(item) if isinstance(item, ShipmentEvent) else item for item in messages]
        opening = open_publisher(
            self.broker.bootstrap, idempotence=self.broker.supports_idempotence, client_id="test-producer"
        )
        async with opening as publisher:
            await until(lambda: connected(publisher), "the producer is connected")
            await publisher.publish(ready, timedelta(seconds=20))

    async def committed(self) -> int:
        """How many messages the group's committed offsets lie behind, over all partitions."""
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self.broker.bootstrap, group_id=self.group, enable_auto_commit=False
        )
        await consumer.start()
        try:
            places = [TopicPartition(self.topic.name, number) for number in range(self.topic.partitions)]
            return sum([await consumer.committed(place) or 0 for place in places])
        finally:
            await consumer.stop()

    def counted(self) -> dict[str, int]:
        """What the metrics say of this topic: how many facts, by what became of them."""
        words = (*(word.value for word in Taken), "duplicate", "dead")
        labels = {"service": "test", "topic": self.topic.name}
        return {
            word: int(REGISTRY.get_sample_value("otn_events_total", {**labels, "result": word}) or 0) for word in words
        }


async def connected(publisher: Publisher) -> bool:
    return await publisher.unready() is None


async def new_line(broker: Broker, partitions: int = 1) -> Line:
    """Topics of new names, there and empty."""
    topic = replace(CARRIER_SHIPMENTS, name=f"test-{uuid4().hex}", partitions=partitions)
    admin = AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap)
    await admin.start()
    try:
        answer = await admin.create_topics([NewTopic(topic.name, partitions, 1), dead_topic(topic, 1, 1)])
        assert [error[1] for error in answer.topic_errors] == [0, 0], answer.topic_errors
    finally:
        await admin.close()
    return Line(broker, topic)


async def all_counted(line: Line, wanted: int) -> bool:
    return sum(line.counted().values()) >= wanted


def numbered(numbers: Sequence[int] | range, text: str | None = None) -> list[ShipmentEvent]:
    return [scan("in_transit", 3, of=("seur", f"P{number}"), carrier_text=text) for number in numbers]


async def references(database: Database) -> list[str]:
    return sorted(str(row["reference"]) for row in await ask(database, "SELECT reference FROM facts"))


def names(numbers: Sequence[int] | range) -> list[str]:
    return sorted(f"P{number}" for number in numbers)


class Interrupting:
    """Raises for the batches that hold a certain parcel, as often as it is told to."""

    def __init__(self, error: Exception, reference: str, times: int = 1_000_000) -> None:
        self._error, self._reference, self.times = error, reference, times

    def __call__(self, events: Sequence[ShipmentEvent]) -> None:
        if self.times > 0 and self._reference in {event.reference for event in events}:
            self.times -= 1
            raise self._error


@asynccontextmanager
async def relaying(broker: Broker, database: Database) -> AsyncIterator[None]:
    """A relay at work: what stands in the outbox reaches the broker."""
    runtime = Runtime("test", ("relay",))
    opening = open_publisher(broker.bootstrap, idempotence=broker.supports_idempotence, client_id="test-relay")
    async with opening as publisher:
        running = asyncio.create_task(Relay(database, publisher, runtime).run())
        try:
            yield
        finally:
            runtime.stop.set()
            await asyncio.wait_for(running, 20)
