"""What waits for a person, as API and console both answer it. Coordinates, codes and counts: no buyer's data."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.database import Row, fetch

NEWEST = 2**62
"""Above every id: from the newest on."""


async def unmapped_codes(tx: AsyncConnection, limit: int) -> Sequence[Row]:
    """Carrier codes without a row, the most frequent first."""
    return await fetch(
        tx,
        "SELECT carrier, code, sample, seen, first_seen, last_seen FROM unmapped_codes "
        "ORDER BY seen DESC, carrier, code LIMIT :limit",
        limit=limit,
    )


async def dead_letters(tx: AsyncConnection, limit: int, before: int = NEWEST) -> Sequence[Row]:
    """What could not be taken in, newest first. The bytes stay in the database."""
    return await fetch(
        tx,
        'SELECT id, topic, partition, "offset", reason, handler, traceparent, first_seen, replayed_at '
        "FROM dead_letters WHERE id < :before ORDER BY id DESC LIMIT :limit",
        limit=limit,
        before=before,
    )


async def conflicts(tx: AsyncConnection, limit: int) -> Sequence[Row]:
    """Orders of which a shop told different things under one sequence, the latest first."""
    return await fetch(
        tx,
        "SELECT shop, order_id, sequence, count(*) AS contents, max(said_at) AS last_said_at FROM snapshots "
        "GROUP BY shop, order_id, sequence HAVING count(*) > 1 ORDER BY last_said_at DESC LIMIT :limit",
        limit=limit,
    )


async def parked_parcels(tx: AsyncConnection, limit: int) -> Sequence[Row]:
    """Parcels with facts whose order is not known yet."""
    return await fetch(
        tx,
        "SELECT p.carrier, p.reference, (SELECT count(*) FROM timeline t WHERE t.carrier = p.carrier "
        "AND t.reference = p.reference) AS facts FROM parcels p WHERE p.parked "
        "ORDER BY p.carrier, p.reference LIMIT :limit",
        limit=limit,
    )


async def count_parked(tx: AsyncConnection) -> int:
    rows = await fetch(tx, "SELECT count(*) AS n FROM parcels WHERE parked")
    return int(rows[0]["n"])


async def outbox_backlog(tx: AsyncConnection) -> tuple[int, float]:
    """(events not published yet, age of the oldest in seconds)."""
    rows = await fetch(
        tx,
        "SELECT count(*) AS unpublished, coalesce(extract(epoch FROM now() - min(created_at)), 0) AS oldest "
        "FROM outbox WHERE published_at IS NULL",
    )
    return rows[0]["unpublished"], float(rows[0]["oldest"])
