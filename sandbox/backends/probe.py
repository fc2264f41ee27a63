"""Asks a broker what it is able to do, because a product's name does not tell."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from aiokafka.client import AIOKafkaClient
from aiokafka.errors import CoordinatorLoadInProgressError, CoordinatorNotAvailableError, KafkaError
from aiokafka.protocol.transaction import InitProducerIdRequest

from sandbox.backends.ports import answers

_ASK_DEADLINE = timedelta(seconds=5)
_NOT_YET = (CoordinatorLoadInProgressError.errno, CoordinatorNotAvailableError.errno)
_NOT_YET_PAUSE = timedelta(milliseconds=50)
_TRANSACTION_TIMEOUT = timedelta(seconds=10)


async def broker_answers(bootstrap: str) -> bool:
    """True when a broker is there and open for clients (a Kafka that is still starting names no broker)."""
    host, _, port = bootstrap.rpartition(":")
    if not await answers(host, int(port)):
        return False
    client = AIOKafkaClient(bootstrap_servers=bootstrap)
    try:
        async with asyncio.timeout(_ASK_DEADLINE.total_seconds()):
            await client.bootstrap()
        return bool(client.cluster.brokers())
    except (KafkaError, OSError, TimeoutError):
        return False
    finally:
        await client.close()


async def gives_producer_ids(bootstrap: str) -> bool:
    """True when the broker hands out producer ids, which an idempotent producer needs. Raises KafkaError when away."""
    client = AIOKafkaClient(bootstrap_servers=bootstrap)
    try:
        await client.bootstrap()
        broker = next(iter(client.cluster.brokers())).nodeId
        request = InitProducerIdRequest(None, int(_TRANSACTION_TIMEOUT.total_seconds() * 1000))
        async with asyncio.timeout(_ASK_DEADLINE.total_seconds()):
            while True:
                answer = await client.send(broker, request)
                if answer.error_code not in _NOT_YET:
                    return bool(answer.error_code == 0 and answer.producer_id >= 0)
                await asyncio.sleep(_NOT_YET_PAUSE.total_seconds())
    finally:
        await client.close()
