"""The gateway's processes as they are started, on a real broker; the carrier and its API are simulated on loopback."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from sandbox.backends.servers import Broker
from services.carrier_gateway.carriers.generic import GENERIC
from services.carrier_gateway.processes import run_api, run_poll
from shared.contracts.envelope import Envelope
from shared.contracts.shipments import ShipmentEvent
from shared.contracts.topics import CARRIER_SHIPMENTS, TRACKING_WATCHES
from shared.contracts.watches import Watch
from shared.messaging.topics import create_topics
from tests.support.carrier_samples import SECRET
from tests.support.gateway_processes import DEADLINE, running, say_watch
from tests.support.simulated_dhl import SimulatedDhl, simulated_dhl


@pytest.fixture
async def bootstrap(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> str:
    await create_topics(broker.bootstrap, 2)
    monkeypatch.setenv("KAFKA_BOOTSTRAP", broker.bootstrap)
    monkeypatch.setenv("KAFKA_IDEMPOTENCE", str(broker.supports_idempotence).lower())
    monkeypatch.setenv("CARRIER_GENERIC_SECRET", SECRET)
    return broker.bootstrap


@pytest.fixture
async def dhl(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[SimulatedDhl]:
    async with simulated_dhl() as dhl:
        monkeypatch.setenv("CARRIER_DHL_KEY", "the-key")
        monkeypatch.setenv("CARRIER_DHL_URL", dhl.url)
        yield dhl


async def shipments_of(bootstrap: str, key: str, count: int) -> list[tuple[Envelope, ShipmentEvent]]:
    """The first `count` messages under this key. Raises TimeoutError when they do not come."""
    consumer = AIOKafkaConsumer(
        CARRIER_SHIPMENTS.name, bootstrap_servers=bootstrap, group_id=None, auto_offset_reset="earliest"
    )
    await consumer.start()
    found: list[tuple[Envelope, ShipmentEvent]] = []
    try:
        async with asyncio.timeout(DEADLINE.total_seconds()):
            while len(found) < count:
                record = await consumer.getone()
                if record.key == key.encode():
                    event = ShipmentEvent.model_validate_json(record.value)
                    found.append((Envelope.from_headers(record.headers), event))
    finally:
        await consumer.stop()
    return found


def new_watch(since: datetime | None = None) -> Watch:
    return Watch(carrier="dhl", reference=uuid4().hex[:20], since=since or datetime.now(UTC))


def delivered_at(moment: datetime) -> list[dict[str, str]]:
    return [{"timestamp": moment.isoformat(), "statusCode": "delivered", "description": "Delivered"}]


async def test_a_webhook_answered_202_is_on_the_broker(bootstrap: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    monkeypatch.setenv("GATEWAY_HOST", "127.0.0.1")
    monkeypatch.setenv("GATEWAY_PORT", str(port))
    reference, now = uuid4().hex, datetime.now(UTC)
    body = json.dumps({"reference": reference, "status": "delivered", "occurred_at": now.isoformat()}).encode()

    transport = httpx.AsyncHTTPTransport(retries=5)
    async with (
        running(run_api),
        httpx.AsyncClient(transport=transport, base_url=f"http://127.0.0.1:{port}") as client,
        asyncio.timeout(DEADLINE.total_seconds()),
    ):
        while (await client.get("/readyz")).status_code != 200:
            continue
        headers = GENERIC.signature.sign(body, SECRET, "m1", now)
        answer = await client.post("/webhooks/generic", content=body, headers=headers)
        metrics = (await client.get("/metrics")).text

    assert (answer.status_code, answer.json()) == (202, {"accepted": 1})
    ((envelope, event),) = await shipments_of(bootstrap, f"generic/{reference}", 1)
    assert (envelope.id, event.stage) == (event.event_id, "delivered")
    assert reference not in metrics


async def test_a_parcel_that_is_watched_is_asked_about_and_its_events_published(
    bootstrap: str, dhl: SimulatedDhl
) -> None:
    met_at_start, met_later = new_watch(), new_watch(since=datetime.now(UTC) - timedelta(days=2))
    for watch in (met_at_start, met_later):
        dhl.events[watch.reference] = delivered_at(datetime.now(UTC))
    await say_watch(bootstrap, (met_at_start, True))

    async with running(run_poll):
        ((_, first),) = await shipments_of(bootstrap, met_at_start.key, 1)
        await say_watch(bootstrap, (met_later, True))
        ((_, second),) = await shipments_of(bootstrap, met_later.key, 1)

    assert (first.stage, second.stage) == ("delivered", "delivered")
    assert dhl.asked.count(met_at_start.reference) == 1


async def test_a_parcel_whose_watch_has_ended_is_not_asked_about(bootstrap: str, dhl: SimulatedDhl) -> None:
    ended, wanted = new_watch(), new_watch()
    for watch in (ended, wanted):
        dhl.events[watch.reference] = delivered_at(datetime.now(UTC))
    await say_watch(bootstrap, (ended, True), (ended, False), (wanted, True))

    async with running(run_poll):
        await shipments_of(bootstrap, wanted.key, 1)

    assert wanted.reference in dhl.asked
    assert ended.reference not in dhl.asked


async def test_a_watch_nobody_can_read_stops_no_other(bootstrap: str, dhl: SimulatedDhl) -> None:
    wanted = new_watch()
    dhl.events[wanted.reference] = delivered_at(datetime.now(UTC))
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all")
    await producer.start()
    for partition in (0, 1):
        await producer.send_and_wait(TRACKING_WATCHES.name, b"{}", key=b"dhl/broken", partition=partition)
    await producer.stop()
    await say_watch(bootstrap, (wanted, True))

    async with running(run_poll):
        ((_, event),) = await shipments_of(bootstrap, wanted.key, 1)

    assert event.stage == "delivered"
