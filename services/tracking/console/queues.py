"""What waits for a person: codes nobody mapped, messages nobody could read, contradictions, parcels without order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Request, Response

from services.tracking import queues
from services.tracking.console.desk import desk_of, screen
from shared.database import Row

router = APIRouter()
SHOWN = 100


@dataclass(frozen=True)
class Queue:
    """The first rows of a queue. `more`: there are others beyond them."""

    rows: tuple[Row, ...]
    more: bool


@router.get("/queues")
async def show_queues(request: Request) -> Response:
    async with desk_of(request).database.transaction() as tx:
        unpublished, oldest_seconds = await queues.outbox_backlog(tx)
        return screen(
            "queues.html",
            unpublished=unpublished,
            oldest_seconds=round(oldest_seconds),
            unmapped=_queue(await queues.unmapped_codes(tx, SHOWN + 1)),
            dead_letters=_queue(await queues.dead_letters(tx, SHOWN + 1)),
            conflicts=_queue(await queues.conflicts(tx, SHOWN + 1)),
            parked=_queue(await queues.parked_parcels(tx, SHOWN + 1)),
        )


def _queue(rows: Sequence[Row]) -> Queue:
    return Queue(tuple(rows[:SHOWN]), len(rows) > SHOWN)
