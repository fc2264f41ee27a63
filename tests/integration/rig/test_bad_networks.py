"""The bad networks of the rig before real servers: what the product has to live with comes about, and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from sqlalchemy.engine import make_url

from sandbox.backends.kafka import LocalKafka, OtherDoor, local_kafka
from sandbox.backends.ports import LOOPBACK, free_port
from sandbox.backends.servers import BackendUnavailable
from tests.rig.proxy import FINE, Proxy, Weather, proxy_before

TOPIC = "rig-letters"
PATIENCE_SECONDS = 30


def plain(url: str, port: int) -> str:
    return make_url(url).set(drivername="postgresql", port=port).render_as_string(hide_password=False)


@pytest.fixture
async def kafka(tmp_path: Path) -> AsyncIterator[tuple[LocalKafka, Proxy]]:
    """A broker with a proxy before its other door."""
    inner = free_port()
    try:
        async with proxy_before(inner) as proxy:
            door = OtherDoor(listens=f"{LOOPBACK}:{inner}", told=f"{LOOPBACK}:{proxy.port}")
            async with local_kafka(tmp_path, door) as broker:
                yield broker, proxy
    except BackendUnavailable as error:
        pytest.skip(str(error))


async def test_a_commit_that_is_cut_is_kept_by_the_server_and_lost_to_the_client(database: str) -> None:
    port = make_url(database).port
    assert port is not None
    async with proxy_before(port) as proxy:
        client = await asyncpg.connect(plain(database, proxy.port))
        await client.execute("CREATE TABLE letters (n int)")
        proxy.cut_at(b"COMMIT;", times=1)
        with pytest.raises((asyncpg.PostgresConnectionError, asyncpg.InterfaceError, OSError)):
            async with client.transaction():
                await client.execute("INSERT INTO letters VALUES (1)")
        onlooker = await asyncpg.connect(plain(database, port))
        found = await onlooker.fetchval("SELECT count(*) FROM letters")
        await onlooker.close()

    assert (found, proxy.cuts) == (1, 1)


async def test_a_client_that_came_through_the_proxy_stays_behind_it(kafka: tuple[LocalKafka, Proxy]) -> None:
    broker, proxy = kafka
    door = f"{LOOPBACK}:{proxy.port}"
    direct = AIOKafkaProducer(bootstrap_servers=broker.bootstrap)
    proxied = AIOKafkaProducer(bootstrap_servers=door)
    async with asyncio.timeout(PATIENCE_SECONDS):
        await make_topic(broker.bootstrap)
        await direct.start()
        await proxied.start()
        try:
            await proxied.send_and_wait(TOPIC, b"before")
            proxy.turn(Weather(blackhole=True))
            await direct.send_and_wait(TOPIC, b"past the proxy")
            waiting = asyncio.ensure_future(proxied.send_and_wait(TOPIC, b"late"))
            assert await letters(broker.bootstrap, 2) == [b"before", b"past the proxy"]
            assert not waiting.done()
            proxy.turn(FINE)
            await waiting
            assert await letters(broker.bootstrap, 3) == [b"before", b"past the proxy", b"late"]
        finally:
            await asyncio.gather(direct.stop(), proxied.stop())


async def make_topic(bootstrap: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(TOPIC, 1, 1)])
    finally:
        await admin.close()


async def letters(bootstrap: str, count: int) -> list[bytes]:
    """The first so many."""
    consumer = AIOKafkaConsumer(TOPIC, bootstrap_servers=bootstrap, auto_offset_reset="earliest", group_id=None)
    await consumer.start()
    try:
        found: list[bytes] = []
        while len(found) < count:
            batches = await consumer.getmany(timeout_ms=int(timedelta(seconds=1).total_seconds() * 1000))
            found += [record.value for records in batches.values() for record in records]
        return found
    finally:
        await consumer.stop()
