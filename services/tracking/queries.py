"""What tracking answers from: reads only, by index, one order at a time or a page of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from services.tracking import store
from services.tracking.checkpoint import read_fold
from services.tracking.domain.order import Decision, advance
from services.tracking.domain.promise import TimeFact
from services.tracking.domain.shipment import ParcelFact, ParcelKey
from services.tracking.domain.snapshot import ShopFact
from services.tracking.rows import shop_fact_from_row
from shared.contracts.orders import Order
from shared.database import Row, fetch


@dataclass(frozen=True)
class OrderStory:
    """Everything known of one order. `decision` is folded from the facts on the spot, as intake folded it."""

    order: Order
    decision: Decision
    snapshots: Sequence[ShopFact]
    facts: Mapping[ParcelKey, Sequence[ParcelFact]]
    time_facts: Sequence[TimeFact]
    steps: Sequence[Row]
    messages: Sequence[Row]
    finished_at: datetime | None


async def order_story(tx: AsyncConnection, shop: str, order_id: str) -> OrderStory | None:
    """None when the shop has no such order, or only facts without a snapshot yet."""
    of_order = {"shop": shop, "order_id": order_id}
    where = "WHERE shop = :shop AND order_id = :order_id"
    rows = await fetch(tx, f"SELECT fold, finished_at FROM orders {where}", **of_order)
    order = (await store.documents_of(tx, [store.OrderKey(shop, order_id)])).get(store.OrderKey(shop, order_id))
    if not rows or order is None:
        return None
    snapshots = [shop_fact_from_row(r) for r in await fetch(tx, f"SELECT * FROM snapshots {where}", **of_order)]
    parcels = {key for fact in snapshots for key in fact.parcels}
    facts = await store.facts_of(tx, parcels) if parcels else {}
    steps = await fetch(tx, f"SELECT * FROM steps {where} ORDER BY sequence", **of_order)
    messages = await fetch(tx, f"SELECT * FROM messages {where} ORDER BY occurred_at, message", **of_order)
    time_facts = store.time_facts_from_rows(steps)
    fold = read_fold(rows[0]["fold"])
    told = {store.told_from_row(row): None for row in steps}
    decision = advance(snapshots, facts, time_facts, told, kept=fold.walks if fold is not None else None)
    return OrderStory(order, decision, snapshots, facts, time_facts, steps, messages, rows[0]["finished_at"])


async def order_of_token(tx: AsyncConnection, token_hash: bytes) -> tuple[str, str, datetime | None] | None:
    """(shop, order_id, finished_at) behind a buyer's link."""
    rows = await fetch(tx, "SELECT shop, order_id, finished_at FROM orders WHERE token_hash = :hash", hash=token_hash)
    return (rows[0]["shop"], rows[0]["order_id"], rows[0]["finished_at"]) if rows else None


@dataclass(frozen=True)
class Wanted:
    """What a search asks for. Absent means any."""

    shop: str | None = None
    text: str | None = None
    state: str | None = None
    stage: str | None = None
    condition: str | None = None
    late: bool | None = None


async def search_orders(
    tx: AsyncConnection, wanted: Wanted, *, after: tuple[datetime, str] | None, limit: int
) -> Sequence[Row]:
    """Newest first. `text` is an order id, a reference, an e-mail address or a phone, whole."""
    clauses, values = ["o.placed_at IS NOT NULL"], dict[str, Any](limit=limit)
    if wanted.shop is not None:
        clauses.append("o.shop = :shop")
        values["shop"] = wanted.shop
    if wanted.text:
        clauses.append(
            "(o.order_id = :text OR o.email = lower(:text) OR o.phone = :text "
            "OR EXISTS (SELECT 1 FROM order_parcels p WHERE p.shop = o.shop AND p.order_id = o.order_id "
            "AND p.reference = :text))"
        )
        values["text"] = wanted.text
    if wanted.state:
        clauses.append("o.state = :state")
        values["state"] = wanted.state
    for column, value in (("stage", wanted.stage), ("condition", wanted.condition)):
        if value:
            clauses.append(
                "EXISTS (SELECT 1 FROM order_parcels p WHERE p.shop = o.shop AND p.order_id = o.order_id "
                f"AND p.position >= 0 AND p.{column} = :{column})"
            )
            values[column] = value
    if wanted.late is not None:
        clauses.append(f"o.late = {'true' if wanted.late else 'false'}")
    if after is not None:
        clauses.append("(o.placed_at, o.order_id) < (:after_at, :after_id)")
        values["after_at"], values["after_id"] = after
    return await fetch(
        tx,
        "SELECT o.shop, o.order_id, o.state, o.placed_at, o.finished_at, o.late FROM orders o "
        f"WHERE {' AND '.join(clauses)} ORDER BY o.placed_at DESC, o.order_id DESC LIMIT :limit",
        **values,
    )
