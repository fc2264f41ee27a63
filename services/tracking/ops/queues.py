"""What waits for a person, as API and console both answer it. Coordinates, codes and counts: no buyer's data.

Every list goes on after the place of its last row; each is found by an index.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.tracking.domain.snapshot import UNNAMED
from services.tracking.references.formats import candidates
from shared.database import Row, fetch
from shared.messaging.dead_letters import REPLAY_OF


async def unmapped_codes(tx: AsyncConnection, limit: int, after: tuple[int, str, str] | None = None) -> Sequence[Row]:
    """Carrier codes without a row, the most frequent first. `after`: (seen, carrier, code)."""
    place = dict(zip(("seen", "carrier", "code"), after, strict=True)) if after else {}
    beyond = "WHERE seen < :seen OR seen = :seen AND (carrier, code) > (:carrier, :code)" if after else ""
    return await fetch(
        tx,
        "SELECT carrier, code, sample, seen, first_seen, last_seen FROM unmapped_codes "
        f"{beyond} ORDER BY seen DESC, carrier, code LIMIT :limit",
        limit=limit,
        **place,
    )


async def dead_letters(
    tx: AsyncConnection, limit: int, before: int | None = None, *, waiting: bool = False
) -> Sequence[Row]:
    """What could not be taken in, newest first. The bytes stay in the database. `waiting`: only those not replayed.

    `replay_of` is the number of the letter that this one was when it failed before.
    """
    clauses = [*(["id < :before"] if before is not None else []), *(["replayed_at IS NULL"] if waiting else [])]
    where = f"WHERE {' AND '.join(clauses)}" if clauses else ""
    rows = await fetch(
        tx,
        'SELECT id, topic, partition, "offset", reason, handler, traceparent, first_seen, replayed_at, '
        f"jsonb_path_query_first(headers, 'strict $[*] ? (@[0] == \"{REPLAY_OF}\")[1]', '{{}}', true) #>> '{{}}' "
        "AS replay_of "
        f"FROM dead_letters {where} ORDER BY id DESC LIMIT :limit",
        limit=limit,
        **({"before": before} if before is not None else {}),
    )
    return [{**row, "replay_of": _number(row["replay_of"])} for row in rows]


def _number(text: str | None) -> int | None:
    """Anybody can write headers: what is no number of ours is none."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else None


async def count_dead_letters(tx: AsyncConnection) -> int:
    """Those that nobody has replayed."""
    rows = await fetch(tx, "SELECT count(*) AS n FROM dead_letters WHERE replayed_at IS NULL")
    return int(rows[0]["n"])


async def conflicts(
    tx: AsyncConnection, limit: int, after: tuple[datetime, str, str, int] | None = None
) -> Sequence[Row]:
    """Orders of which a shop told different things under one sequence, the latest first.

    `after`: (last_said_at, shop, order_id, sequence).
    """
    place = dict(zip(("at", "shop", "order_id", "sequence"), after, strict=True)) if after else {}
    beyond = (
        "HAVING max(said_at) < :at OR max(said_at) = :at AND (shop, order_id, sequence) > (:shop, :order_id, :sequence)"
    )
    return await fetch(
        tx,
        "SELECT shop, order_id, sequence, count(*) AS contents, max(said_at) AS last_said_at "
        f"FROM snapshots WHERE contested GROUP BY shop, order_id, sequence {beyond if after else ''} "
        "ORDER BY last_said_at DESC, shop, order_id, sequence LIMIT :limit",
        limit=limit,
        **place,
    )


async def parked_parcels(tx: AsyncConnection, limit: int, after: tuple[str, str] | None = None) -> Sequence[Row]:
    """Parcels with facts whose order is not known yet. `after`: (carrier, reference)."""
    beyond = "AND (p.carrier, p.reference) > (:carrier, :reference)" if after else ""
    return await fetch(
        tx,
        "SELECT p.carrier, p.reference, (SELECT count(*) FROM timeline t WHERE t.carrier = p.carrier "
        f"AND t.reference = p.reference) AS facts FROM parcels p WHERE p.parked {beyond} "
        "ORDER BY p.carrier, p.reference LIMIT :limit",
        limit=limit,
        **(dict(zip(("carrier", "reference"), after, strict=True)) if after else {}),
    )


async def unnamed_parcels(tx: AsyncConnection, limit: int, after: tuple[str, str, str] | None = None) -> Sequence[Row]:
    """Parcels that their shops named without a carrier and that nobody has spoken of. `after`: as the row's names."""
    beyond = "AND (l.reference, l.shop, l.order_id) > (:reference, :shop, :order_id)" if after else ""
    rows = await fetch(
        tx,
        "SELECT l.reference, l.shop, l.order_id FROM order_parcels l "
        f"WHERE l.carrier = '{UNNAMED}' AND l.position >= 0 {beyond} "
        "ORDER BY l.reference, l.shop, l.order_id LIMIT :limit",
        limit=limit,
        **(dict(zip(("reference", "shop", "order_id"), after, strict=True)) if after else {}),
    )
    return [{**row, "candidates": tuple(c.carrier for c in candidates(row["reference"]))} for row in rows]


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
