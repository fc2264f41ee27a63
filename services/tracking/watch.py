"""Time passing is a fact too: looks, by an index, for orders whose promise has run out, and tells the fold.

Knows the shop's promised day only. No first scan, stalled parcels, business days and holidays are not watched yet.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

from services.tracking import queues, store
from services.tracking.announce import Announcer
from services.tracking.domain.order import advance
from services.tracking.domain.promise import PromiseBroken, promises_broken
from services.tracking.handlers import NewFacts, apply
from services.tracking.store import OrderKey, StoredOrder
from shared.database import Database, fetch, run
from shared.messaging.backoff import Backoff
from shared.messaging.failures import is_infrastructure
from shared.observability.logs import get_logger
from shared.observability.metrics import PARKED_KEYS
from shared.processes import Runtime

BATCH = 100
PAUSE = timedelta(seconds=1)
COUNT_PAUSE = timedelta(minutes=1)
LOOK_AGAIN_AFTER = timedelta(hours=6)


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
    """Take the orders that are due and tell each broken promise once. Answers how many orders were looked at."""
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
        keys = [OrderKey(row["shop"], row["order_id"]) for row in rows]
        orders = await store.lock_orders(tx, keys)
        parcels = {key for order in orders.values() for fact in order.snapshots for key in fact.parcels}
        facts = await store.facts_of(tx, parcels) if parcels else {}
        broken = {key: _broken(orders[key], facts, now) for key in keys}
        await apply(tx, NewFacts(time={key: found for key, found in broken.items() if found}), announcer)
        quiet = [key for key, found in broken.items() if not found]
        await run(
            tx,
            "UPDATE orders o SET check_at = :later FROM unnest(CAST(:shops AS text[]), CAST(:ids AS text[])) "
            "AS k (shop, order_id) WHERE o.shop = k.shop AND o.order_id = k.order_id",
            later=now + LOOK_AGAIN_AFTER,
            shops=[key.shop for key in quiet],
            ids=[key.order_id for key in quiet],
        )
    return len(rows)


def _broken(order: StoredOrder, facts: store.FactsByParcel, now: datetime) -> list[PromiseBroken]:
    """What is news: a promise told as broken before the parcel left is not told again of the parcel."""
    own = {key: facts.get(key, ()) for fact in order.snapshots for key in fact.parcels}
    decision = advance(order.snapshots, own, order.time_facts, order.told)
    known = set(order.time_facts)
    told_of_the_order = {fact.promised_until for fact in known if fact.parcel is None}
    return [
        fact
        for fact in promises_broken(decision.shop, decision.parcels, now)
        if fact not in known and fact.promised_until not in told_of_the_order
    ]
