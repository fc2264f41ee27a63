"""For operators: what nobody has mapped, what could not be taken in, what contradicts itself. Never a buyer's data."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request
from sqlalchemy.ext.asyncio import AsyncConnection

from services.tracking import queues
from services.tracking.api.state import state_of

router = APIRouter(prefix="/v1/ops", tags=["ops"])

Authorization = Annotated[str | None, Header()]
Limit = Annotated[int, Query(ge=1, le=200)]
Before = Annotated[int, Query(ge=1, le=queues.NEWEST)]


@contextlib.asynccontextmanager
async def _opened(request: Request, authorization: str | None) -> AsyncIterator[AsyncConnection]:
    api = state_of(request)
    api.keys.open_ops(authorization)
    async with api.database.transaction() as tx:
        yield tx


@router.get("/unmapped")
async def unmapped(request: Request, limit: Limit = 100, authorization: Authorization = None) -> dict[str, Any]:
    """Carrier codes without a row: the carrier's own words, how often and when last."""
    async with _opened(request, authorization) as tx:
        return {"unmapped": await queues.unmapped_codes(tx, limit)}


@router.get("/dead-letters")
async def dead_letters(
    request: Request, limit: Limit = 100, before: Before = queues.NEWEST, authorization: Authorization = None
) -> dict[str, Any]:
    """What could not be taken in: coordinates and reason, newest first. Give `next` as `before` to go on."""
    async with _opened(request, authorization) as tx:
        rows = await queues.dead_letters(tx, limit, before)
    return {"dead_letters": rows, "next": rows[-1]["id"] if len(rows) == limit else None}


@router.get("/conflicts")
async def conflicts(request: Request, limit: Limit = 100, authorization: Authorization = None) -> dict[str, Any]:
    """Orders of which a shop told two different things under one sequence."""
    async with _opened(request, authorization) as tx:
        return {"conflicts": await queues.conflicts(tx, limit)}


@router.get("/parked")
async def parked(request: Request, limit: Limit = 100, authorization: Authorization = None) -> dict[str, Any]:
    """Parcels with facts whose order is not known yet."""
    async with _opened(request, authorization) as tx:
        return {"parked": await queues.parked_parcels(tx, limit)}


@router.get("/lag")
async def lag(request: Request, authorization: Authorization = None) -> dict[str, Any]:
    """What is waiting inside tracking: outgoing events and how old the oldest is."""
    async with _opened(request, authorization) as tx:
        unpublished, oldest_seconds = await queues.outbox_backlog(tx)
    return {"outbox": {"unpublished": unpublished, "oldest_seconds": oldest_seconds}}
