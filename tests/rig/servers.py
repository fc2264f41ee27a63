"""PostgreSQL and Apache Kafka as in production, each behind a proxy, to be stopped at once and started again.

PostgreSQL syncs to the disk before it says yes. One broker without replicas: what it acknowledged survives the death of
its process, for the kernel has it; the loss of the machine's power is not what is tried here.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import make_url

from sandbox.backends.kafka import LocalKafka, OtherDoor, local_kafka
from sandbox.backends.ports import LOOPBACK, free_port
from sandbox.backends.postgres import EmbeddedPostgres, embedded_postgres
from tests.rig.proxy import Proxy, proxy_before


@dataclass(frozen=True)
class Servers:
    """`*_proxy`: the way on which the product reaches them. The rig itself goes straight in."""

    postgres: EmbeddedPostgres
    postgres_proxy: Proxy
    kafka: LocalKafka
    kafka_proxy: Proxy

    @property
    def bootstrap(self) -> str:
        """The broker as the product sees it."""
        return f"{LOOPBACK}:{self.kafka_proxy.port}"

    def proxied(self, database_url: str) -> str:
        """The same database as the product sees it."""
        return make_url(database_url).set(port=self.postgres_proxy.port).render_as_string(hide_password=False)


def postgres_at(folder: Path) -> Path:
    """Where PostgreSQL keeps everything."""
    return folder / "postgres"


@asynccontextmanager
async def servers(folder: Path) -> AsyncIterator[Servers]:
    """Raises BackendUnavailable without Java, or where the embedded PostgreSQL does not run."""
    async with AsyncExitStack() as stack:
        postgres = await stack.enter_async_context(embedded_postgres(postgres_at(folder)))
        assert postgres.address.port is not None
        postgres_proxy = await stack.enter_async_context(proxy_before(postgres.address.port))
        inner = free_port()
        kafka_proxy = await stack.enter_async_context(proxy_before(inner))
        door = OtherDoor(listens=f"{LOOPBACK}:{inner}", told=f"{LOOPBACK}:{kafka_proxy.port}")
        kafka = await stack.enter_async_context(local_kafka(folder / "kafka", door))
        yield Servers(postgres, postgres_proxy, kafka, kafka_proxy)
