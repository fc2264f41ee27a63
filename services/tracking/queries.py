"""What tracking answers from: reads only, by index, one order at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.tracking import store
from services.tracking.domain.order import Decision, advance
from services.tracking.domain.promise import PromiseBroken
from services.tracking.domain.shipment import ParcelFact, ParcelKey
from services.tracking.domain.snapshot import ShopFact
from services.tracking.rows import shop_fact_from_row, time_fact_from_json
from shared.contracts.orders import Order
from shared.database import Row, fetch


@dataclass(frozen=True)
class OrderStory:
    """Everything known of one order. `decision` is folded from the facts on the spot, as intake folded it."""

    order: Order
    decision: Decision
    snapshots: Sequence[ShopFact]
    facts: Mapping[ParcelKey, Sequence[ParcelFact]]
    time_facts: Sequence[PromiseBroken]
    steps: Sequence[Row]
    messages: Sequence[Row]
    finished_at: datetime | None


async def order_story(tx: AsyncConnection, shop: str, order_id: str) -> OrderStory | None:
    """None when the shop has no such order, or only facts without a snapshot yet."""
    of_order = {"shop": shop, "order_id": order_id}
    where = "WHERE shop = :shop AND order_id = :order_id"
    rows = await fetch(tx, f"SELECT * FROM orders {where}", **of_order)
    if not rows or rows[0]["snapshot"] is None:
        return None
    row = rows[0]
    snapshots = [shop_fact_from_row(r) for r in await fetch(tx, f"SELECT * FROM snapshots {where}", **of_order)]
    parcels = {key for fact in snapshots for key in fact.parcels}
    facts = await store.facts_of(tx, parcels) if parcels else {}
    time_facts = [time_fact_from_json(fact) for fact in row["time_facts"]]
    steps = await fetch(tx, f"SELECT * FROM steps {where} ORDER BY sequence", **of_order)
    messages = await fetch(tx, f"SELECT * FROM messages {where} ORDER BY occurred_at, message", **of_order)
    order = Order.model_validate(row["snapshot"], extra="ignore")
    decision = advance(snapshots, facts, time_facts)
    return OrderStory(order, decision, snapshots, facts, time_facts, steps, messages, row["finished_at"])


async def order_of_token(tx: AsyncConnection, token_hash: bytes) -> tuple[str, str, datetime | None] | None:
    """(shop, order_id, finished_at) behind a buyer's link."""
    rows = await fetch(tx, "SELECT shop, order_id, finished_at FROM orders WHERE token_hash = :hash", hash=token_hash)
    return (rows[0]["shop"], rows[0]["order_id"], rows[0]["finished_at"]) if rows else None
