"""What waits for a person: codes nobody mapped, messages nobody could read, contradictions, parcels without order."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter, Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from services.tracking.console.desk import desk_of, screen
from shared.database import Row, fetch

router = APIRouter()
SHOWN = 100

UNMAPPED = (
    "SELECT carrier, code, sample, seen, first_seen, last_seen FROM unmapped_codes ORDER BY seen DESC, carrier, code"
)
DEAD_LETTERS = (
    'SELECT id, topic, partition, "offset", reason, handler, traceparent, first_seen, replayed_at '
    "FROM dead_letters ORDER BY id DESC"
)
CONFLICTS = (
    "SELECT shop, order_id, sequence, count(*) AS contents, max(said_at) AS last_said_at FROM snapshots "
    "GROUP BY shop, order_id, sequence HAVING count(*) > 1 ORDER BY last_said_at DESC"
)
PARKED = (
    "SELECT p.carrier, p.reference, jsonb_array_length(p.facts) AS facts FROM parcels p WHERE p.facts <> '[]' "
    "AND NOT EXISTS (SELECT 1 FROM order_parcels l WHERE l.carrier = p.carrier AND l.reference = p.reference) "
    "ORDER BY p.carrier, p.reference"
)
OUTBOX = (
    "SELECT count(*) AS unpublished, extract(epoch FROM now() - min(created_at)) AS oldest_seconds "
    "FROM outbox WHERE published_at IS NULL"
)


@dataclass(frozen=True)
class Queue:
    """The first rows of a queue. `more`: there are others beyond them."""

    rows: tuple[Row, ...]
    more: bool


@router.get("/queues")
async def show_queues(request: Request) -> Response:
    async with desk_of(request).database.transaction() as tx:
        outbox = (await fetch(tx, OUTBOX))[0]
        return screen(
            "queues.html",
            unpublished=outbox["unpublished"],
            oldest_seconds=round(outbox["oldest_seconds"] or 0),
            unmapped=await _queue(tx, UNMAPPED),
            dead_letters=await _queue(tx, DEAD_LETTERS),
            conflicts=await _queue(tx, CONFLICTS),
            parked=await _queue(tx, PARKED),
        )


async def _queue(tx: AsyncConnection, sql: str) -> Queue:
    rows = await fetch(tx, f"{sql} LIMIT :limit", limit=SHOWN + 1)
    return Queue(tuple(rows[:SHOWN]), len(rows) > SHOWN)
