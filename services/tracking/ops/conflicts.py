"""A shop told two different things under one sequence: every such content is marked, whichever came in first."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy.ext.asyncio import AsyncConnection

from services.tracking.store import OrderKey
from shared.database import run


async def mark_conflicts(tx: AsyncConnection, orders: Collection[OrderKey]) -> int:
    """Mark the contested snapshots of these orders, once they are written. Answers how many are news.

    Called for the orders in which a conflict was seen, which are few; one without any is left as it is.
    """
    if not orders:
        return 0
    return await run(
        tx,
        """
        UPDATE snapshots s SET contested = true
        FROM (SELECT c.shop, c.order_id, c.sequence FROM snapshots c
              JOIN unnest(CAST(:shops AS text[]), CAST(:ids AS text[])) AS k (shop, order_id) USING (shop, order_id)
              GROUP BY c.shop, c.order_id, c.sequence HAVING count(*) > 1) AS twice
        WHERE s.shop = twice.shop AND s.order_id = twice.order_id AND s.sequence = twice.sequence AND NOT s.contested
        """,
        shops=[key.shop for key in sorted(orders)],
        ids=[key.order_id for key in sorted(orders)],
    )
