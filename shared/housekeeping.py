"""What keeps tables small does so by itself, in small bites, one process at a time, and in nobody's way.

Each bite is one short transaction that gives up a lock it cannot have at once. A duty that fails is tried again and
stops no other; only one that fails for a day makes its process unready.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.database import Database, fetch
from shared.messaging.backoff import Backoff
from shared.messaging.failures import is_infrastructure
from shared.observability.logs import get_logger
from shared.observability.metrics import HOUSEKEEPING, HOUSEKEEPING_FAILURES
from shared.processes import Runtime

LOCK_PATIENCE = timedelta(milliseconds=500)
"""Below PostgreSQL's deadlock_timeout: in a knot of locks it is the housekeeping that gives way."""
BITE_DEADLINE = timedelta(seconds=15)
BETWEEN_BITES = timedelta(milliseconds=100)
LOOK_AGAIN = timedelta(seconds=5)
TRY_AGAIN = timedelta(minutes=1)
PERSISTENT = timedelta(days=1)
_LOCK = 0x6B656570  # "keep"

Bite = Callable[[AsyncConnection, datetime], Awaitable[int]]
"""Does a bounded piece of work in the given transaction. Answers how much it did; 0 means that nothing is left."""


@dataclass(frozen=True)
class Duty:
    """One thing to keep small. `every`: how long after it found nothing left it looks again."""

    name: str
    every: timedelta
    bite: Bite


@dataclass
class _Standing:
    due: datetime
    done: datetime
    failing: str | None = None


class Housekeeping:
    """Runs the duties of one service until the process stops. Several processes take turns by an advisory lock."""

    def __init__(
        self, duties: Sequence[Duty], database: Database, runtime: Runtime, clock: Callable[[], datetime]
    ) -> None:
        self._duties, self._database, self._runtime, self._clock = duties, database, runtime, clock
        now = clock()
        self._standing = {duty.name: _Standing(due=now, done=now) for duty in duties}

    async def unready(self) -> str | None:
        """For readiness: None unless a duty has failed for PERSISTENT."""
        now = self._clock()
        for duty in self._duties:
            standing = self._standing[duty.name]
            if standing.failing and now - standing.done > max(PERSISTENT, 3 * duty.every):
                return f"{duty.name}: failing since {standing.done:%Y-%m-%d %H:%M} UTC, last {standing.failing}"
        return None

    async def run(self) -> None:
        self._runtime.health.register("housekeeping", self.unready)
        backoff = Backoff(self._runtime.stop)
        while not self._runtime.stop.is_set():
            await backoff.pause(BETWEEN_BITES if await self.go_round() else LOOK_AGAIN)

    async def go_round(self) -> bool:
        """One bite of every duty that is due. True when one of them has more to do."""
        more = False
        for duty in self._duties:
            standing = self._standing[duty.name]
            if standing.due <= self._clock() and not self._runtime.stop.is_set():
                more |= await self._do(duty, standing)
        return more

    async def _do(self, duty: Duty, standing: _Standing) -> bool:
        try:
            did = await self._bite(duty)
        except Exception as error:  # a broken duty is a reason to be unready, and none to stop the relay beside it
            say = get_logger().warning if is_infrastructure(error) else get_logger().error
            say("housekeeping_failed", handler=duty.name, exc_info=error)
            HOUSEKEEPING_FAILURES.labels(self._runtime.service, duty.name).inc()
            standing.failing = type(error).__name__
            standing.due = self._clock() + min(TRY_AGAIN, duty.every)
            return False
        standing.done, standing.failing = self._clock(), None
        if did:
            HOUSEKEEPING.labels(self._runtime.service, duty.name).inc(did)
            return True
        standing.due = self._clock() + duty.every
        return False

    async def _bite(self, duty: Duty) -> int:
        async with self._database.transaction() as tx:
            rows = await fetch(
                tx,
                "SELECT set_config('lock_timeout', :lock, true), set_config('statement_timeout', :deadline, true), "
                "pg_try_advisory_xact_lock(:key) AS mine",
                lock=f"{int(LOCK_PATIENCE.total_seconds() * 1000)}ms",
                deadline=f"{int(BITE_DEADLINE.total_seconds() * 1000)}ms",
                key=_LOCK,
            )
            return await duty.bite(tx, self._clock()) if rows[0]["mine"] else 0
