"""What waits for a person: orders that stand still, codes nobody mapped, messages nobody could read, contradictions.

A message that could not be taken in can be sent back to its topic from here; all else is only shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.responses import RedirectResponse

from services.tracking.api.ops import LARGEST_ID, replay_or_say_why_not
from services.tracking.console.desk import HEADERS, desk_of, screen
from services.tracking.console.same_origin import from_our_own_page
from services.tracking.ops import queues
from services.tracking.ops.stuck import OLD, stuck_orders
from shared.database import Row
from shared.web import Problem

router = APIRouter()
SHOWN = 100


@dataclass(frozen=True)
class Queue:
    """The first rows of a queue. `more`: there are others beyond them."""

    rows: tuple[Row, ...]
    more: bool


@router.get("/queues")
async def show_queues(request: Request) -> Response:
    desk = desk_of(request)
    async with desk.database.transaction() as tx:
        unpublished, oldest_seconds = await queues.outbox_backlog(tx)
        return screen(
            "queues.html",
            unpublished=unpublished,
            oldest_seconds=round(oldest_seconds),
            waiting=await queues.count_dead_letters(tx),
            days=OLD.days,
            shops={shop.id: shop for shop in desk.announcer.shops},
            stuck=_queue(await stuck_orders(tx, datetime.now(UTC) - OLD, SHOWN + 1)),
            unmapped=_queue(await queues.unmapped_codes(tx, SHOWN + 1)),
            dead_letters=_queue(await queues.dead_letters(tx, SHOWN + 1)),
            conflicts=_queue(await queues.conflicts(tx, SHOWN + 1)),
            parked=_queue(await queues.parked_parcels(tx, SHOWN + 1)),
        )


def _queue(rows: Sequence[Row]) -> Queue:
    return Queue(tuple(rows[:SHOWN]), len(rows) > SHOWN)


@router.post("/queues/dead-letters/{id}/replay", dependencies=[Depends(from_our_own_page)])
async def replay_letter(
    request: Request, id: Annotated[int, Path(ge=1, le=LARGEST_ID)], again: Annotated[bool, Query()] = False
) -> Response:
    """Back to the queues, or a page that says why not."""
    try:
        async with desk_of(request).database.transaction() as tx:
            await replay_or_say_why_not(tx, id, again=again)
    except Problem as refused:
        return screen("refused.html", status=refused.status, letter=id, title=refused.title, why=refused.detail)
    return RedirectResponse("/queues#dead", 303, HEADERS)
