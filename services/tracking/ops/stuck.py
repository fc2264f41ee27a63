"""Orders that nothing will move by itself: not finished, and no moment at which anybody will look at them again.

A late parcel is no stuck order: its promise is watched. Here is what a person has to ask the shop or the carrier about.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from services.tracking.domain.lifecycle import FINAL
from services.tracking.domain.snapshot import UNNAMED
from shared.contracts.vocabulary import Stage, Step
from shared.database import Row, fetch

OLD = timedelta(days=10)


class WaitsFor(StrEnum):
    """What would move the order again."""

    PARCEL = "parcel"
    """The shop has named no parcel."""
    CARRIER = "carrier"
    """The shop has named a parcel without its carrier, and nobody knows who has it."""
    FIRST_SCAN = "first_scan"
    """The carrier has not scanned a parcel that the shop named."""
    NEXT_SCAN = "next_scan"
    """A parcel is with its carrier, who says nothing more."""
    BUYER = "buyer"
    """A parcel waits to be collected."""
    SHOP = "shop"
    """All its parcels have come to their end, and the shop has to say what follows."""


_IN_THIS_ORDER: Sequence[tuple[WaitsFor, frozenset[Stage | None]]] = (
    (WaitsFor.FIRST_SCAN, frozenset({None, Stage.UNKNOWN, Stage.REGISTERED})),
    (WaitsFor.BUYER, frozenset({Stage.READY_FOR_PICKUP})),
    (WaitsFor.NEXT_SCAN, frozenset(Stage) - FINAL - {Stage.UNKNOWN, Stage.REGISTERED, Stage.READY_FOR_PICKUP}),
)


def waits_for(parcels: Sequence[Mapping[str, Any]]) -> tuple[WaitsFor, str | None]:
    """What the order waits for, and the parcel (`carrier/reference`) it is about. `parcels` are rows in their order."""
    if not parcels:
        return WaitsFor.PARCEL, None
    for parcel in parcels:
        if parcel["carrier"] == UNNAMED:
            return WaitsFor.CARRIER, f"{parcel['carrier']}/{parcel['reference']}"
    for reason, stages in _IN_THIS_ORDER:
        for parcel in parcels:
            if (Stage(parcel["stage"]) if parcel["stage"] else None) in stages:
                return reason, f"{parcel['carrier']}/{parcel['reference']}"
    return WaitsFor.SHOP, None


async def stuck_orders(
    tx: AsyncConnection, placed_before: datetime, limit: int, after: tuple[datetime, str, str] | None = None
) -> Sequence[Row]:
    """The oldest first. `after`: (placed_at, shop, order_id)."""
    beyond = "AND (o.placed_at, o.shop, o.order_id) > (:at, :shop, :order_id)" if after else ""
    rows = await fetch(
        tx,
        f"""
        SELECT o.shop, o.order_id, o.state, o.placed_at, told.step AS last_step, told.occurred_at AS last_step_at,
               ARRAY(SELECT jsonb_build_object('carrier', p.carrier, 'reference', p.reference, 'stage', p.stage)
                     FROM order_parcels p WHERE p.shop = o.shop AND p.order_id = o.order_id AND p.position >= 0
                     ORDER BY p.position) AS parcels
        FROM orders o LEFT JOIN LATERAL (
            SELECT s.step, s.occurred_at FROM steps s WHERE s.shop = o.shop AND s.order_id = o.order_id
            ORDER BY s.sequence DESC LIMIT 1) AS told ON true
        WHERE o.finished_at IS NULL AND o.check_at IS NULL AND o.placed_at < :before {beyond}
        ORDER BY o.placed_at, o.shop, o.order_id LIMIT :limit
        """,
        before=placed_before,
        limit=limit,
        **(dict(zip(("at", "shop", "order_id"), after, strict=True)) if after else {}),
    )
    return [_judged(row) for row in rows]


def _judged(row: Row) -> Row:
    reason, parcel = waits_for(row["parcels"])
    last = Step(row["last_step"]) if row["last_step"] else None
    kept = {name: value for name, value in row.items() if name != "parcels"}
    return {**kept, "last_step": last, "waits_for": reason, "parcel": parcel}
