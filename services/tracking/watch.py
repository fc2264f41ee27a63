"""Time passing is a fact too: looks, by an index, for orders with a deadline that is over, and tells the fold."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

from services.tracking import store
from services.tracking.announce import Announcer
from services.tracking.domain.promise import TimeFact, deadlines
from services.tracking.handlers import NewFacts, apply
from services.tracking.ops import queues
from services.tracking.store import OrderKey, StoredOrder
from shared.database import Database, fetch
from shared.failpoints import failpoint
from shared.messaging.backoff import Backoff
from shared.messaging.failures import is_infrastructure
from shared.observability.logs import get_logger
from shared.observability.metrics import PARKED_KEYS
from shared.processes import Runtime

BATCH = 100
PAUSE = timedelta(seconds=1)
COUNT_PAUSE = timedelta(minutes=1)


async def watch(database: Database, announcer: Announcer, runtime: Runtime, clock: Callable[[], datetime]) -> None:
    """Look again and again until the process stops. Several watchers share the work without meeting."""
    backoff, next_count = Backoff(runtime.stop), 0.0
    while not runtime.stop.is_set():
        try:
            announcer.directory.require()
            if asyncio.get_running_loop().time() >= next_count:
                await _count_parked(database)
                next_count = asyncio.get_running_loop().time() + COUNT_PAUSE.total_seconds()
            looked_at = await look_once(database, announcer, clock())
        except Exception as error:
            if not is_infrastructure(error):
                raise
            get_logger().warning("watch_waits", error_type=type(error).__name__)
            await backoff.wait()
        else:
            backoff.reset()
            if looked_at < BATCH:
                await backoff.pause(PAUSE)


async def _count_parked(database: Database) -> None:
    async with database.transaction() as tx:
        PARKED_KEYS.set(await queues.count_parked(tx))


async def look_once(database: Database, announcer: Announcer, now: datetime) -> int:
    """Take the orders that are due and tell what has become late. Answers how many orders were looked at."""
    async with database.transaction() as tx:
        rows = await fetch(
            tx,
            "SELECT shop, order_id FROM orders WHERE check_at <= :now ORDER BY check_at LIMIT :batch "
            "FOR UPDATE SKIP LOCKED",
            now=now,
            batch=BATCH,
        )
        if not rows:
            return 0
        orders = await store.lock_orders(tx, [OrderKey(row["shop"], row["order_id"]) for row in rows])
        due = {key: _due(order, announcer, now) for key, order in orders.items()}
        failpoint("tracking.after_look")
        await apply(tx, NewFacts(time=due), announcer)
    return len(rows)


def _due(order: StoredOrder, announcer: Announcer, now: datetime) -> list[TimeFact]:
    """Empty when things have changed since somebody said when to look: it is then said anew."""
    if order.fold is None:
        return []
    fold, patience = order.fold, announcer.patience[order.key.shop]
    over = deadlines(fold.shop, fold.states, fold.basis.sent, fold.told, patience)
    return [deadline.fact for deadline in over if deadline.at <= now]
