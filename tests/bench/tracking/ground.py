"""What every contender stands on: one durable PostgreSQL, one broker with the workload on it, the environments.

The broker is Apache Kafka where Java and Maven are to be had, else the embedded one; PostgreSQL syncs every commit.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import asyncpg

from sandbox.addresses import Addresses, choose_addresses
from sandbox.backends.choose import choose_broker, choose_postgres
from sandbox.backends.process import run_command
from sandbox.backends.servers import Broker, PostgresServer
from sandbox.environment import Secrets, Surroundings, environment_of
from sandbox.layouts import Unit
from shared.contracts.directory import CarrierEntry, TrackingLink
from shared.contracts.envelope import Outgoing
from shared.messaging.publish import Publisher
from shared.messaging.topics import create_topics
from tests.bench.tracking.addresses import plain_address
from tests.bench.tracking.workload import CARRIER

PARTITIONS = 6
EMPTY = "hito_empty"
COURIER = CarrierEntry(
    id=CARRIER,
    name="Mensajería",
    zone="Europe/Madrid",
    links=(TrackingLink(template="https://mensajeria.example/{reference}"),),
)
_MIGRATED_WITHIN = timedelta(seconds=60)
_PUBLISHED_AT_ONCE = 2_000


@dataclass(frozen=True)
class Ground:
    postgres: PostgresServer
    broker: Broker
    folder: Path
    addresses: Addresses = field(default_factory=lambda: choose_addresses((), usual=False))
    keys: Secrets = field(default_factory=Secrets)

    def tracking_environment(self, process: str, database_url: str) -> dict[str, str]:
        """The whole environment of `python -m services.tracking <process>`, as the sandbox starts it.

        Nobody listens at the gateway's address: the carrier directory is remembered in the database.
        """
        around = Surroundings(
            tracking_database=database_url,
            notifier_database="",
            kafka=self.broker.bootstrap,
            kafka_idempotence=self.broker.supports_idempotence,
            kafka_session=timedelta(seconds=6),
            provider_variables={},
        )
        return environment_of(Unit(f"tracking.{process}", "tracking", (process,)), self.addresses, self.keys, around)

    async def migrate(self, url: str) -> None:
        """Tracking's schema as its own migrations make it, and the carrier directory."""
        environment = self.tracking_environment("migrate", url)
        command = [sys.executable, "-m", "services.tracking", "migrate"]
        await run_command("migrate tracking", command, deadline=_MIGRATED_WITHIN, environment=environment)
        connection = await asyncpg.connect(plain_address(url))
        try:
            await connection.execute(
                "INSERT INTO carrier_directory (id, entry) VALUES ($1, $2)", COURIER.id, COURIER.to_json().decode()
            )
        finally:
            await connection.close()

    async def publish(self, messages: Sequence[Outgoing]) -> None:
        """Returns when the broker has acknowledged every one."""
        publisher = Publisher(self.broker.bootstrap, idempotence=self.broker.supports_idempotence, client_id="bench")
        await publisher.connect()
        try:
            for start in range(0, len(messages), _PUBLISHED_AT_ONCE):
                await publisher.publish(messages[start : start + _PUBLISHED_AT_ONCE], timedelta(seconds=60))
        finally:
            await publisher.close()

    async def fresh_copy(self, name: str, template: str) -> str:
        """A copy of a database under a name that may be taken, everything on disk; answers its URL."""
        await self.postgres.drop_database(name)
        url = await self.postgres.create_database(name, template=template)
        await self._execute(url, "CHECKPOINT")
        return url

    async def make_database(self, name: str, *statements: str) -> str:
        """A new database with what these statements make, in place of one of the same name."""
        await self.postgres.drop_database(name)
        url = await self.postgres.create_database(name)
        for statement in (*statements, "CHECKPOINT"):
            await self._execute(url, statement)
        return url

    async def settle(self, name: str) -> None:
        """As a database is that has been running for a while: vacuumed and analysed."""
        await self._execute(self.postgres.url(name), "VACUUM ANALYZE")

    async def _execute(self, url: str, sql: str) -> None:
        connection = await asyncpg.connect(plain_address(url))
        try:
            await connection.execute(sql)
        finally:
            await connection.close()


@asynccontextmanager
async def prepared_ground() -> AsyncIterator[Ground]:
    """Servers up, topics made, an empty tracking database to copy. Everything is gone at the end."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hito-bench-")))
        postgres = await stack.enter_async_context(choose_postgres(folder / "pg", prefer="embedded", tell=print))
        broker = await stack.enter_async_context(choose_broker(folder / "broker", prefer=None, tell=print))
        await create_topics(broker.bootstrap, PARTITIONS)
        ground = Ground(postgres, broker, folder)
        await ground.migrate(await postgres.create_database(EMPTY))
        yield ground
