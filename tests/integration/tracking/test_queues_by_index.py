"""However many orders there are, what operators and shops ask for is found by an index, never by reading them all."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.tracking.ops import queues
from services.tracking.ops.stuck import stuck_orders
from services.tracking.search import Place, Wanted, search_orders, sought
from shared.database import Database, run
from tests.support.deliveries import at

MANY = 20_000
NOW = at(28)
FILL = (
    f"""
    INSERT INTO orders (shop, order_id, token_hash, placed_at, check_at, finished_at)
    SELECT 'demo', 'A-' || n, decode(md5(n::text), 'hex'), timestamptz '2026-03-01' + n * interval '1 minute',
           CASE WHEN n % 500 <> 0 THEN timestamptz '2026-04-01' END, NULL FROM generate_series(1, {MANY}) n
    """,
    f"""
    INSERT INTO order_parcels (shop, order_id, carrier, reference, position)
    SELECT 'demo', 'A-' || n, 'seur', 'P-' || n, 0 FROM generate_series(1, {MANY}) n
    """,
    f"""
    INSERT INTO snapshots (shop, order_id, sequence, digest, event_id, said_at, fact, contested)
    SELECT 'demo', 'A-' || n, 1, d, gen_random_uuid(), timestamptz '2026-03-01', '{{}}', n % 1000 = 0
    FROM generate_series(1, {MANY}) n, unnest(ARRAY['a', 'b']) d
    """,
    "ANALYZE orders, order_parcels, snapshots",
)
BY_NUMBER = Wanted("demo", sought("A-77", ["ES"]))
ASKED: dict[str, Callable[[AsyncConnection], Awaitable[Any]]] = {
    "orders_stuck": lambda tx: stuck_orders(tx, NOW - timedelta(days=1), 50),
    "orders_newest": lambda tx: search_orders(tx, Wanted("demo"), after=Place(at(9), "demo", "A-1"), limit=50),
    "orders_newest_of_all": lambda tx: search_orders(tx, Wanted(), after=Place(at(9), "demo", "A-1"), limit=50),
    "order_parcels_reference": lambda tx: search_orders(tx, BY_NUMBER, after=None, limit=50),
    "snapshots_contested": lambda tx: queues.conflicts(tx, 50),
}


@asynccontextmanager
async def explained(tx: AsyncConnection) -> AsyncIterator[list[str]]:
    """Every statement is explained with its own parameters before it runs."""
    plans: list[str] = []
    connection = tx.sync_connection
    assert connection is not None

    def explain(conn: Any, statement: Any, *rest: Any) -> None:
        if not str(statement).startswith("EXPLAIN"):
            rows = conn.execute(text(f"EXPLAIN {statement}"), rest[1])
            plans.append("\n".join(row[0] for row in rows))

    event.listen(connection, "before_execute", explain)
    try:
        yield plans
    finally:
        event.remove(connection, "before_execute", explain)


@pytest.mark.parametrize("index", ASKED)
async def test_it_is_found_by_its_index(tracking_database: Database, index: str) -> None:
    async with tracking_database.transaction() as tx:
        for statement in FILL:
            await run(tx, statement)
        async with explained(tx) as plans:
            assert await ASKED[index](tx)
    (plan,) = plans
    assert index in plan, plan
    assert "Seq Scan" not in plan, plan
