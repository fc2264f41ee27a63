"""Each event is taken in once: its id is claimed in the same transaction as its effects.

The table is partitioned by the event's own time, which a duplicate shares, so old partitions can be dropped without
weakening the claim.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Generic, TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.contracts.base import Contract
from shared.contracts.envelope import Envelope
from shared.database import fetch, insert_rows, run

D = TypeVar("D", bound=Contract, covariant=True)


@dataclass(frozen=True, slots=True)
class Delivery(Generic[D]):
    """One decoded message. `conflicting`: this id was taken in before, with other content.

    `heard_at`: when the broker was given it, None where nobody knows.
    """

    topic: str
    partition: int
    offset: int
    envelope: Envelope
    data: D
    digest: bytes
    conflicting: bool = False
    heard_at: datetime | None = None

    @property
    def identity(self) -> tuple[str, UUID, datetime]:
        return self.topic, self.envelope.id, self.envelope.time


def digest_of(value: bytes) -> bytes:
    return hashlib.sha256(value).digest()[:16]


@dataclass(frozen=True)
class Claimed:
    """What the inbox says of a batch. `fresh` keeps the batch's order and holds conflicts, marked as such."""

    fresh: list[Delivery[Contract]]
    duplicates: list[Delivery[Contract]]


async def claim(tx: AsyncConnection, deliveries: Sequence[Delivery[Contract]]) -> Claimed:
    """Claim the ids of a batch. The second of two equal ids in one batch is a duplicate like any other."""
    if not deliveries:
        return Claimed([], [])
    first = {d.identity: d for d in reversed(deliveries)}
    ordered = sorted(first.values(), key=lambda d: d.identity)  # one order for all: no deadlock between consumers
    won = {
        (row["topic"], row["event_id"], row["event_time"])
        for row in await insert_rows(
            tx,
            "inbox",
            {"topic": "text", "event_id": "uuid", "event_time": "timestamptz", "digest": "bytea"},
            [
                {"topic": d.topic, "event_id": d.envelope.id, "event_time": d.envelope.time, "digest": d.digest}
                for d in ordered
            ],
            then="ON CONFLICT DO NOTHING RETURNING topic, event_id, event_time",
        )
    }
    known = {identity: delivery.digest for identity, delivery in first.items() if identity in won}
    known |= await _digests(tx, [d for d in ordered if d.identity not in won])
    return _sort_out(deliveries, won, known)


def _sort_out(
    deliveries: Sequence[Delivery[Contract]],
    won: set[tuple[str, UUID, datetime]],
    known: dict[tuple[str, UUID, datetime], bytes],
) -> Claimed:
    claimed = Claimed([], [])
    unseen = set(won)
    for delivery in deliveries:
        if delivery.identity in unseen:
            unseen.discard(delivery.identity)
            claimed.fresh.append(delivery)
        elif known.get(delivery.identity) != delivery.digest:
            claimed.fresh.append(replace(delivery, conflicting=True))
        else:
            claimed.duplicates.append(delivery)
    return claimed


async def _digests(
    tx: AsyncConnection, deliveries: Sequence[Delivery[Contract]]
) -> dict[tuple[str, UUID, datetime], bytes]:
    if not deliveries:
        return {}
    rows = await fetch(
        tx,
        """
        SELECT i.topic, i.event_id, i.event_time, i.digest FROM inbox i
        JOIN unnest(CAST(:topics AS text[]), CAST(:ids AS uuid[]), CAST(:times AS timestamptz[]))
             AS q (topic, event_id, event_time) USING (topic, event_id, event_time)
        """,
        topics=[d.topic for d in deliveries],
        ids=[d.envelope.id for d in deliveries],
        times=[d.envelope.time for d in deliveries],
    )
    return {(row["topic"], row["event_id"], row["event_time"]): bytes(row["digest"]) for row in rows}


async def ensure_partitions(
    tx: AsyncConnection, around: date, *, behind_months: int = 2, ahead_months: int = 3
) -> None:
    """Monthly partitions around a day. Events from other times go to the default partition, and nothing is refused."""
    month = around.replace(day=1)
    for _ in range(behind_months):
        month = _previous(month)
    for _ in range(behind_months + ahead_months + 1):
        following = _next(month)
        name = f"inbox_{month:%Y_%m}"
        occupied = await fetch(
            tx,
            "SELECT 1 FROM inbox_default WHERE event_time >= :since AND event_time < :until LIMIT 1",
            since=datetime.fromisoformat(f"{month}T00:00:00+00:00"),
            until=datetime.fromisoformat(f"{following}T00:00:00+00:00"),
        )
        if not occupied:
            await run(
                tx,
                f"CREATE TABLE IF NOT EXISTS {name} PARTITION OF inbox "
                f"FOR VALUES FROM ('{month}T00:00:00Z') TO ('{following}T00:00:00Z')",
            )
        month = following


def _next(month: date) -> date:
    return month.replace(year=month.year + month.month // 12, month=month.month % 12 + 1)


def _previous(month: date) -> date:
    return month.replace(year=month.year - (month.month == 1), month=(month.month - 2) % 12 + 1)
