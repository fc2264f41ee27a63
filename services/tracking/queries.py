"""What tracking answers from: reads only, by index, one order at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.tracking import store
from services.tracking.checkpoint import read_fold
from services.tracking.contact import read_order
from services.tracking.domain.order import Decision, advance
from services.tracking.domain.promise import TimeFact
from services.tracking.domain.shipment import ParcelFact, ParcelKey
from services.tracking.domain.snapshot import ShopFact
from services.tracking.rows import shop_fact_from_row
from shared.contracts.orders import Order
from shared.database import Row, Tx, fetch


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


async def order_story(tx: Tx, shop: str, order_id: str) -> OrderStory | None:
    """None when the shop has no such order, or only facts without a snapshot yet."""
    of_order = {"shop": shop, "order_id": order_id}
    where = "WHERE shop = :shop AND order_id = :order_id"
    rows = await fetch(tx, f"SELECT basis, fold, finished_at FROM orders {where}", **of_order)
    said = await fetch(tx, f"SELECT *, CAST(document AS text) AS standing FROM snapshots {where}", **of_order)
    document = next((row["standing"] for row in said if row["standing"] is not None), None)
    if not rows or document is None:
        return None
    order = read_order(document)
    snapshots = [shop_fact_from_row(row) for row in said]
    parcels = {key for fact in snapshots for key in fact.parcels}
    facts = await store.facts_of(tx, parcels) if parcels else {}
    steps = await fetch(tx, f"SELECT * FROM steps {where} ORDER BY sequence", **of_order)
    messages = await fetch(tx, f"SELECT * FROM messages {where} ORDER BY occurred_at, message", **of_order)
    time_facts = store.time_facts_from_rows(steps)
    fold = read_fold(rows[0]["basis"], rows[0]["fold"])
    told = {store.told_from_row(row): None for row in steps}
    decision = advance(snapshots, facts, time_facts, told, kept=fold.walks if fold is not None else None)
    return OrderStory(order, decision, snapshots, facts, time_facts, steps, messages, rows[0]["finished_at"])


async def order_of_token(tx: Tx, token_hash: bytes) -> tuple[str, str, datetime | None] | None:
    """(shop, order_id, finished_at) behind a buyer's link."""
    rows = await fetch(tx, "SELECT shop, order_id, finished_at FROM orders WHERE token_hash = :hash", hash=token_hash)
    return (rows[0]["shop"], rows[0]["order_id"], rows[0]["finished_at"]) if rows else None
