"""The one way onto Kafka: `publish` returns when all replicas have acknowledged, or raises BrokerAway.

After BrokerAway a message may or may not have arrived. Whoever publishes again uses the same event id, and the
consumer's inbox takes it in once.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import time
from collections.abc import AsyncIterator, Coroutine, Sequence
from datetime import timedelta
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from shared.contracts.envelope import Outgoing
from shared.failpoints import failpoint
from shared.messaging.failures import BrokerAway
from shared.observability.logs import get_logger
from shared.observability.metrics import PUBLISH_DURATION, PUBLISHED
from shared.processes import Runtime
from shared.settings import Settings

MAX_REQUEST_BYTES = 2 * 1024 * 1024
"""A dead letter is a message of the size that brokers take by default (1 MiB), and more headers."""
ACK_DEADLINE = timedelta(seconds=5)
STOP_DEADLINE = timedelta(seconds=10)
RECONNECT_PAUSE = timedelta(seconds=1)

_publish_duration = PUBLISH_DURATION.labels("publish")
_published = functools.cache(PUBLISHED.labels)
"""To look a counter up costs more than to count; there are as many as topics."""


def producer_options(bootstrap: str, *, idempotence: bool, client_id: str) -> dict[str, Any]:
    """What every producer of ours is made with."""
    return {
        "bootstrap_servers": bootstrap,
        "client_id": client_id,
        "acks": "all",
        "enable_idempotence": idempotence,
        "linger_ms": 2,
        "max_request_size": MAX_REQUEST_BYTES,
        "request_timeout_ms": 10_000,
    }


class Publisher:
    """A producer that survives a broker that is not there yet: it keeps connecting, and says BrokerAway meanwhile."""

    def __init__(self, bootstrap: str, *, idempotence: bool, client_id: str) -> None:
        self._options = producer_options(bootstrap, idempotence=idempotence, client_id=client_id)
        self._producer: AIOKafkaProducer | None = None

    async def unready(self) -> str | None:
        """For readiness: None once connected."""
        return None if self._producer else "no broker yet"

    async def publish(self, messages: Sequence[Outgoing], deadline: timedelta = ACK_DEADLINE) -> None:
        """Send all and wait for every acknowledgement. Raises BrokerAway when one is not in by the deadline."""
        if self._producer is None:
            raise BrokerAway("not connected to the broker yet")
        started = time.perf_counter()
        try:
            async with asyncio.timeout(deadline.total_seconds()):
                sent = [await _send(self._producer, message) for message in messages]
                failpoint("publish.before_acks")
                await (sent[0] if len(sent) == 1 else asyncio.gather(*sent))
        except (KafkaError, TimeoutError, OSError) as error:
            raise BrokerAway(type(error).__name__) from error
        _publish_duration.observe(time.perf_counter() - started)
        for message in messages:
            _published(message.topic).inc()

    async def connect(self) -> None:
        """Keep trying until the broker answers."""
        while self._producer is None:
            producer = AIOKafkaProducer(**self._options)
            try:
                await producer.start()
            except (KafkaError, OSError) as error:
                get_logger().warning("broker_away", error_type=type(error).__name__)
                await _stop(producer)
                await asyncio.sleep(RECONNECT_PAUSE.total_seconds())
            except asyncio.CancelledError:
                await _stop(producer)
                raise
            else:
                self._producer = producer

    async def close(self) -> None:
        if self._producer is not None:
            await _stop(self._producer)


def _send(producer: AIOKafkaProducer, message: Outgoing) -> Coroutine[Any, Any, asyncio.Future[object]]:
    """Into the producer's buffer; the future is for the broker's answer."""
    sending: Coroutine[Any, Any, asyncio.Future[object]] = producer.send(
        message.topic, value=message.value, key=message.key, headers=message.headers
    )
    return sending


async def _stop(producer: AIOKafkaProducer) -> None:
    """aiokafka's stop() can hang when the broker is gone, so it gets a deadline."""
    try:
        await asyncio.wait_for(producer.stop(), STOP_DEADLINE.total_seconds())
    except (TimeoutError, KafkaError, OSError) as error:
        get_logger().warning("producer_stop_failed", error_type=type(error).__name__)


@contextlib.asynccontextmanager
async def open_publisher_of(runtime: Runtime, process: str, settings: Settings) -> AsyncIterator[Publisher]:
    """The publisher of one process, which is ready once it is connected."""
    opening = open_publisher(
        settings.kafka_bootstrap, idempotence=settings.kafka_idempotence, client_id=f"{runtime.service}-{process}"
    )
    async with opening as publisher:
        runtime.health.register(f"{process} broker", publisher.unready)
        yield publisher


@contextlib.asynccontextmanager
async def open_publisher(bootstrap: str, *, idempotence: bool, client_id: str) -> AsyncIterator[Publisher]:
    """A publisher that connects in the background: the process starts whether or not the broker is there."""
    publisher = Publisher(bootstrap, idempotence=idempotence, client_id=client_id)
    connecting = asyncio.create_task(publisher.connect(), name="connect-publisher")
    try:
        yield publisher
    finally:
        connecting.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await connecting
        await publisher.close()
