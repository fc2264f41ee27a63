"""What tracking remembers. Every function works in the caller's transaction, on many rows at once.

Lock order, the same for everybody: parcels sorted, then orders sorted. Whoever adds a fact to a parcel or links an
order to one holds that parcel's row, so neither can miss the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy.ext.asyncio import AsyncConnection

from services.tracking.domain.promise import PromiseBroken
from services.tracking.domain.shipment import ParcelFact, ParcelKey
from services.tracking.domain.snapshot import ShopFact
from services.tracking.domain.telling import Told
from services.tracking.rows import fact_from_json, shop_fact_from_row, time_fact_from_json
from shared.contracts.orders import Order
from shared.contracts.vocabulary import Stage, Step
from shared.database import fetch, run


class OrderKey(NamedTuple):
    shop: str
    order_id: str


FactsByParcel = Mapping[ParcelKey, Sequence[ParcelFact]]


@dataclass
class StoredOrder:
    """One locked order with all that `advance` needs. `order` is None until the first snapshot is applied."""

    key: OrderKey
    order: Order | None
    time_facts: tuple[PromiseBroken, ...]
    steps_announced: int
    snapshots: list[ShopFact] = field(default_factory=list)
    told: set[Told] = field(default_factory=set)
    stages: dict[ParcelKey, Stage | None] = field(default_factory=dict)
    named: set[ParcelKey] = field(default_factory=set)
    """The parcels of the snapshot that stood; `stages` holds those of older ones too."""


def _keys(keys: Iterable[tuple[str, str]], first: str, second: str) -> dict[str, list[str]]:
    ordered = sorted(set(keys))
    return {first: [key[0] for key in ordered], second: [key[1] for key in ordered]}


async def lock_parcels(tx: AsyncConnection, keys: Iterable[ParcelKey]) -> dict[ParcelKey, list[ParcelFact]]:
    """Make and lock the parcels' rows; answer the facts they hold."""
    pairs = _keys(keys, "carriers", "references")
    unnested = "unnest(CAST(:carriers AS text[]), CAST(:references AS text[])) AS k (carrier, reference)"
    await run(
        tx,
        f"INSERT INTO parcels (carrier, reference) SELECT carrier, reference FROM {unnested} "
        "ORDER BY carrier, reference ON CONFLICT DO NOTHING",
        **pairs,
    )
    rows = await fetch(
        tx,
        f"SELECT p.carrier, p.reference, p.facts FROM parcels p JOIN {unnested} USING (carrier, reference) "
        "ORDER BY p.carrier, p.reference FOR UPDATE OF p",
        **pairs,
    )
    return {ParcelKey(row["carrier"], row["reference"]): _facts(row) for row in rows}


async def facts_of(tx: AsyncConnection, keys: Iterable[ParcelKey]) -> dict[ParcelKey, list[ParcelFact]]:
    """The facts of parcels that are read, not changed."""
    rows = await fetch(
        tx,
        "SELECT p.carrier, p.reference, p.facts FROM parcels p "
        "JOIN unnest(CAST(:carriers AS text[]), CAST(:references AS text[])) AS k (carrier, reference) "
        "USING (carrier, reference)",
        **_keys(keys, "carriers", "references"),
    )
    return {ParcelKey(row["carrier"], row["reference"]): _facts(row) for row in rows}


def _facts(row: Mapping[str, Any]) -> list[ParcelFact]:
    return [fact_from_json(fact) for fact in row["facts"]]


async def orders_of(
    tx: AsyncConnection, parcels: Iterable[ParcelKey], *, still_named: bool = False
) -> dict[ParcelKey, set[OrderKey]]:
    """Which orders travel in these parcels, or with `still_named` only those whose standing snapshot names them.

    A parcel without any is parked.
    """
    rows = await fetch(
        tx,
        "SELECT l.carrier, l.reference, l.shop, l.order_id FROM order_parcels l "
        "JOIN unnest(CAST(:carriers AS text[]), CAST(:references AS text[])) AS k (carrier, reference) "
        f"USING (carrier, reference){' WHERE l.position >= 0' if still_named else ''}",
        **_keys(parcels, "carriers", "references"),
    )
    found: dict[ParcelKey, set[OrderKey]] = {}
    for row in rows:
        found.setdefault(ParcelKey(row["carrier"], row["reference"]), set()).add(OrderKey(row["shop"], row["order_id"]))
    return found


async def make_orders(tx: AsyncConnection, tokens: Mapping[OrderKey, bytes]) -> None:
    """Make the rows of orders that are new; those that exist stay as they are."""
    keys = sorted(tokens)
    await run(
        tx,
        "INSERT INTO orders (shop, order_id, token_hash) SELECT * FROM "
        "unnest(CAST(:shops AS text[]), CAST(:ids AS text[]), CAST(:tokens AS bytea[])) ON CONFLICT DO NOTHING",
        shops=[key.shop for key in keys],
        ids=[key.order_id for key in keys],
        tokens=[tokens[key] for key in keys],
    )


async def lock_orders(tx: AsyncConnection, keys: Iterable[OrderKey]) -> dict[OrderKey, StoredOrder]:
    """Lock the orders, sorted, and load what deciding needs."""
    pairs = _keys(keys, "shops", "ids")
    unnested = "unnest(CAST(:shops AS text[]), CAST(:ids AS text[])) AS k (shop, order_id)"
    rows = await fetch(
        tx,
        f"SELECT o.shop, o.order_id, o.snapshot, o.time_facts, o.steps_announced FROM orders o JOIN {unnested} "
        "USING (shop, order_id) ORDER BY o.shop, o.order_id FOR UPDATE OF o",
        **pairs,
    )
    found = {_order_key(row): _stored(_order_key(row), row) for row in rows}
    for row in await fetch(tx, f"SELECT s.* FROM snapshots s JOIN {unnested} USING (shop, order_id)", **pairs):
        found[_order_key(row)].snapshots.append(shop_fact_from_row(row))
    for row in await fetch(tx, f"SELECT s.* FROM steps s JOIN {unnested} USING (shop, order_id)", **pairs):
        told = Told(Step(row["step"]), row["occurrence"], parcel_from_text(row["parcel"]))
        found[_order_key(row)].told.add(told)
    for row in await fetch(tx, f"SELECT l.* FROM order_parcels l JOIN {unnested} USING (shop, order_id)", **pairs):
        parcel = ParcelKey(row["carrier"], row["reference"])
        stored = found[_order_key(row)]
        stored.stages[parcel] = Stage(row["stage"]) if row["stage"] else None
        if row["position"] >= 0:
            stored.named.add(parcel)
    return found


def _order_key(row: Mapping[str, Any]) -> OrderKey:
    return OrderKey(row["shop"], row["order_id"])


def _stored(key: OrderKey, row: Mapping[str, Any]) -> StoredOrder:
    order = Order.model_validate(row["snapshot"], extra="ignore") if row["snapshot"] else None
    time_facts = tuple(time_fact_from_json(fact) for fact in row["time_facts"])
    return StoredOrder(key, order, time_facts, row["steps_announced"])


def parcel_from_text(text: str) -> ParcelKey | None:
    carrier, _, reference = text.partition("/")
    return ParcelKey(carrier, reference) if carrier else None
