"""A database whose queries have forgotten whose shop they are for: what holds then is row-level security alone."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.database import Database
from shared.reading import Reading

_FILTER = re.compile(r'((?:\w+\.)?"?shop"?) = ([:$]\w+(?:::\w+)?)')


def without_filter(statement: str) -> tuple[str, int]:
    """`shop = :shop` becomes true of every shop; the parameter stays, so that its type is still known."""
    return _FILTER.subn(r"(\1 = \2 OR true)", statement)


class ForgetfulDatabase(Database):
    """`forgotten` counts the filters that were taken out, so that a test knows it tried something."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.forgotten = 0

    @asynccontextmanager
    async def reading(self, shop: str) -> AsyncIterator[Reading]:
        async with self._database.reading(shop) as reading:
            yield _ForgetfulReading(reading, self)

    @asynccontextmanager
    async def glancing(self, shop: str) -> AsyncIterator[Reading]:
        async with self._database.glancing(shop) as reading:
            yield _ForgetfulReading(reading, self)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        async with self._database.transaction() as tx:
            event.listen(tx.sync_connection, "before_cursor_execute", self._rewrite, retval=True)
            yield tx

    def forget(self, statement: str) -> str:
        rewritten, times = without_filter(statement)
        self.forgotten += times
        return rewritten

    def _rewrite(self, _: Any, __: Any, statement: str, parameters: Any, *___: Any) -> tuple[str, Any]:
        return self.forget(statement), parameters


class _ForgetfulReading(Reading):
    def __init__(self, reading: Reading, database: ForgetfulDatabase) -> None:
        self._reading, self._database = reading, database

    async def fetch(self, sql: str, parameters: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
        return await self._reading.fetch(self._database.forget(sql), parameters)
