"""The writing half of the store: one statement a table, however many rows."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from services.tracking.domain.shipment import ParcelFact, ParcelKey
from services.tracking.rows import fact_to_json
from shared.database import Row, columns, insert_rows, run


async def write_facts(tx: AsyncConnection, parcels: Mapping[ParcelKey, Sequence[ParcelFact]]) -> None:
    await run(
        tx,
        "UPDATE parcels p SET facts = CAST(k.facts AS jsonb) "
        "FROM unnest(CAST(:carriers AS text[]), CAST(:references AS text[]), CAST(:facts AS text[])) "
        "AS k (carrier, reference, facts) WHERE p.carrier = k.carrier AND p.reference = k.reference",
        carriers=[key.carrier for key in parcels],
        references=[key.reference for key in parcels],
        facts=[json.dumps([fact_to_json(fact) for fact in facts]) for facts in parcels.values()],
    )


async def write_snapshots(tx: AsyncConnection, rows: Sequence[Row]) -> None:
    """Every snapshot ever told, stale ones and conflicts too: the fold is over all of them."""
    types = {
        "shop": "text",
        "order_id": "text",
        "sequence": "bigint",
        "digest": "text",
        "event_id": "uuid",
        "said_at": "timestamptz",
        "fact": "jsonb",
    }
    await insert_rows(tx, "snapshots", types, rows, then="ON CONFLICT DO NOTHING")


async def write_orders(tx: AsyncConnection, rows: Sequence[Row]) -> None:
    names = (
        "shop", "order_id", "snapshot", "state", "placed_at", "time_facts", "steps_announced", "finished_at",
        "check_at",
    )  # fmt: skip
    await run(
        tx,
        "UPDATE orders o SET snapshot = CAST(k.snapshot AS jsonb), state = k.state, placed_at = k.placed_at, "
        "time_facts = CAST(k.time_facts AS jsonb), steps_announced = k.steps_announced, "
        "finished_at = k.finished_at, check_at = k.check_at FROM unnest("
        "CAST(:shop AS text[]), CAST(:order_id AS text[]), CAST(:snapshot AS text[]), CAST(:state AS text[]), "
        "CAST(:placed_at AS timestamptz[]), CAST(:time_facts AS text[]), CAST(:steps_announced AS int[]), "
        "CAST(:finished_at AS timestamptz[]), CAST(:check_at AS timestamptz[])) "
        "AS k (shop, order_id, snapshot, state, placed_at, time_facts, steps_announced, finished_at, check_at) "
        "WHERE o.shop = k.shop AND o.order_id = k.order_id",
        **columns(rows, *names),
    )


async def write_links(tx: AsyncConnection, rows: Sequence[Row]) -> None:
    """The parcels of orders with their present state. A parcel once named stays: its facts are part of the story."""
    types = {
        "shop": "text",
        "order_id": "text",
        "carrier": "text",
        "reference": "text",
        "position": "int",
        "stage": "text",
        "condition": "text",
        "state": "jsonb",
    }
    then = """ON CONFLICT (shop, order_id, carrier, reference) DO UPDATE SET position = excluded.position,
              stage = excluded.stage, condition = excluded.condition, state = excluded.state"""
    await insert_rows(tx, "order_parcels", types, rows, then=then)


async def write_steps(tx: AsyncConnection, rows: Sequence[Row]) -> None:
    types = {
        "shop": "text",
        "order_id": "text",
        "step": "text",
        "occurrence": "text",
        "parcel": "text",
        "sequence": "int",
        "occurred_at": "timestamptz",
        "still_true": "boolean",
        "event_id": "uuid",
        "caused_by": "uuid",
    }
    await insert_rows(tx, "steps", types, rows)


async def write_outcomes(tx: AsyncConnection, rows: Sequence[Row]) -> None:
    """The newest word on each message stands; one that was overtaken on the way changes nothing."""
    types = {
        "shop": "text",
        "order_id": "text",
        "message": "uuid",
        "step": "text",
        "occurrence": "text",
        "parcel": "text",
        "recipient": "text",
        "channel": "text",
        "verdict": "text",
        "reason": "text",
        "language": "text",
        "provider": "text",
        "occurred_at": "timestamptz",
        "caused_by": "uuid",
    }
    then = """ON CONFLICT (shop, order_id, message) DO UPDATE SET verdict = excluded.verdict, reason = excluded.reason,
              language = coalesce(excluded.language, messages.language),
              provider = coalesce(excluded.provider, messages.provider), occurred_at = excluded.occurred_at
              WHERE excluded.occurred_at >= messages.occurred_at"""
    await insert_rows(tx, "messages", types, _newest_of_each_message(rows), then=then)


def _newest_of_each_message(rows: Sequence[Row]) -> list[Row]:
    """One statement cannot update a row twice, and a message that goes out at once has several outcomes in a batch."""
    newest: dict[Any, Row] = {}
    for row in sorted(rows, key=lambda row: row["occurred_at"]):
        key = (row["shop"], row["order_id"], row["message"])
        before = newest.get(key, row)
        kept = {name: row[name] if row[name] is not None else before[name] for name in ("language", "provider")}
        newest[key] = {**row, **kept}
    return list(newest.values())


async def count_unmapped(tx: AsyncConnection, rows: Sequence[Row]) -> None:
    """Codes nobody has mapped yet, with a sample and how often they came."""
    await run(
        tx,
        "INSERT INTO unmapped_codes (carrier, code, sample, seen, first_seen, last_seen) "
        "SELECT carrier, code, max(sample), count(*), min(at), max(at) FROM unnest("
        "CAST(:carrier AS text[]), CAST(:code AS text[]), CAST(:sample AS text[]), CAST(:at AS timestamptz[])) "
        "AS u (carrier, code, sample, at) GROUP BY carrier, code ORDER BY carrier, code "
        "ON CONFLICT (carrier, code) DO UPDATE SET seen = unmapped_codes.seen + excluded.seen, "
        "sample = coalesce(excluded.sample, unmapped_codes.sample), "
        "last_seen = greatest(unmapped_codes.last_seen, excluded.last_seen)",
        **columns(rows, "carrier", "code", "sample", "at"),
    )
