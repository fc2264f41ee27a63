"""Scans a second through `tracking consume`: inbox, fold, state, steps, outbox. Baseline: a bare loop beside it.

The bare loop does what no consumer can leave out: `getmany`, JSON, one insert of events that skips duplicates, one
upsert of parcels, one insert of outgoing rows, commit, offsets.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from sandbox.backends.choose import choose_broker, choose_postgres
from services.tracking.announce import Announcer
from services.tracking.directory import Directory
from services.tracking.intake import intake
from shared.contracts.directory import CarrierEntry
from shared.contracts.envelope import Outgoing
from shared.contracts.orders import Buyer, Order, Shipment
from shared.contracts.shipments import ShipmentEvent
from shared.contracts.topics import CARRIER_SHIPMENTS, SHOP_ORDERS
from shared.contracts.vocabulary import ShopState, Stage
from shared.database import Database, connect, fetch
from shared.messaging.consume import Consumer
from shared.messaging.publish import Publisher, open_publisher
from shared.messaging.subscription import Subscription
from shared.messaging.topics import create_topics
from shared.migrate import migrate
from shared.processes import Runtime
from shared.shops import load_shops
from tests.bench.rows import Row

ORDERS = 2_000
STAGES = (Stage.ACCEPTED, Stage.IN_TRANSIT, Stage.IN_TRANSIT, Stage.OUT_FOR_DELIVERY, Stage.DELIVERED)
START = datetime(2026, 3, 2, 9, tzinfo=UTC)


async def measure() -> list[Row]:
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        postgres = await stack.enter_async_context(choose_postgres(folder / "pg", prefer="embedded", tell=print))
        broker = await stack.enter_async_context(choose_broker(folder / "broker", prefer=None, tell=print))
        await create_topics(broker.bootstrap, 6)
        publisher = await stack.enter_async_context(
            open_publisher(broker.bootstrap, idempotence=broker.supports_idempotence, client_id="bench")
        )
        await publisher.connect()
        orders, scans = _orders(), _scans()
        await _publish_all(publisher, orders)
        hito = connect(await postgres.create_database("hito"), name="bench")
        stack.push_async_callback(hito.close)
        await migrate(hito, Path("services/tracking/migrations"))
        await _taken_in(broker.bootstrap, hito, 0, ORDERS)
        await _publish_all(publisher, scans)
        ours = await _taken_in(broker.bootstrap, hito, ORDERS, ORDERS + len(scans))
        bare = await _bare(broker.bootstrap, await postgres.create_database("bare"))
        print(f"{postgres.description}; {broker.description}")
        return [
            Row("taking in", f"{len(scans)} scans of {ORDERS} orders", len(scans) / ours, "scans/s", len(scans) / bare)
        ]


async def _publish_all(publisher: Publisher, messages: list[Outgoing]) -> None:
    for start in range(0, len(messages), 2_000):
        await publisher.publish(messages[start : start + 2_000], timedelta(seconds=60))


def _orders() -> list[Outgoing]:
    found = []
    for number in range(ORDERS):
        shipment = Shipment(carrier="generic", reference=f"F-{number}")
        order = Order(
            shop="demo",
            order_id=f"A-{number}",
            placed_at=START,
            state=ShopState.SHIPPED,
            buyer=Buyer(email="lucia@example.com"),
            shipments=(shipment,),
        )
        found.append(Outgoing.of(SHOP_ORDERS, order, key=order.key, id=order.event_id, time=START, source="/bench"))
    return found


def _scans() -> list[Outgoing]:
    found = []
    for nth, stage in enumerate(STAGES):
        for number in range(ORDERS):
            at = START + timedelta(hours=nth + 1)
            event = ShipmentEvent(carrier="generic", reference=f"F-{number}", stage=stage, occurred_at=at)
            found.append(
                Outgoing.of(CARRIER_SHIPMENTS, event, key=event.key, id=event.event_id, time=at, source="/bench")
            )
    return found


async def _taken_in(bootstrap: str, database: Database, since: int, until: int) -> float:
    """Run the consumer until the inbox holds so many. Answers the seconds from its first batch on."""
    shops = load_shops(Path("config/shops"))
    directory = Directory([CarrierEntry(id="generic", name="Mensajería", zone="Europe/Madrid")])
    taking = intake(Announcer(shops, directory, "https://hito.example", "s" * 32))
    runtime = Runtime("tracking", ("consume",))
    subscription = Subscription(bootstrap, taking.group, taking.topics, "bench")
    consumer = Consumer(taking, subscription, database, runtime)
    running = asyncio.create_task(consumer.run())
    await _reached(database, since + 1)
    started = time.perf_counter()
    await _reached(database, until)
    took = time.perf_counter() - started
    runtime.stop.set()
    await running
    return took


async def _reached(database: Database, count: int) -> None:
    while True:
        async with database.transaction() as tx:
            if (await fetch(tx, "SELECT count(*) AS n FROM inbox"))[0]["n"] >= count:
                return
        await asyncio.sleep(0.05)


_BARE_SCHEMA = """
CREATE TABLE events (id text PRIMARY KEY, parcel text NOT NULL, stage text NOT NULL);
CREATE TABLE parcels (parcel text PRIMARY KEY, stage text NOT NULL);
CREATE TABLE outgoing (id bigint GENERATED ALWAYS AS IDENTITY, value bytea NOT NULL);
"""


async def _bare(bootstrap: str, url: str) -> float:
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    await connection.execute(_BARE_SCHEMA)
    consumer = AIOKafkaConsumer(
        CARRIER_SHIPMENTS.name,
        bootstrap_servers=bootstrap,
        group_id="bare",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )
    await consumer.start()
    wanted, taken, started = ORDERS * len(STAGES), 0, 0.0
    while taken < wanted:
        batches = await consumer.getmany(timeout_ms=200, max_records=500)
        started = started or (time.perf_counter() if batches else 0.0)
        records = [record for records in batches.values() for record in records]
        if records:
            await _write_bare(connection, records)
            await consumer.commit(
                {TopicPartition(where.topic, where.partition): rows[-1].offset + 1 for where, rows in batches.items()}
            )
            taken += len(records)
    took = time.perf_counter() - started
    await consumer.stop()
    await connection.close()
    return took


async def _write_bare(connection: asyncpg.Connection, records: list[ConsumerRecord]) -> None:
    decoded = [(dict(r.headers)["ce_id"].decode(), r.key.decode(), json.loads(r.value)) for r in records]
    newest = {key: value["stage"] for _, key, value in decoded}
    async with connection.transaction():
        await connection.execute(
            "INSERT INTO events SELECT * FROM unnest($1::text[], $2::text[], $3::text[]) ON CONFLICT DO NOTHING",
            [identifier for identifier, _, _ in decoded],
            [key for _, key, _ in decoded],
            [value["stage"] for _, _, value in decoded],
        )
        await connection.execute(
            "INSERT INTO parcels SELECT * FROM unnest($1::text[], $2::text[]) "
            "ON CONFLICT (parcel) DO UPDATE SET stage = excluded.stage",
            list(newest),
            list(newest.values()),
        )
        await connection.execute(
            "INSERT INTO outgoing (value) SELECT * FROM unnest($1::bytea[])",
            [r.value for r in records],
        )
