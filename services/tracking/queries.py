"""What tracking answers from: reads only, by index, one order at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from services.tracking import store
from services.tracking.checkpoint import read_fold, read_standing
from services.tracking.contact import read_order
from services.tracking.domain.order import Decision, Standing, advance
from services.tracking.domain.promise import TimeFact
from services.tracking.domain.shipment import ParcelFact, ParcelKey
from services.tracking.domain.snapshot import ShopFact
from services.tracking.rows import shop_fact_from_row
from shared.contracts.orders import Order
from shared.database import Row, Tx, fetch


@dataclass(frozen=True, kw_only=True)
class OrderStatus:
    """Where an order stands and what was told of it, nearly as it is answered.

    `document` is the snapshot that stands. `steps` and `messages` are JSON lists of what the answer lists of each.
    `standing` is None while it was not made yet by this version of the code: the story has it.
    """

    document: Mapping[str, Any]
    standing: Standing | None
    steps: str
    messages: str


@dataclass(frozen=True, kw_only=True)
class OrderStory:
    """Everything known of one order. `decision` is folded from the facts on the spot, as intake folded it."""

    order: Order
    decision: Decision
    steps: Sequence[Row]
    messages: Sequence[Row]
    snapshots: Sequence[ShopFact]
    facts: Mapping[ParcelKey, Sequence[ParcelFact]]
    time_facts: Sequence[TimeFact]
    finished_at: datetime | None


def _objects(values: Mapping[str, str], order: str, rows: str) -> str:
    """A select of one text: a JSON list with an object for each row. `values` are the names and their columns.

    Written by the database, and without a space, for it has the time: nothing of it is read here.
    """
    parts = " || ',' || ".join(f"'\"{name}\":' || coalesce({value}, 'null')" for name, value in values.items())
    return (
        f"(SELECT coalesce('[' || string_agg('{{' || {parts} || '}}', ',' ORDER BY {order}) || ']', '[]') FROM {rows})"
    )


def _text(column: str) -> str:
    return f"CAST(to_json({column}) AS text)"


def _instant(column: str) -> str:
    """RFC 3339, fractions of a second only where there are any, as everywhere."""
    written = f"""'"' || to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || '"'"""
    return f"replace({written}, '.000000Z', 'Z')"


_OF_ORDER = "WHERE shop = :shop AND order_id = :order_id"
_STEPS = {
    "step": _text("step"),
    "occurrence": _text("occurrence"),
    "parcel": _text("nullif(parcel, '')"),
    "occurred_at": _instant("occurred_at"),
    "told_while_true": _text("still_true"),
}
_MESSAGES = {
    "id": _text("message"),
    **{name: _text(name) for name in "step occurrence parcel recipient channel verdict reason language".split()},
    "at": _instant("occurred_at"),
}
_STATUS = f"""
SELECT o.basis, o.fold, CAST(s.document AS text) AS document,
    {_objects(_STEPS, "sequence", f"steps {_OF_ORDER}")} AS steps,
    {_objects(_MESSAGES, "occurred_at, message", f"messages {_OF_ORDER}")} AS messages
FROM (SELECT shop, order_id, basis, fold FROM orders {_OF_ORDER}) AS o
JOIN (SELECT shop, order_id, document FROM snapshots {_OF_ORDER} AND document IS NOT NULL) AS s USING (shop, order_id)
"""


async def order_status(tx: Tx, shop: str, order_id: str) -> OrderStatus | None:
    """From what intake keeps of the fold, in one statement. None when the shop has no such order."""
    rows = await fetch(tx, _STATUS, shop=shop, order_id=order_id)
    if not rows:
        return None
    (row,) = rows
    return OrderStatus(
        document=orjson.loads(row["document"]),
        standing=read_standing(row["basis"], row["fold"]),
        steps=row["steps"],
        messages=row["messages"],
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
    parcels = {key for fact in snapshots for key in fact.linked}
    facts = await store.facts_of(tx, parcels) if parcels else {}
    steps = await fetch(tx, f"SELECT * FROM steps {where} ORDER BY sequence", **of_order)
    messages = await fetch(tx, f"SELECT * FROM messages {where} ORDER BY occurred_at, message", **of_order)
    time_facts = store.time_facts_from_rows(steps)
    fold = read_fold(rows[0]["basis"], rows[0]["fold"])
    told = {store.told_from_row(row): None for row in steps}
    decision = advance(snapshots, facts, time_facts, told, kept=fold.walks if fold is not None else {})
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
