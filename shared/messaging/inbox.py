"""Each event is taken in once: its id is claimed in the same transaction as its effects.

The table is in months of the event's own time, which a duplicate shares. When a month goes, what was claimed of it
lately stays (shared/messaging/sweeping.py): an id is remembered for longer than Kafka keeps the message.
"""

from __future__ import annotations

import hashlib
from collections.abc import Container, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, NamedTuple, TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.contracts.base import Contract
from shared.contracts.envelope import Envelope
from shared.database import fetch, insert_columns

D = TypeVar("D", bound=Contract, covariant=True)


class Delivery(NamedTuple, Generic[D]):
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
    def identity(self) -> Identity:
        return self.topic, self.envelope.id, self.envelope.time


def digest_of(value: bytes) -> bytes:
    return hashlib.sha256(value).digest()[:16]


@dataclass(frozen=True)
class Claimed:
    """What the inbox says of a batch. `fresh` keeps the batch's order and holds conflicts, marked as such."""

    fresh: list[Delivery[Contract]]
    duplicates: list[Delivery[Contract]]


Identity = tuple[str, UUID, datetime]
_COLUMNS = {"topic": "text", "event_id": "uuid", "event_time": "timestamptz", "digest": "bytea"}


async def claim(
    tx: AsyncConnection, deliveries: Sequence[Delivery[Contract]], kept_once: Container[str] = ()
) -> Claimed:
    """Claim the ids of a batch. The second of two equal ids in one batch is a duplicate like any other.

    `kept_once`: names of topics that are not claimed here, for their handler tells old from new by itself.
    """
    others = [delivery for delivery in deliveries if delivery.topic in kept_once]
    claimed = await _claim(tx, [d for d in deliveries if d.topic not in kept_once] if others else deliveries)
    return Claimed([*claimed.fresh, *others], claimed.duplicates)


async def _claim(tx: AsyncConnection, deliveries: Sequence[Delivery[Contract]]) -> Claimed:
    if not deliveries:
        return Claimed([], [])
    identities = [delivery.identity for delivery in deliveries]
    first = dict(zip(reversed(identities), reversed(deliveries), strict=True))
    ordered = sorted(first, key=_by_id)  # one order for all: no deadlock between consumers
    won = await _insert(tx, ordered, [first[identity].digest for identity in ordered])
    known = {identity: first[identity].digest for identity in won}
    if len(won) < len(ordered):
        known |= await _digests(tx, [identity for identity in ordered if identity not in won])
    return _sort_out(deliveries, identities, won, known)


def _by_id(identity: Identity) -> int:
    return identity[1].int


async def _insert(tx: AsyncConnection, identities: Sequence[Identity], digests: Sequence[bytes]) -> set[Identity]:
    """Answers those that nobody had claimed before."""
    topics, ids, times = zip(*identities, strict=True)
    columns = {"topic": topics, "event_id": ids, "event_time": times, "digest": digests}
    rows = await insert_columns(
        tx, "inbox", _COLUMNS, columns, then="ON CONFLICT DO NOTHING RETURNING topic, event_id, event_time"
    )
    return {tuple(row) for row in rows}


def _sort_out(
    deliveries: Sequence[Delivery[Contract]],
    identities: Sequence[Identity],
    won: set[Identity],
    known: dict[Identity, bytes],
) -> Claimed:
    claimed = Claimed([], [])
    for delivery, identity in zip(deliveries, identities, strict=True):
        if identity in won:
            won.discard(identity)
            claimed.fresh.append(delivery)
        elif known.get(identity) != delivery.digest:
            claimed.fresh.append(delivery._replace(conflicting=True))
        else:
            claimed.duplicates.append(delivery)
    return claimed


async def _digests(tx: AsyncConnection, identities: Sequence[Identity]) -> dict[Identity, bytes]:
    topics, ids, times = zip(*identities, strict=True)
    rows = await fetch(
        tx,
        """
        SELECT i.topic, i.event_id, i.event_time, i.digest FROM inbox i
        JOIN unnest(CAST(:topics AS text[]), CAST(:ids AS uuid[]), CAST(:times AS timestamptz[]))
             AS q (topic, event_id, event_time) USING (topic, event_id, event_time)
        """,
        topics=topics,
        ids=ids,
        times=times,
    )
    return {(row["topic"], row["event_id"], row["event_time"]): bytes(row["digest"]) for row in rows}
