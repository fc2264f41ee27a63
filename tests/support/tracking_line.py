"""Tracking's topics under names of their own on a real broker, with members of one group that take facts in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from uuid import uuid4

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from sqlalchemy.ext.asyncio import AsyncConnection

from sandbox.backends.servers import Broker
from services.tracking.announce import Announcer
from services.tracking.intake import intake
from shared.contracts.base import Contract
from shared.contracts.orders import Order
from shared.contracts.shipments import ShipmentEvent
from shared.contracts.topics import CARRIER_SHIPMENTS, SHOP_ORDERS, TRACKING_ERASURES, TRACKING_STEPS, Topic
from shared.database import Database
from shared.messaging.consume import Consumer, Taken
from shared.messaging.inbox import Delivery
from shared.messaging.subscription import Subscription
from shared.processes import Runtime
from tests.support.waiting import until

PARTITIONS = 4


@dataclass
class Member:
    """One consumer of the group. `taken_in` counts what came to its handler."""

    consumer: Consumer
    runtime: Runtime
    taken_in: int = 0

    async def has_joined(self) -> bool:
        return await self.consumer.unready() is None


@dataclass
class TrackingLine:
    broker: Broker
    orders: Topic
    shipments: Topic
    steps: Topic
    erasures: Topic
    group: str = field(default_factory=lambda: f"test-{uuid4().hex}")

    @property
    def taken_in(self) -> tuple[Topic, ...]:
        return (self.orders, self.shipments)

    async def publish(self, facts: Sequence[Delivery[Contract]]) -> None:
        """In the order given, each stamped with the instant at which it was heard."""
        producer = AIOKafkaProducer(
            bootstrap_servers=self.broker.bootstrap, enable_idempotence=self.broker.supports_idempotence, acks="all"
        )
        await producer.start()
        try:
            sent = []
            for each in facts:
                assert isinstance(each.data, Order | ShipmentEvent)
                assert each.heard_at is not None
                sent.append(
                    await producer.send(
                        (self.orders if isinstance(each.data, Order) else self.shipments).name,
                        key=each.data.key.encode(),
                        value=each.data.to_json(),
                        headers=each.envelope.to_headers(),
                        timestamp_ms=int(each.heard_at.timestamp() * 1000),
                    )
                )
            await asyncio.gather(*sent)
        finally:
            await producer.stop()

    @asynccontextmanager
    async def consuming(self, database: Database, announcer: Announcer, members: int) -> AsyncIterator[list[Member]]:
        """So many members of the group, which stop in good order at the end."""
        group = [self._member(database, announcer, f"member-{nth}") for nth in range(members)]
        tasks = [asyncio.create_task(member.consumer.run()) for member in group]
        try:
            for member in group:
                await until(member.has_joined, "the member has joined")
            yield group
        finally:
            for member in group:
                member.runtime.stop.set()
            done, _ = await asyncio.wait(tasks, timeout=20)
            for task in tasks:
                task.cancel()
        for task in done:
            task.result()

    def _member(self, database: Database, announcer: Announcer, name: str) -> Member:
        taking, runtime = intake(announcer), Runtime("test", (name,))

        async def handle(tx: AsyncConnection, deliveries: Sequence[Delivery[Contract]]) -> Sequence[Taken]:
            member.taken_in += len(deliveries)
            return await taking.handle(tx, deliveries)

        subscription = Subscription(
            self.broker.bootstrap, self.group, self.taken_in, name, self.broker.shortest_session
        )
        counted = replace(taking, group=self.group, topics=self.taken_in, handle=handle, kept_once=(self.shipments,))
        member = Member(Consumer(counted, subscription, database, runtime), runtime)
        return member

    async def until_taken_in(self, facts: int) -> None:
        """Until the group's offsets say that so many have been taken in."""
        asking = AIOKafkaConsumer(
            bootstrap_servers=self.broker.bootstrap, group_id=self.group, enable_auto_commit=False
        )
        await asking.start()
        places = [TopicPartition(topic.name, nth) for topic in self.taken_in for nth in range(PARTITIONS)]

        async def all_committed() -> bool:
            return sum([await asking.committed(place) or 0 for place in places]) >= facts

        try:
            await until(all_committed, f"{facts} facts are taken in")
        finally:
            await asking.stop()


async def new_tracking_line(broker: Broker) -> TrackingLine:
    """Topics of new names, there and empty, in which nothing is too old to be kept."""
    tag = uuid4().hex
    orders, shipments, steps, erasures = topics = [
        replace(topic, name=f"test-{tag}-{topic.name}", partitions=PARTITIONS)
        for topic in (SHOP_ORDERS, CARRIER_SHIPMENTS, TRACKING_STEPS, TRACKING_ERASURES)
    ]
    wanted = [NewTopic(topic.name, PARTITIONS, 1, topic_configs={"retention.ms": "-1"}) for topic in topics]
    admin = AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap)
    await admin.start()
    try:
        answer = await admin.create_topics(wanted)
        assert [error[1] for error in answer.topic_errors] == [0, 0, 0, 0], answer.topic_errors
    finally:
        await admin.close()
    return TrackingLine(broker, orders, shipments, steps, erasures)
