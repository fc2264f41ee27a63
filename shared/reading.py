"""Reading for one shop alone, where PostgreSQL itself keeps shops apart.

The sessions of this pool are in the role `hito_tenant` from their first byte, and row-level security shows that role
the rows of the shop in `hito.shop` and no other: a query that forgets its WHERE finds nothing of anybody else's.
Statements go straight to the driver: three round trips around the queries, none around a glance.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import json
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

import asyncpg

from shared.messaging.failures import Infrastructure

TENANT = "hito_tenant"
ACQUIRE_DEADLINE = timedelta(seconds=5)
CLOSE_DEADLINE = timedelta(seconds=5)
LONGEST_IDLE = timedelta(seconds=60)
"""Then a connection is closed: firewalls forget quiet connections without telling either side."""
AT_HAND = timedelta(seconds=1)
_BEGIN = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_CONFINE = "SELECT set_config('hito.shop', $1, true)"
_GLANCE = """
SELECT glanced.* FROM (SELECT set_config('hito.shop', ${shop}, true) AS shop) AS confined
CROSS JOIN LATERAL (SELECT asked.* FROM ({sql}) AS asked WHERE confined.shop IS NOT NULL OFFSET 0) AS glanced
"""
"""The shop is set before anything is read, whatever the planner thinks: a subquery with a volatile function is not
pulled up, nor is one with an OFFSET, and one that names another's column runs once for each row of that, after it."""
_PARAMETER = re.compile(r"(?<![:\w]):(\w+)(?!:)")


class Reading:
    """A read-only transaction in which all queries see one and the same moment of one shop."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection

    async def fetch(self, sql: str, parameters: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
        """Run one statement with `:name` parameters and answer its rows."""
        statement, names = numbered(sql)
        rows = await self.connection.fetch(statement, *(parameters[name] for name in names))
        return [dict(row) for row in rows]


class Glance(Reading):
    """One statement alone for one shop, in one round trip. The shop is set for that statement and gone after it."""

    def __init__(self, pool: ReadingPool, shop: str) -> None:
        self._pool, self._shop = pool, shop

    async def __aenter__(self) -> Reading:
        return self

    async def __aexit__(self, *_: object) -> None:
        """A connection is held while the statement runs, and no longer."""

    async def fetch(self, sql: str, parameters: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
        statement, names = confined(sql)
        rows = await self._pool.fetch(statement, *(parameters[name] for name in names), self._shop)
        return [dict(row) for row in rows]


@functools.lru_cache(maxsize=512)
def confined(sql: str) -> tuple[str, tuple[str, ...]]:
    """A statement that sees one shop alone: `numbered`, with the shop as one more parameter at the end."""
    statement, names = numbered(sql)
    return _GLANCE.format(sql=statement, shop=len(names) + 1), names


@functools.lru_cache(maxsize=512)
def numbered(sql: str) -> tuple[str, tuple[str, ...]]:
    """`:name` as the driver wants it, `$1`, and the names in that order. `::type` is left alone."""
    names = tuple(dict.fromkeys(_PARAMETER.findall(sql)))
    return _PARAMETER.sub(lambda found: f"${names.index(found[1]) + 1}", sql), names


class ReadingPool:
    """At most `size` connections, opened when first wanted. `options` are those of `asyncpg.connect`."""

    def __init__(self, options: Mapping[str, Any], size: int) -> None:
        self._options, self._size = options, size
        self._pool: Any = None
        self._at_hand: list[Any] = []
        self._waiting, self._closing = 0, False
        self._tidying: asyncio.Task[None] | None = None

    @contextlib.asynccontextmanager
    async def open(self, shop: str) -> AsyncIterator[Reading]:
        """Raises Infrastructure, TimeoutError or the driver's error when the database cannot be reached."""
        connection = await self._begin(shop)
        try:
            yield Reading(connection)
        finally:
            try:
                if not _is_gone(connection):
                    await connection.execute("ROLLBACK")
            finally:
                await self._pool.release(connection)

    def glance(self, shop: str) -> Glance:
        """For one statement."""
        return Glance(self, shop)

    async def fetch(self, statement: str, *values: Any) -> Sequence[Any]:
        """Run one statement that confines itself. A connection that broke while it lay idle is replaced, once: to read
        twice does no harm.
        """
        for _ in range(2):
            connection, whole = await self._take(), False
            try:
                rows: Sequence[Any] = await connection.fetch(statement, *values)
                whole = True
                return rows
            except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
                if not _is_gone(connection):
                    raise
            finally:
                if whole and not self._waiting and not self._closing:
                    self._keep_at_hand(connection)
                else:
                    await self._pool.release(connection)
        raise Infrastructure("the database connection broke")

    async def _take(self) -> Any:
        while self._at_hand:
            if not _is_gone(connection := self._at_hand.pop()):
                return connection
        pool = await self._opened()
        self._waiting += 1
        try:
            return await pool.acquire(timeout=ACQUIRE_DEADLINE.total_seconds())
        finally:
            self._waiting -= 1

    def _keep_at_hand(self, connection: Any) -> None:
        """For the next glance: to go through the driver's pool takes longer than the statement. Nobody is waiting."""
        self._at_hand.append(connection)
        if self._tidying is None or self._tidying.done():
            self._tidying = asyncio.create_task(self._tidy_up(), name="readings at hand")

    async def _tidy_up(self) -> None:
        """Give back what is at hand; the pool closes what stays unused."""
        await asyncio.sleep(AT_HAND.total_seconds())
        await self._put_back()

    async def _put_back(self) -> None:
        while self._at_hand:
            await self._pool.release(self._at_hand.pop())

    async def unready(self) -> str | None:
        """For readiness: None when a shop could read now."""
        try:
            async with self.open(""):
                return None
        except (asyncpg.InvalidParameterValueError, asyncpg.InsufficientPrivilegeError):
            return f"this user may not read as {TENANT}: CREATE ROLE {TENANT} NOLOGIN, GRANT it, migrate"

    async def close(self) -> None:
        """Wait for those that read, but not for ever; then break off."""
        self._closing = True
        if self._pool is not None:
            if self._tidying is not None:
                self._tidying.cancel()
            await self._put_back()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._pool.close(), CLOSE_DEADLINE.total_seconds())

    async def _begin(self, shop: str) -> Any:
        """A connection in its transaction. One that broke while it lay idle is replaced once, before anybody has it."""
        for _ in range(2):
            connection, begun = await self._take(), False
            try:
                await connection.execute(_BEGIN)
                await connection.fetchval(_CONFINE, shop)
                begun = True
                return connection
            except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
                if not _is_gone(connection):
                    raise
            finally:
                if not begun:
                    await self._pool.release(connection)
        raise Infrastructure("the database connection broke")

    async def _opened(self) -> Any:
        if self._pool is None:
            settings = {**self._options.get("server_settings", {}), "role": TENANT}
            self._pool = asyncpg.create_pool(
                **{**self._options, "server_settings": settings},
                min_size=0,
                max_size=self._size,
                max_inactive_connection_lifetime=LONGEST_IDLE.total_seconds(),
                init=_read_json,
                reset=_leave_as_is,
            )
        return await self._pool


def _is_gone(connection: Any) -> bool:
    """Closed; the driver takes one that breaks while nobody uses it back by itself, and says so like this."""
    try:
        return bool(connection.is_closed())
    except asyncpg.InterfaceError:
        return True


async def _read_json(connection: Any) -> None:
    """JSON comes as values and goes as text, as in the other pool."""
    for kind in ("json", "jsonb"):
        await connection.set_type_codec(kind, schema="pg_catalog", encoder=str, decoder=json.loads)


async def _leave_as_is(_: Any) -> None:
    """What is set for a transaction or a statement ends with it."""
