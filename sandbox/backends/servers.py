"""What a test, a demo or a service needs to know of a server, whoever started it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Protocol

from sqlalchemy import text
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

_CONNECT_DEADLINE = timedelta(seconds=5)
_DATABASE_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")


class BackendUnavailable(RuntimeError):
    """A server cannot be had here; `reason` says why, and what to do where something can be done."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name}: {reason}")
        self.name, self.reason = name, reason


class Broker(Protocol):
    """A server that speaks Kafka's protocol."""

    @property
    def bootstrap(self) -> str:
        """`host:port` for clients."""

    @property
    def description(self) -> str:
        """Product, version and what a reader of a test report must know of it."""

    @property
    def shortest_session(self) -> timedelta:
        """The shortest session timeout that consumers may ask for."""

    @property
    def supports_idempotence(self) -> bool:
        """False: producers must set `enable_idempotence=False` (and `acks="all"`)."""


KAFKAS_SHORTEST_SESSION = timedelta(seconds=6)
"""`group.min.session.timeout.ms` of Apache Kafka as it comes."""


class LocalBroker(Broker, Protocol):
    """A broker of ours that can be stopped and started again on the same address."""

    @property
    def keeps_messages(self) -> bool:
        """True when topics, messages and commits survive a restart."""

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""

    async def start(self) -> None: ...

    async def stop(self, *, immediate: bool = False) -> None: ...


class PostgresServer:
    """A PostgreSQL reachable at an address whose user may create databases."""

    def __init__(self, address: URL, kind: str) -> None:
        self.address, self.kind = address, kind
        self.version = "of unknown version"

    @property
    def description(self) -> str:
        return f"PostgreSQL {self.version} ({self.kind})"

    def url(self, database: str) -> str:
        """`postgresql+asyncpg://user:password@host:port/database`: a secret, not for logs."""
        return self.address.set(database=database).render_as_string(hide_password=False)

    async def create_database(self, name: str, template: str | None = None) -> str:
        """Create an empty database, or a copy of `template`, and return its URL. One that is there stays as it is."""
        source = f' TEMPLATE "{_checked(template)}"' if template else ""
        async with _session(self.address) as connection:
            if not await connection.scalar(text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": name}):
                await connection.execute(text(f'CREATE DATABASE "{_checked(name)}"{source}'))
        return self.url(name)

    async def drop_database(self, name: str) -> None:
        """Drop it, ending whatever is connected."""
        async with _session(self.address) as connection:
            await connection.execute(text(f'DROP DATABASE IF EXISTS "{_checked(name)}" WITH (FORCE)'))

    async def ask_version(self) -> None:
        """Connect and note the version. Raises OSError or SQLAlchemyError while nobody answers."""
        async with _session(self.address) as connection:
            answer = await connection.scalar(text("SHOW server_version"))
        self.version = str(answer).split()[0]


def _checked(name: str) -> str:
    if not _DATABASE_NAME.fullmatch(name):
        raise ValueError(f"database name {name!r}: use a-z, 0-9 and _, at most 63, starting with a letter")
    return name


@asynccontextmanager
async def _session(address: URL) -> AsyncIterator[AsyncConnection]:
    """One connection outside any transaction, as CREATE DATABASE demands."""
    engine = create_async_engine(
        address,
        isolation_level="AUTOCOMMIT",
        poolclass=NullPool,
        connect_args={"timeout": _CONNECT_DEADLINE.total_seconds()},
    )
    try:
        async with engine.connect() as connection:
            yield connection
    finally:
        await engine.dispose()
