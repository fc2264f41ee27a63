"""Everything tracking remembers of orders and parcels, as text in which equal rows are equal bytes."""

from __future__ import annotations

from collections.abc import Mapping

from shared.database import Database, run
from tests.support.migrated import ask

TABLES: Mapping[str, tuple[str, str]] = {
    "orders": ("*", "shop, order_id"),
    "snapshots": ("*", "shop, order_id, sequence, digest"),
    "order_parcels": ("*", "shop, order_id, carrier, reference"),
    "parcels": ("*", "carrier, reference"),
    "timeline": ("*", "carrier, reference, occurred_at, event_id, digest"),
    "unmapped_codes": ("*", "carrier, code"),
    "steps": ("shop, order_id, step, occurrence, parcel, event_id", "shop, order_id, step, occurrence, parcel"),
}
"""Table -> its columns and its order: all but in which order steps were told and whether they were news then."""


async def rows_of(database: Database) -> dict[str, list[str]]:
    return {
        table: [repr(row) for row in await ask(database, f"SELECT {columns} FROM {table} ORDER BY {order}")]
        for table, (columns, order) in TABLES.items()
    }


async def forget(database: Database, *more: str) -> None:
    """Empty them, and the inbox and the outbox: as if nothing had ever been heard."""
    async with database.transaction() as tx:
        await run(tx, f"TRUNCATE {', '.join((*TABLES, 'inbox', 'outbox', 'messages', *more))} CASCADE")
