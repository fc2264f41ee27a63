"""Processes that die, and databases that go away, at a moment that a test chooses."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifier.channels.base import ChannelAdapter, Letter, Pace, Request, SendResult
from shared.contracts.vocabulary import Channel
from shared.database import Database
from shared.messaging.failures import Infrastructure


class Killed(BaseException):
    """Stands for kill -9: nothing after it runs."""


class MortalDatabase(Database):
    """The process dies at its nth transaction (0 is the first), just before or just after the commit."""

    def __init__(self, database: Database, nth: int, *, committed: bool) -> None:
        self._database, self._dies_at, self._committed = database, nth, committed
        self._begun = 0

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        dies = self._begun == self._dies_at
        self._begun += 1
        async with self._database.transaction() as tx:
            yield tx
            if dies and not self._committed:
                raise Killed
        if dies:
            raise Killed


class AbsentDatabase(Database):
    """Away from the nth transaction on, for a few tries; then back."""

    def __init__(self, database: Database, nth: int, tries: int) -> None:
        self._database, self._away = database, range(nth, nth + tries)
        self._begun = 0

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        nth, self._begun = self._begun, self._begun + 1
        if nth in self._away:
            raise Infrastructure("the database is away")
        async with self._database.transaction() as tx:
            yield tx


class SleepyDatabase(Database):
    """The process stands still just before its nth transaction, while something else happens."""

    def __init__(self, database: Database, nth: int, meanwhile: Callable[[], Awaitable[None]]) -> None:
        self._database, self._nth, self._meanwhile = database, nth, meanwhile
        self._begun = 0

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        if self._begun == self._nth:
            await self._meanwhile()
        self._begun += 1
        async with self._database.transaction() as tx:
            yield tx


Happening = Callable[[], None]


class Witness:
    """An adapter that lets something happen right before or right after the bytes have left."""

    def __init__(
        self,
        adapter: ChannelAdapter,
        *,
        before: Callable[[], None] | None = None,
        after: Callable[[], None] | None = None,
    ) -> None:
        self._adapter, self._before, self._after = adapter, before, after
        self.channel: Channel = adapter.channel
        self.provider: str = adapter.provider
        self.idempotency_window: timedelta | None = adapter.idempotency_window
        self.echo: bool = adapter.echo
        self.lookup: bool = adapter.lookup
        self.number: str = adapter.number
        self.pace: Pace = adapter.pace

    def prepare(self, letter: Letter) -> Request:
        return self._adapter.prepare(letter)

    async def send(self, request: Request, message_id: UUID) -> SendResult:
        if self._before is not None:
            self._before()
        result = await self._adapter.send(request, message_id)
        if self._after is not None:
            self._after()
        return result

    async def look_up(self, message_id: UUID, request: Request) -> SendResult | None:
        return await self._adapter.look_up(message_id, request)

    async def close(self) -> None:
        """The adapter belongs to somebody else."""


def die() -> None:
    raise Killed
