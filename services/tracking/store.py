"""What tracking remembers. Every function works in the caller's transaction, on many rows at once.

Lock order, the same for everybody: parcels sorted, then orders sorted. Whoever adds a fact to a parcel or links an
order to one holds that parcel's row, so neither can miss the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from services.tracking.checkpoint import read_fold
from services.tracking.domain.fold import Fold
from services.tracking.domain.promise import TimeFact, time_fact_of
from services.tracking.domain.shipment import ParcelFact, ParcelKey
from services.tracking.domain.snapshot import ShopFact
from services.tracking.domain.telling import Told
from services.tracking.rows import fact_from_row, parcel_from_text, shop_fact_from_row
from shared.contracts.vocabulary import Step
from shared.database import Row, Tx, fetch, run


class OrderKey(NamedTuple):
    shop: str
    order_id: str


_PARCELS = "unnest(CAST(:carriers AS text[]), CAST(:references AS text[])) AS k (carrier, reference)"
_ORDERS = "unnest(CAST(:shops AS text[]), CAST(:ids AS text[])) AS k (shop, order_id)"


@dataclass(frozen=True)
class StoredOrder:
    """One locked order. `fold` is None until its first snapshot is applied, and after a change of version."""

    key: OrderKey
    steps_announced: int
    fold: Fold | None
    erased: bool = False
    """The buyer's contact was erased and must not come back."""


@dataclass
class Memory:
    """All that was ever said of one order, and all that was ever told."""

    snapshots: list[ShopFact] = field(default_factory=list)
    told: dict[Told, datetime | None] = field(default_factory=dict)

    @property
    def parcels(self) -> set[ParcelKey]:
        return {key for fact in self.snapshots for key in fact.linked}


def _keys(keys: Iterable[tuple[str, str]], first: str, second: str) -> dict[str, list[str]]:
    ordered = sorted(set(keys))
    return {first: [key[0] for key in ordered], second: [key[1] for key in ordered]}


async def lock_parcels(tx: AsyncConnection, keys: Iterable[ParcelKey]) -> set[ParcelKey]:
    """Make and lock the parcels' rows. Answers those that were parked so far."""
    wanted = set(keys)
    pairs = _keys(wanted, "carriers", "references")
    locked = (
        f"SELECT p.carrier, p.reference, p.parked FROM parcels p JOIN {_PARCELS} USING (carrier, reference) "
        "ORDER BY p.carrier, p.reference FOR UPDATE OF p"
    )
    rows = await fetch(tx, locked, **pairs)
    if len(rows) < len(wanted):
        await run(
            tx,
            f"INSERT INTO parcels (carrier, reference) SELECT carrier, reference FROM {_PARCELS} "
            "ORDER BY carrier, reference ON CONFLICT DO NOTHING",
            **pairs,
        )
        rows = await fetch(tx, locked, **pairs)
    return {ParcelKey(row["carrier"], row["reference"]) for row in rows if row["parked"]}


async def facts_of(tx: Tx, keys: Iterable[ParcelKey]) -> dict[ParcelKey, list[ParcelFact]]:
    """All facts of these parcels that are still kept."""
    rows = await fetch(
        tx,
        "SELECT t.carrier, t.reference, t.occurred_at, t.event_id, t.heard_at, t.fact FROM timeline t "
        f"JOIN {_PARCELS} USING (carrier, reference)",
        **_keys(keys, "carriers", "references"),
    )
    facts: dict[ParcelKey, list[ParcelFact]] = {}
    for row in rows:
        facts.setdefault(ParcelKey(row["carrier"], row["reference"]), []).append(fact_from_row(row))
    return facts


async def orders_of(
    tx: AsyncConnection, parcels: Iterable[ParcelKey], *, still_named: bool = False
) -> dict[ParcelKey, set[OrderKey]]:
    """Which orders travel in these parcels, or with `still_named` only those whose standing snapshot names them.

    A parcel without any is parked.
    """
    rows = await fetch(
        tx,
        f"SELECT l.carrier, l.reference, l.shop, l.order_id FROM order_parcels l JOIN {_PARCELS} "
        f"USING (carrier, reference){' WHERE l.position >= 0' if still_named else ''}",
        **_keys(parcels, "carriers", "references"),
    )
    found: dict[ParcelKey, set[OrderKey]] = {}
    for row in rows:
        found.setdefault(ParcelKey(row["carrier"], row["reference"]), set()).add(_order_key(row))
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
    """Lock the orders, sorted, and load what deciding in the usual case needs."""
    rows = await fetch(
        tx,
        f"SELECT o.shop, o.order_id, o.steps_announced, o.basis, o.fold, o.erased_at FROM orders o JOIN {_ORDERS} "
        "USING (shop, order_id) ORDER BY o.shop, o.order_id FOR UPDATE OF o",
        **_keys(keys, "shops", "ids"),
    )
    return {_order_key(row): _stored(row) for row in rows}


def _stored(row: Row) -> StoredOrder:
    fold = read_fold(row["basis"], row["fold"])
    return StoredOrder(_order_key(row), row["steps_announced"], fold, row["erased_at"] is not None)


async def recall(tx: AsyncConnection, keys: Iterable[OrderKey]) -> dict[OrderKey, Memory]:
    """Everything that was said and told of these orders, for deciding anew."""
    wanted = sorted(set(keys))
    pairs = _keys(wanted, "shops", "ids")
    found = {key: Memory() for key in wanted}
    columns = "s.shop, s.order_id, s.sequence, s.digest, s.event_id, s.said_at, s.fact"
    for row in await fetch(tx, f"SELECT {columns} FROM snapshots s JOIN {_ORDERS} USING (shop, order_id)", **pairs):
        found[_order_key(row)].snapshots.append(shop_fact_from_row(row))
    columns = "s.shop, s.order_id, s.step, s.occurrence, s.parcel, s.occurred_at, s.still_true"
    for row in await fetch(tx, f"SELECT {columns} FROM steps s JOIN {_ORDERS} USING (shop, order_id)", **pairs):
        told = told_from_row(row)
        found[_order_key(row)].told[told] = row["occurred_at"] if row["still_true"] else None
    return found


async def documents_of(tx: Tx, keys: Iterable[OrderKey]) -> dict[OrderKey, dict[str, Any]]:
    """The snapshots that stand, as the shop wrote them."""
    rows = await fetch(
        tx,
        f"SELECT s.shop, s.order_id, CAST(s.document AS text) AS document FROM snapshots s JOIN {_ORDERS} "
        "USING (shop, order_id) WHERE s.document IS NOT NULL",
        **_keys(keys, "shops", "ids"),
    )
    return {_order_key(row): orjson.loads(row["document"]) for row in rows}


def told_from_row(row: Row) -> Told:
    """From a row of `steps`."""
    return Told(Step(row["step"]), row["occurrence"], parcel_from_text(row["parcel"]))


def time_facts_from_rows(steps: Iterable[Row]) -> tuple[TimeFact, ...]:
    """What time has told of an order, from its rows of `steps`."""
    facts = (time_fact_of(told_from_row(row), row["occurred_at"], row["caused_by"]) for row in steps)
    return tuple(fact for fact in facts if fact is not None)


def _order_key(row: Mapping[str, Any]) -> OrderKey:
    return OrderKey(row["shop"], row["order_id"])
