"""Pollers as they are started, on a real broker: they share the parcels, take over from each other and remember."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from sandbox.backends.servers import Broker
from services.carrier_gateway.processes import run_poll
from shared.contracts.polls import Poll
from shared.contracts.shipments import ShipmentEvent
from shared.contracts.topics import CARRIER_SHIPMENTS, GATEWAY_POLLS, TRACKING_WATCHES
from shared.contracts.watches import Watch
from shared.messaging.topics import create_topics
from tests.support import waiting
from tests.support.gateway_processes import DEADLINE, last_of, running, say_watch
from tests.support.simulated_dhl import SimulatedDhl, simulated_dhl

PARTITIONS = 4


@pytest.fixture
async def dhl(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[SimulatedDhl]:
    await create_topics(broker.bootstrap, PARTITIONS)
    async with simulated_dhl() as dhl:
        for name, value in {
            "KAFKA_BOOTSTRAP": broker.bootstrap,
            "KAFKA_IDEMPOTENCE": str(broker.supports_idempotence).lower(),
            "CARRIER_DHL_KEY": "the-key",
            "CARRIER_DHL_URL": dhl.url,
            "CARRIER_DHL_MINIMUM_GAP_SECONDS": "0.05",
            "CARRIER_DHL_DAILY_QUOTA": "4000",
        }.items():
            monkeypatch.setenv(name, value)
        yield dhl


def new_watches(dhl: SimulatedDhl, count: int, age: timedelta = timedelta(0)) -> list[Watch]:
    """Parcels that move, and that nothing new is to be seen of for a while."""
    moment = datetime.now(UTC) - age
    watches = [Watch(carrier="dhl", reference=uuid4().hex[:20], since=moment) for _ in range(count)]
    for watch in watches:
        dhl.events[watch.reference] = [
            {"timestamp": moment.isoformat(), "statusCode": "transit", "description": "On its way"}
        ]
    return watches


async def until(holds: Callable[[], bool]) -> None:
    async def look() -> bool:
        return holds()

    await waiting.until(look, "the carrier was asked", DEADLINE)


def asked(dhl: SimulatedDhl, watches: list[Watch]) -> Counter[str]:
    wanted = {watch.reference for watch in watches}
    return Counter(number for number in dhl.asked if number in wanted)


async def test_two_pollers_share_the_parcels_and_each_is_asked_about_once(broker: Broker, dhl: SimulatedDhl) -> None:
    watches = new_watches(dhl, 20)
    async with running(run_poll), running(run_poll):
        await say_watch(broker.bootstrap, *((watch, True) for watch in watches))
        await until(lambda: len(asked(dhl, watches)) == len(watches))
        again = new_watches(dhl, 1)
        await say_watch(broker.bootstrap, (again[0], True))
        await until(lambda: len(asked(dhl, again)) == 1)

    assert set(asked(dhl, watches).values()) == {1}


async def test_after_a_restart_what_was_asked_is_not_asked_again_and_what_is_new_is(
    broker: Broker, dhl: SimulatedDhl
) -> None:
    watches = new_watches(dhl, 8)
    await say_watch(broker.bootstrap, *((watch, True) for watch in watches))
    async with running(run_poll):
        await until(lambda: len(asked(dhl, watches)) == len(watches))
    later = new_watches(dhl, 1)
    await say_watch(broker.bootstrap, (later[0], True))
    async with running(run_poll):
        await until(lambda: len(asked(dhl, later)) == 1)

    assert set(asked(dhl, watches).values()) == {1}
    memory = Poll.model_validate_json(await last_of(broker.bootstrap, GATEWAY_POLLS, watches[0].key) or b"")
    assert (memory.stage, len(memory.told)) == ("in_transit", 2 if memory.eta else 1)


async def test_when_one_of_two_pollers_ends_the_other_asks_about_its_parcels(broker: Broker, dhl: SimulatedDhl) -> None:
    async with AsyncExitStack() as stays:
        await stays.enter_async_context(running(run_poll))
        async with running(run_poll):
            first = new_watches(dhl, 12)
            await say_watch(broker.bootstrap, *((watch, True) for watch in first))
            await until(lambda: len(asked(dhl, first)) == len(first))
        second = new_watches(dhl, 12)
        await say_watch(broker.bootstrap, *((watch, True) for watch in second))
        await until(lambda: len(asked(dhl, second)) == len(second))

    assert set((asked(dhl, first) + asked(dhl, second)).values()) == {1}


async def test_a_parcel_silent_for_weeks_is_told_as_a_fact_and_not_asked_about(
    broker: Broker, dhl: SimulatedDhl
) -> None:
    (silent,) = new_watches(dhl, 1, age=timedelta(days=40))
    producer = AIOKafkaProducer(bootstrap_servers=broker.bootstrap, acks="all")
    await producer.start()
    written = int(silent.since.timestamp() * 1000)
    await producer.send_and_wait(TRACKING_WATCHES.name, silent.to_json(), key=silent.key.encode(), timestamp_ms=written)
    await producer.stop()

    async with running(run_poll):
        told = await _first_shipment(broker.bootstrap, silent.key)

    assert told.silent_since is not None
    assert abs(told.silent_since - silent.since) < timedelta(seconds=1)
    assert silent.reference not in dhl.asked


async def _first_shipment(bootstrap: str, key: str) -> ShipmentEvent:
    consumer = AIOKafkaConsumer(
        CARRIER_SHIPMENTS.name, bootstrap_servers=bootstrap, group_id=None, auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        async with asyncio.timeout(DEADLINE.total_seconds()):
            while (record := await consumer.getone()).key != key.encode():
                continue
        return ShipmentEvent.model_validate_json(record.value)
    finally:
        await consumer.stop()
