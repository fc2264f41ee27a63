"""What tracking answers from: reads only, by index, one order at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.tracking import store
from services.tracking.checkpoint import read_fold
from services.tracking.contact import read_order
from services.tracking.domain.order import Decision, advance, decision_of
from services.tracking.domain.promise import TimeFact
from services.tracking.domain.shipment import ParcelFact, ParcelKey
from services.tracking.domain.snapshot import ShopFact
from services.tracking.rows import shop_fact_from_row
from shared.contracts.orders import Order
from shared.database import Row, Tx, fetch


@dataclass(frozen=True, kw_only=True)
class OrderStatus:
    """Where an order stands and what was told of it."""

    order: Order
    decision: Decision
    steps: Sequence[Row]
    messages: Sequence[Row]


@dataclass(frozen=True, kw_only=True)
class OrderStory(OrderStatus):
    """Everything known of one order. `decision` is folded from the facts on the spot, as intake folded it."""

    snapshots: Sequence[ShopFact]
    facts: Mapping[ParcelKey, Sequence[ParcelFact]]
    time_facts: Sequence[TimeFact]
    finished_at: datetime | None


_OF_ORDER = "WHERE shop = :shop AND order_id = :order_id"
_STATUS = f"""
SELECT o.basis, o.fold, CAST(s.document AS text) AS document,
    (SELECT json_agg(t ORDER BY t.sequence) FROM (
        SELECT sequence, step, occurrence, parcel, occurred_at, still_true FROM steps {_OF_ORDER}) AS t) AS steps,
    (SELECT json_agg(m ORDER BY m.occurred_at, m.message) FROM (
        SELECT message, step, occurrence, parcel, recipient, channel, verdict, reason, language, occurred_at
        FROM messages {_OF_ORDER}) AS m) AS messages
FROM (SELECT shop, order_id, basis, fold FROM orders {_OF_ORDER}) AS o
JOIN (SELECT shop, order_id, document FROM snapshots {_OF_ORDER} AND document IS NOT NULL) AS s USING (shop, order_id)
"""


async def order_status(tx: Tx, shop: str, order_id: str) -> OrderStatus | None:
    """From what intake keeps of the fold, in one statement. None when the shop has no such order.

    Also None while the fold was not made yet by this version of the code: ask for the whole story.
    """
    rows = await fetch(tx, _STATUS, shop=shop, order_id=order_id)
    fold = read_fold(rows[0]["basis"], rows[0]["fold"]) if rows else None
    if fold is None:
        return None
    row = rows[0]
    return OrderStatus(
        order=read_order(row["document"]),
        decision=decision_of(fold),
        steps=row["steps"] or (),
        messages=row["messages"] or (),
    )


async def order_story(tx: Tx, shop: str, order_id: str) -> OrderStory | None:
    """None when the shop has no such order, or only facts without a snapshot yet."""
    of_order = {"shop": shop, "order_id": order_id}
    where = _OF_ORDER
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
    return OrderStory(
        order=order,
        decision=decision,
        steps=steps,
        messages=messages,
        snapshots=snapshots,
        facts=facts,
        time_facts=time_facts,
        finished_at=rows[0]["finished_at"],
    )


async def order_of_token(tx: Tx, token_hash: bytes) -> tuple[str, str, datetime | None] | None:
    """(shop, order_id, finished_at) behind a buyer's link."""
    rows = await fetch(tx, "SELECT shop, order_id, finished_at FROM orders WHERE token_hash = :hash", hash=token_hash)
    return (rows[0]["shop"], rows[0]["order_id"], rows[0]["finished_at"]) if rows else None
