"""Databases at their newest schema: migrated once in a run, copied for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import pytest

from sandbox.backends.servers import PostgresServer
from shared.database import Database, Row, connect, fetch
from shared.migrate import migrate

MIGRATIONS = {name: Path("services") / name / "migrations" for name in ("tracking", "notifier")}
FreshDatabase = Callable[..., Awaitable[str]]


@asynccontextmanager
async def opened(url: str, name: str = "test", pool_size: int = 8) -> AsyncIterator[Database]:
    database = connect(url, name=name, pool_size=pool_size)
    try:
        yield database
    finally:
        await database.close()


@asynccontextmanager
async def template_of(postgres: PostgresServer, service: str) -> AsyncIterator[str]:
    """The name of a migrated database to copy."""
    name = f"template_{service}_{uuid4().hex[:12]}"
    async with opened(await postgres.create_database(name)) as database:
        await migrate(database, MIGRATIONS[service])
    yield name
    await postgres.drop_database(name)


@pytest.fixture(scope="session")
async def tracking_template(postgres: PostgresServer) -> AsyncIterator[str]:
    async with template_of(postgres, "tracking") as name:
        yield name


@pytest.fixture(scope="session")
async def notifier_template(postgres: PostgresServer) -> AsyncIterator[str]:
    async with template_of(postgres, "notifier") as name:
        yield name


@pytest.fixture
async def tracking_database(fresh_database: FreshDatabase, tracking_template: str) -> AsyncIterator[Database]:
    """Tracking's tables, empty, for this test alone."""
    async with opened(await fresh_database(tracking_template)) as database:
        yield database


@pytest.fixture
async def notifier_database(fresh_database: FreshDatabase, notifier_template: str) -> AsyncIterator[Database]:
    """The notifier's tables, empty, for this test alone."""
    async with opened(await fresh_database(notifier_template)) as database:
        yield database


async def ask(database: Database, sql: str, **values: object) -> list[Row]:
    """The rows of one statement in a transaction of its own."""
    async with database.transaction() as tx:
        return list(await fetch(tx, sql, **values))


async def count(database: Database, table: str, where: str = "true") -> int:
    rows = await ask(database, f"SELECT count(*) AS n FROM {table} WHERE {where}")
    return int(rows[0]["n"])
