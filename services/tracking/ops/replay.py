"""A dead letter goes back to where it came from, byte for byte, through the outbox.

Marking it and writing it out are one transaction, so it is replayed once for each time somebody asks. If it fails again
it is a new letter with coordinates of its own, which names the one it is a replay of.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.contracts.envelope import Headers, Outgoing
from shared.database import Row, fetch
from shared.erasure import BYTES_ERASED
from shared.messaging.dead_letters import REPLAY_OF, headers_of
from shared.messaging.outbox import append

LIMIT_BYTES = 1024 * 1024
"""What every topic takes: brokers' `message.max.bytes` as it comes. Beyond it the relay would try for ever."""
_RECORD_OVERHEAD_BYTES = 128
_HEADER_OVERHEAD_BYTES = 8


class NoSuchLetter(LookupError):
    """There is no dead letter with this number."""


class AlreadyReplayed(Exception):
    """It was replayed before, at `at`; ask with `again` if that is meant."""

    def __init__(self, at: datetime) -> None:
        super().__init__(f"replayed at {at.isoformat()}")
        self.at = at


class Unpublishable(Exception):
    """No broker would take it. The text says why; the bytes stay where they are."""


async def replay(tx: AsyncConnection, letter: int, topics: Collection[str], *, again: bool = False) -> Row:
    """Write the letter out to its source topic, which is one of `topics`. Answers its `id`, `topic` and `replayed_at`.

    Raises NoSuchLetter, AlreadyReplayed (unless `again`) or Unpublishable, and then nothing has changed.
    """
    rows = await fetch(
        tx,
        "SELECT id, topic, key, value, headers, reason, replayed_at FROM dead_letters WHERE id = :id FOR UPDATE",
        id=letter,
    )
    if not rows:
        raise NoSuchLetter(f"no dead letter {letter}")
    (row,) = rows
    if row["replayed_at"] is not None and not again:
        raise AlreadyReplayed(row["replayed_at"])
    if row["topic"] not in topics:
        raise Unpublishable(f"nobody here reads {row['topic']} any more")
    if row["reason"].startswith(BYTES_ERASED):
        raise Unpublishable("its bytes were erased with the contact of its order's buyer")
    await append(tx, [_outgoing(row)])
    (marked,) = await fetch(
        tx, "UPDATE dead_letters SET replayed_at = now() WHERE id = :id RETURNING id, topic, replayed_at", id=letter
    )
    return marked


def _outgoing(row: Row) -> Outgoing:
    headers = [pair for pair in headers_of(row["headers"]) if pair[0] != REPLAY_OF]
    headers.append((REPLAY_OF, str(row["id"]).encode()))
    size = _size(row["key"], row["value"], headers)
    if size > LIMIT_BYTES:
        raise Unpublishable(f"it has {size} bytes, and brokers take at most {LIMIT_BYTES}")
    return Outgoing(row["topic"], row["key"], row["value"], headers)


def _size(key: bytes | None, value: bytes | None, headers: Headers) -> int:
    """Of the record as it travels, a little more rather than less."""
    told = sum(len(name.encode()) + len(value) + _HEADER_OVERHEAD_BYTES for name, value in headers)
    return len(key or b"") + len(value or b"") + told + _RECORD_OVERHEAD_BYTES
