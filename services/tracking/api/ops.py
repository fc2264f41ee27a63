"""For operators: what nobody has mapped, what could not be taken in, what contradicts itself. Never a buyer's data."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request

from services.tracking.api.state import state_of
from shared.database import fetch
from shared.web import Problem

router = APIRouter(prefix="/v1/ops", tags=["ops"])

Authorization = Annotated[str | None, Header()]
Limit = Annotated[int, Query(ge=1, le=200)]
Before = Annotated[int | None, Query(ge=1, le=2**62)]


async def _read(request: Request, authorization: str | None, sql: str, **values: Any) -> list[dict[str, Any]]:
    api = state_of(request)
    api.keys.open_ops(authorization)
    async with api.database.transaction() as tx:
        return [dict(row) for row in await fetch(tx, sql, **values)]


@router.get("/unmapped")
async def unmapped(request: Request, limit: Limit = 100, authorization: Authorization = None) -> dict[str, Any]:
    """Carrier codes without a row: the carrier's own words, how often and when last."""
    rows = await _read(
        request,
        authorization,
        "SELECT carrier, code, sample, seen, first_seen, last_seen FROM unmapped_codes ORDER BY seen DESC LIMIT :limit",
        limit=limit,
    )
    return {"unmapped": rows}


@router.get("/dead-letters")
async def dead_letters(
    request: Request, limit: Limit = 100, before: Before = None, authorization: Authorization = None
) -> dict[str, Any]:
    """What could not be taken in: coordinates and reason, newest first. The bytes stay in the database."""
    rows = await _read(
        request,
        authorization,
        'SELECT id, topic, partition, "offset", reason, handler, traceparent, first_seen, replayed_at '
        "FROM dead_letters WHERE id < :before ORDER BY id DESC LIMIT :limit",
        limit=limit,
        before=before or 2**62,
    )
    return {"dead_letters": rows, "next": rows[-1]["id"] if len(rows) == limit else None}


@router.get("/conflicts")
async def conflicts(request: Request, limit: Limit = 100, authorization: Authorization = None) -> dict[str, Any]:
    """Orders of which a shop told two different things under one sequence."""
    rows = await _read(
        request,
        authorization,
        "SELECT shop, order_id, sequence, count(*) AS contents, max(said_at) AS last_said_at FROM snapshots "
        "GROUP BY shop, order_id, sequence HAVING count(*) > 1 ORDER BY last_said_at DESC LIMIT :limit",
        limit=limit,
    )
    return {"conflicts": rows}


@router.get("/parked")
async def parked(request: Request, limit: Limit = 100, authorization: Authorization = None) -> dict[str, Any]:
    """Parcels with facts whose order is not known yet."""
    rows = await _read(
        request,
        authorization,
        "SELECT p.carrier, p.reference, jsonb_array_length(p.facts) AS facts FROM parcels p "
        "WHERE p.facts <> '[]' AND NOT EXISTS (SELECT 1 FROM order_parcels l "
        "WHERE l.carrier = p.carrier AND l.reference = p.reference) ORDER BY p.carrier, p.reference LIMIT :limit",
        limit=limit,
    )
    return {"parked": rows}


@router.get("/lag")
async def lag(request: Request, authorization: Authorization = None) -> dict[str, Any]:
    """What is waiting inside tracking: outgoing events and how old the oldest is."""
    rows = await _read(
        request,
        authorization,
        "SELECT count(*) AS unpublished, extract(epoch FROM now() - min(created_at)) AS oldest_seconds "
        "FROM outbox WHERE published_at IS NULL",
    )
    if not rows:
        raise Problem(500, "Internal error", "the outbox did not answer")
    return {"outbox": {"unpublished": rows[0]["unpublished"], "oldest_seconds": float(rows[0]["oldest_seconds"] or 0)}}
