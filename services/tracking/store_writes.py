"""The writing half of the store: one statement a table, however many rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.tracking.domain.shipment import ParcelKey
from shared.database import Row, columns, insert_rows, run


async def add_facts(tx: AsyncConnection, lines: Sequence[Mapping[str, Any]]) -> set[tuple[UUID, bytes]]:
    """One line of the timeline each. Answers (event id, digest) of those that were not there yet: each is kept once.

    Sent as one JSON text: the driver takes a microsecond for each element of an array, and there are seven in a line.
    """
    result = await tx.execute(
        text(
            "INSERT INTO timeline (carrier, reference, occurred_at, event_id, digest, heard_at, fact) "
            "SELECT carrier, reference, occurred_at, event_id, decode(digest, 'hex'), heard_at, fact "
            "FROM json_to_recordset(CAST(CAST(:lines AS text) AS json)) AS l (carrier text, reference text, "
            "occurred_at timestamptz, event_id uuid, digest text, heard_at timestamptz, fact jsonb) "
            "ON CONFLICT DO NOTHING RETURNING event_id, digest"
        ),
        {"lines": _as_json(lines)},
    )
    return {(row[0], row[1]) for row in result.fetchall()}


async def park(tx: AsyncConnection, parcels: Collection[ParcelKey], *, parked: bool) -> None:
    """Note that no order names these parcels, or that one does now."""
    if not parcels:
        return
    await run(
        tx,
        "UPDATE parcels p SET parked = :parked FROM unnest(CAST(:carriers AS text[]), CAST(:references AS text[])) "
        "AS k (carrier, reference) WHERE p.carrier = k.carrier AND p.reference = k.reference",
        parked=parked,
        carriers=[key.carrier for key in parcels],
        references=[key.reference for key in parcels],
    )


async def write_snapshots(tx: AsyncConnection, rows: Sequence[Row]) -> None:
    """Every snapshot ever told, stale ones and conflicts too: the fold is over all of them.

    Only the one that stands keeps its document. The same content told twice counts as of its first telling.
    """
    types = {
        "shop": "text",
        "order_id": "text",
        "sequence": "bigint",
        "digest": "text",
        "event_id": "uuid",
        "said_at": "timestamptz",
        "fact": "jsonb",
        "document": "jsonb",
    }
    then = """ON CONFLICT (shop, order_id, sequence, digest) DO UPDATE SET event_id = excluded.event_id,
              said_at = excluded.said_at, fact = excluded.fact,
              document = coalesce(excluded.document, snapshots.document)
              WHERE (excluded.said_at, excluded.event_id) < (snapshots.said_at, snapshots.event_id)"""
    first: dict[tuple[Any, ...], Row] = {}
    for row in sorted(rows, key=lambda row: (row["said_at"], row["event_id"])):
        first.setdefault((row["shop"], row["order_id"], row["sequence"], row["digest"]), row)
    await insert_rows(tx, "snapshots", types, list(first.values()), then=then)


async def keep_documents(tx: AsyncConnection, standing: Sequence[Row]) -> None:
    """Of these orders only the snapshot that stands keeps what the shop wrote: the rest is decided, not told."""
    await run(
        tx,
        "UPDATE snapshots s SET document = NULL FROM unnest(CAST(:shop AS text[]), CAST(:order_id AS text[]), "
        "CAST(:sequence AS bigint[]), CAST(:digest AS text[])) AS k (shop, order_id, sequence, digest) "
        "WHERE s.shop = k.shop AND s.order_id = k.order_id AND s.document IS NOT NULL "
        "AND (s.sequence, s.digest) <> (k.sequence, k.digest)",
        **columns(standing, "shop", "order_id", "sequence", "digest"),
    )


_STATE = {
    "shop": "text",
    "order_id": "text",
    "state": "text",
    "late": "boolean",
    "steps_announced": "int",
    "finished_at": "timestamptz",
    "check_at": "timestamptz",
    "fold": "text",
}
_STANDING = {
    "shop": "text",
    "order_id": "text",
    "placed_at": "timestamptz",
    "email": "text",
    "phone": "text",
    "basis": "text",
}


async def write_orders(tx: AsyncConnection, rows: Sequence[Row]) -> None:
    """Where the orders stand."""
    await _update_orders(tx, _STATE, rows)


async def write_standing(tx: AsyncConnection, rows: Sequence[Row]) -> None:
    """What only a new snapshot changes: what orders are searched by, and what their facts are folded onto."""
    await _update_orders(tx, _STANDING, rows)


async def _update_orders(tx: AsyncConnection, types: Mapping[str, str], rows: Sequence[Row]) -> None:
    if not rows:
        return
    changed = ", ".join(f"{name} = k.{name}" for name in types if name not in ("shop", "order_id"))
    await run(
        tx,
        f"UPDATE orders o SET {changed} FROM {_given(types)} WHERE o.shop = k.shop AND o.order_id = k.order_id",
        rows=_as_json(rows),
    )


def _given(types: Mapping[str, str]) -> str:
    """Rows that come as one JSON text: of an array the driver looks at each element, which takes longer than JSON."""
    columns = ", ".join(f"{name} {kind}" for name, kind in types.items())
    return f"json_to_recordset(CAST(CAST(:rows AS text) AS json)) AS k ({columns})"


def _as_json(rows: Sequence[Row]) -> str:
    return orjson.dumps(rows, option=orjson.OPT_UTC_Z).decode()


async def _insert(tx: AsyncConnection, table: str, types: Mapping[str, str], rows: Sequence[Row], then: str) -> None:
    if not rows:
        return
    names = ", ".join(types)
    await run(tx, f"INSERT INTO {table} ({names}) SELECT {names} FROM {_given(types)} {then}", rows=_as_json(rows))


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
    }
    then = """ON CONFLICT (shop, order_id, carrier, reference) DO UPDATE SET position = excluded.position,
              stage = excluded.stage, condition = excluded.condition"""
    await _insert(tx, "order_parcels", types, rows, then)


async def write_steps(tx: AsyncConnection, rows: Sequence[Row], *, then: str = "") -> None:
    """What was announced. `then`: what to do with a step that is on record already, which is an error otherwise."""
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
    await _insert(tx, "steps", types, rows, then)


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
        "SELECT carrier, code, min(sample), count(*), min(at), max(at) FROM unnest("
        "CAST(:carrier AS text[]), CAST(:code AS text[]), CAST(:sample AS text[]), CAST(:at AS timestamptz[])) "
        "AS u (carrier, code, sample, at) GROUP BY carrier, code ORDER BY carrier, code "
        "ON CONFLICT (carrier, code) DO UPDATE SET seen = unmapped_codes.seen + excluded.seen, "
        "sample = least(excluded.sample, unmapped_codes.sample), "
        "first_seen = least(unmapped_codes.first_seen, excluded.first_seen), "
        "last_seen = greatest(unmapped_codes.last_seen, excluded.last_seen)",
        **columns(rows, "carrier", "code", "sample", "at"),
    )
