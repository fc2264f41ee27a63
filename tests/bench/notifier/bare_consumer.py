"""The floor of latency: a consumer that posts each step's bytes to the provider as soon as it has them, and no more.

It keeps nothing, so it tells twice or never after a crash. `python -m tests.bench.notifier.bare_consumer <bootstrap>
<topic> <url>`.
"""

from __future__ import annotations

import asyncio
import sys

import httpx
import uvloop
from aiokafka import AIOKafkaConsumer

from services.notifier.domain.plan import BUYER
from services.notifier.intake import message_id
from shared.contracts.steps import StepReached
from shared.contracts.vocabulary import Channel

DEADLINE_SECONDS = 30.0
GROUP = "bare-latency"


async def tell_all(bootstrap: str, topic: str, url: str) -> None:
    """Until it is ended from outside."""
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=bootstrap, group_id=GROUP, auto_offset_reset="earliest")
    await consumer.start()
    try:
        async with httpx.AsyncClient(timeout=DEADLINE_SECONDS, trust_env=False) as client:
            while True:
                batches = await consumer.getmany(timeout_ms=1000)
                told = [tell(client, url, record.value) for batch in batches.values() for record in batch]
                await asyncio.gather(*told)
    finally:
        await consumer.stop()


async def tell(client: httpx.AsyncClient, url: str, value: bytes) -> None:
    step = StepReached.model_validate_json(value)
    body = b'{"biz_opaque_callback_data":"%b"}' % str(message_id(step, BUYER, Channel.SMS)).encode()
    (await client.post(url, content=body)).raise_for_status()


if __name__ == "__main__":
    uvloop.run(tell_all(*sys.argv[1:4]))
