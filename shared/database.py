"""PostgreSQL: one pool per process, and `transaction()`, the only thing that commits; `reading()` sees one shop alone.

Rows are written in bulk (`unnest`), read by index, and no transaction is open while something slow is waited for.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from typing import Any

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy import CursorResult, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import QueuePool

from shared.messaging.failures import Infrastructure
from shared.observability.metrics import POOL_IN_USE, POOL_WAIT
from shared.reading import Reading, ReadingPool
from shared.settings import BrokenConfiguration

Row = Mapping[str, Any]
Tx = AsyncConnection | Reading
"""What a query is run in: a transaction, or a reading of one shop."""

COMMAND_DEADLINE = timedelta(seconds=20)
POOL_DEADLINE = timedelta(seconds=2)
IDLE_IN_TRANSACTION = timedelta(seconds=15)


class DatabaseSettings(BaseSettings):
    """Where the service's own database is: `postgresql://user:password@host:port/name`."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore")

    database_url: SecretStr
    database_pool_size: int = 8


class Database:
    """The service's own database."""

    def __init__(self, engine: AsyncEngine, readings: ReadingPool, name: str) -> None:
        self._engine, self._readings = engine, readings
        self._wait = POOL_WAIT.labels(name)

    @contextlib.asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """All or nothing. Raises Infrastructure when no connection is free in time."""
        try:
            with self._wait.time():
                connection = await self._engine.connect()
        except PoolTimeout as error:
            raise Infrastructure("no database connection is free") from error
        async with contextlib.aclosing(connection), connection.begin():
            yield connection

    def reading(self, shop: str) -> AbstractAsyncContextManager[Reading]:
        """For whoever asks in a shop's name: read only, all at one moment, that shop's rows alone (shared/reading.py).

        The tables are those that the service's migrations open to the role `hito_tenant`.
        """
        return self._readings.open(shop)

    def glancing(self, shop: str) -> AbstractAsyncContextManager[Reading]:
        """The same for one statement alone, which needs no transaction around it: one round trip instead of four."""
        return self._readings.glance(shop)

    @contextlib.asynccontextmanager
    async def dedicated(self) -> AsyncIterator[AsyncConnection]:
        """One connection for long, outside the pool's count: for session locks. Each statement commits by itself.

        It is closed at the end, not given back: a lock of its session must not live on in the pool.
        """
        async with self._engine.connect() as connection:
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            await connection.run_sync(lambda pooled: pooled.detach())
            yield connection

    async def unready(self) -> str | None:
        """For readiness: None when the database answers."""
        async with self._engine.connect() as connection:
            await connection.execute(text("SELECT 1"))
        return None

    async def unready_to_read(self) -> str | None:
        """For readiness of what answers shops. A dump restored into a new server lacks the role, for example."""
        return await self._readings.unready()

    async def close(self) -> None:
        await self._readings.close()
        await self._engine.dispose()


def connect(url: str, *, name: str, pool_size: int = 8, deadline: timedelta = COMMAND_DEADLINE) -> Database:
    """Make the pool; connects on first use. `name` shows in pg_stat_activity: you see who holds a connection.

    `deadline` is for one statement; only a migration needs a longer one.
    """
    try:
        parsed = make_url(url).set(drivername="postgresql+asyncpg")
    except ArgumentError as error:
        raise BrokenConfiguration("environment: DATABASE_URL: not a database address") from error
    options: dict[str, Any] = {
        "timeout": 5,
        "command_timeout": deadline.total_seconds(),
        "server_settings": {
            "application_name": name,
            "jit": "off",
            "idle_in_transaction_session_timeout": str(int(IDLE_IN_TRANSACTION.total_seconds() * 1000)),
        },
    }
    engine = create_async_engine(
        parsed,
        pool_size=pool_size,
        max_overflow=4,
        pool_timeout=POOL_DEADLINE.total_seconds(),
        pool_pre_ping=True,
        connect_args=options,
    )
    _, address = engine.dialect.create_connect_args(parsed)
    _measure_use(engine, name)
    return Database(engine, ReadingPool({**address, **options}, pool_size), name)


def _measure_use(engine: AsyncEngine, name: str) -> None:
    """As the pool itself counts, at the moment of asking."""
    pool = engine.pool
    assert isinstance(pool, QueuePool)
    POOL_IN_USE.labels(name).set_function(pool.checkedout)


@contextlib.asynccontextmanager
async def open_database(
    settings: DatabaseSettings, name: str, deadline: timedelta = COMMAND_DEADLINE
) -> AsyncIterator[Database]:
    url, pool_size = settings.database_url.get_secret_value(), settings.database_pool_size
    database = connect(url, name=name, pool_size=pool_size, deadline=deadline)
    try:
        yield database
    finally:
        await database.close()


def cut(connection: AsyncConnection) -> None:
    """End it as a lost network does, without a word to the server. For failpoints."""
    held = connection.sync_connection
    driver = held.connection.driver_connection if held is not None else None
    if driver is not None:
        driver.terminate()


def columns(rows: Iterable[Row], *names: str) -> dict[str, list[Any]]:
    """Rows turned on their side, one list a column, as `unnest` takes them."""
    kept = list(rows)
    return {name: [row[name] for row in kept] for name in names}


async def insert_rows(
    tx: AsyncConnection, table: str, types: Mapping[str, str], rows: Sequence[Row], *, then: str = ""
) -> Sequence[Row]:
    """Insert many rows in one statement, in the order given. `types` are the columns with their PostgreSQL types.

    `jsonb` values are given as JSON text. `then` follows the insert: an ON CONFLICT clause, RETURNING, or both.
    """
    if not rows:
        return []
    result = await tx.execute(text(_insert(table, types, then)), columns(rows, *types))
    return _as_dicts(result) if result.returns_rows else []


async def insert_columns(
    tx: AsyncConnection, table: str, types: Mapping[str, str], values: Mapping[str, Sequence[Any]], *, then: str
) -> Sequence[Sequence[Any]]:
    """The same for rows that are columns already, without a dictionary for each; `then` must return something."""
    result = await tx.execute(text(_insert(table, types, then)), values)
    return result.fetchall()


def _insert(table: str, types: Mapping[str, str], then: str) -> str:
    names = ", ".join(f'"{name}"' for name in types)
    arrays = ", ".join(f"CAST(:{name} AS {_carried(kind)}[])" for name, kind in types.items())
    values = ", ".join(f'CAST("{name}" AS {kind})' if kind == "jsonb" else f'"{name}"' for name, kind in types.items())
    return (
        f"INSERT INTO {table} ({names}) SELECT {values} "
        f"FROM unnest({arrays}) WITH ORDINALITY AS rows ({names}, nth) ORDER BY nth {then}"
    )


def _carried(kind: str) -> str:
    """asyncpg takes arrays of text for JSON."""
    return "text" if kind == "jsonb" else kind


async def fetch(tx: Tx, sql: str, **parameters: Any) -> Sequence[Row]:
    """Run one statement and answer its rows."""
    if isinstance(tx, Reading):
        return await tx.fetch(sql, parameters)
    result = await tx.execute(text(sql), parameters)
    return _as_dicts(result)


def _as_dicts(result: CursorResult[Any]) -> list[Row]:
    names = tuple(result.keys())
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


async def time_of(tx: Tx) -> datetime:
    """When this transaction began, by the one clock that all processes share: their own may differ, and jump."""
    rows = await fetch(tx, "SELECT now() AS now")
    began: datetime = rows[0]["now"]
    return began


async def run(tx: AsyncConnection, sql: str, **parameters: Any) -> int:
    """Run one statement and answer how many rows it touched."""
    result = await tx.execute(text(sql), parameters)
    return result.rowcount
