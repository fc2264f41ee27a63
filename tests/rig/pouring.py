"""Brings the load into the system as shops and carriers do: records for Kafka, calls of the orders' API, webhooks.

Whoever takes something is asked directly, not through a proxy: the network that is made bad is the product's own.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from shared.contracts.envelope import Outgoing
from shared.messaging.publish import MAX_REQUEST_BYTES
from shared.signatures import StandardWebhooks
from tests.load.chunk import Load
from tests.load.pour import Note, Reply, pour
from tests.load.sending import Call, Sending
from tests.rig.no_answer import NO_ANSWER
from tests.rig.world import Rigged

ACK_DEADLINE = timedelta(seconds=8)
PATIENCE = timedelta(minutes=4)
"""For one thing to be taken, whatever is broken meanwhile."""
WAVES = 14
"""About so many in a chunk: the time of a chunk is shared out among them."""
PATIENT_PAUSE = timedelta(seconds=1)
"""Shops and carriers do not hammer at a door that is shut; here it would be the rig that is short of time."""
FAILED = Reply("failed")


class Road:
    """The way of one sending into the system; opened by `road`."""

    def __init__(self, world: Rigged, producer: AIOKafkaProducer) -> None:
        self._world, self._producer = world, producer

    async def carry(self, sending: Sending) -> Reply:
        letter = sending.letter
        try:
            async with asyncio.timeout(ACK_DEADLINE.total_seconds()):
                return await (self._publish(letter) if isinstance(letter, Outgoing) else self._call(letter, sending))
        except (*NO_ANSWER, KafkaError, OSError, TimeoutError):
            await asyncio.sleep(PATIENT_PAUSE.total_seconds())
            return FAILED

    async def _publish(self, letter: Outgoing) -> Reply:
        place = await self._producer.send_and_wait(
            letter.topic, value=letter.value, key=letter.key, headers=letter.headers
        )
        return Reply("acked", place.partition, place.offset)

    async def _call(self, call: Call, sending: Sending) -> Reply:
        url = f"{self._world.addresses.url(call.service)}{call.path}"
        headers = {"content-type": call.content_type, **self._proof(call, sending)}
        answer = await self._world.client.post(url, content=call.body, headers=headers)
        return Reply(answer.status_code)

    def _proof(self, call: Call, sending: Sending) -> dict[str, str]:
        """A shop shows its key, the courier signs."""
        if call.service == "tracking":
            return self._world.keys.bearer(sending.shop or call.path.split("/")[3])
        signing = StandardWebhooks([self._world.secrets.courier_secret])
        return dict(signing.sign(call.body, f"msg_{uuid4().hex}", datetime.now(UTC)))


@asynccontextmanager
async def road(world: Rigged) -> AsyncIterator[Road]:
    producer = AIOKafkaProducer(
        bootstrap_servers=world.servers.kafka.bootstrap,
        acks="all",
        enable_idempotence=True,
        linger_ms=2,
        max_request_size=MAX_REQUEST_BYTES,
        request_timeout_ms=int(ACK_DEADLINE.total_seconds() * 1000),
    )
    await producer.start()
    try:
        yield Road(world, producer)
    finally:
        await producer.stop()


async def pour_evenly(load: Load, chunks: range, on: Road, note: Note, span: timedelta) -> None:
    """These chunks of the load, spread over the span. Raises TimeoutError when something is not taken at all."""
    loop = asyncio.get_running_loop()
    each, began = span.total_seconds() / max(1, len(chunks)), loop.time()
    for nth, number in enumerate(chunks):
        await pour(load.chunk(number), on, note, patience=PATIENCE, after_wave=_pause_until(began + nth * each, each))


def _pause_until(began: float, length: float) -> Callable[[int], Awaitable[None]]:
    async def wait(wave: int) -> None:
        loop = asyncio.get_running_loop()
        await asyncio.sleep(max(0.0, began + length * min(1.0, (wave + 1) / WAVES) - loop.time()))

    return wait
