"""The gateway's processes inside a test, and what they read and write on its broker."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from shared.contracts.topics import TRACKING_WATCHES, Topic
from shared.contracts.watches import Watch
from shared.processes import Runtime

DEADLINE = timedelta(seconds=60)


@asynccontextmanager
async def running(process: Callable[[Runtime], Awaitable[None]]) -> AsyncIterator[Runtime]:
    """The process from start to drained end; an error of its own fails the test."""
    runtime = Runtime("carrier_gateway", ("under test",))
    task = asyncio.ensure_future(process(runtime))
    try:
        yield runtime
    finally:
        runtime.stop.set()
        await asyncio.wait_for(task, DEADLINE.total_seconds())


async def say_watch(bootstrap: str, *watches: tuple[Watch, bool]) -> None:
    """Publish watches as tracking does: (watch, wanted); one that is no longer wanted is a tombstone."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all")
    await producer.start()
    try:
        for watch, wanted in watches:
            value = watch.to_json() if wanted else None
            await producer.send_and_wait(TRACKING_WATCHES.name, value, key=watch.key.encode())
    finally:
        await producer.stop()


async def last_of(bootstrap: str, topic: Topic, key: str) -> bytes | None:
    """The newest value under this key, of all that the topic holds now."""
    consumer = AIOKafkaConsumer(topic.name, bootstrap_servers=bootstrap, group_id=None, auto_offset_reset="earliest")
    await consumer.start()
    found: bytes | None = None
    try:
        ends = await consumer.end_offsets(list(consumer.assignment()))
        async with asyncio.timeout(DEADLINE.total_seconds()):
            while any([await consumer.position(where) < end for where, end in ends.items()]):
                for records in (await consumer.getmany(timeout_ms=200)).values():
                    found = next((record.value for record in reversed(records) if record.key == key.encode()), found)
    finally:
        await consumer.stop()
    return found
