"""Each event is taken in once: its id is claimed in the same transaction as its effects.

The table is in months of the event's own time, which a duplicate shares. When a month goes, what was claimed of it
lately stays (shared/messaging/sweeping.py): an id is remembered for longer than Kafka keeps the message.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.contracts.base import Contract
from shared.contracts.envelope import Envelope
from shared.database import fetch, insert_rows

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
