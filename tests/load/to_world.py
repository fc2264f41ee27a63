"""Carries the load into a running world: straight onto its broker, to the orders' API, to the courier's webhook."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

import httpx
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from sandbox.world import World
from shared.contracts.envelope import Outgoing
from shared.messaging.publish import MAX_REQUEST_BYTES
from shared.signatures import StandardWebhooks
from tests.load.pour import Reply
from tests.load.sending import Call, Sending
from tests.load.shop_keys import ShopKeys

ANSWER_SECONDS = 15
FAILED = Reply("failed")


@dataclass(frozen=True)
class ToWorld:
    """Made by `to_world`. What the network does wrong is an answer: "failed"."""

    world: World
    keys: ShopKeys
    producer: AIOKafkaProducer
    client: httpx.AsyncClient

    async def carry(self, sending: Sending) -> Reply:
        if isinstance(sending.letter, Outgoing):
            return await self._publish(sending.letter)
        return await self._call(sending.letter)

    async def _publish(self, letter: Outgoing) -> Reply:
        """aiokafka may wait for ever for a broker that is away."""
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                place = await self.producer.send_and_wait(
                    letter.topic, value=letter.value, key=letter.key, headers=letter.headers
                )
        except (KafkaError, OSError, TimeoutError):
            return FAILED
        return Reply("acked", place.partition, place.offset)

    async def _call(self, call: Call) -> Reply:
        url = f"{self.world.addresses.url(call.service)}{call.path}"
        headers = {"content-type": call.content_type, **self._proof(call)}
        try:
            answer = await self.client.post(url, content=call.body, headers=headers)
        except httpx.TransportError:
            return FAILED
        return Reply(answer.status_code)

    def _proof(self, call: Call) -> dict[str, str]:
        """Each webhook is a delivery of its own, as its carrier numbers them."""
        if call.service == "tracking":
            return self.keys.bearer(call.path.split("/")[3])
        signer = StandardWebhooks([self.world.system.keys.courier_secret])
        return signer.sign(call.body, f"msg_{uuid4().hex}", datetime.now(UTC))


@asynccontextmanager
async def to_world(world: World, keys: ShopKeys) -> AsyncIterator[ToWorld]:
    producer = AIOKafkaProducer(
        bootstrap_servers=world.broker.bootstrap,
        acks="all",
        enable_idempotence=world.broker.supports_idempotence,
        max_request_size=MAX_REQUEST_BYTES,
        linger_ms=5,
    )
    await producer.start()
    try:
        async with httpx.AsyncClient(timeout=ANSWER_SECONDS, trust_env=False) as client:
            yield ToWorld(world, keys, producer, client)
    finally:
        await producer.stop()
