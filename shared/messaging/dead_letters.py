"""What could not be taken in: kept as a row with its raw bytes, reason and coordinates, and told on `<topic>.dead`.

Both are written in the transaction of the batch around it, so a dead letter is neither lost nor written for nothing.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.contracts.envelope import Headers, Outgoing
from shared.database import insert_rows
from shared.failpoints import failpoint
from shared.messaging.outbox import append
from shared.observability.metrics import DEAD_LETTERS
from shared.observability.tracing import valid

REASON_LIMIT = 300
TOLD_LIMIT_BYTES = 2 * 1024 * 1024 - 64 * 1024
"""What is larger is told by its coordinates and reason alone; its bytes are in the row."""
REPLAY_OF = "hito_replay_of"
"""The header of a replayed message: the number of the dead letter that it was."""
_BASE64 = "base64"
_TYPES = {
    "topic": "text",
    "partition": "int",
    "offset": "bigint",
    "key": "bytea",
    "value": "bytea",
    "headers": "jsonb",
    "reason": "text",
    "handler": "text",
    "traceparent": "text",
}


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One message as Kafka gave it, and why it was not taken in."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Headers
    reason: str

    @property
    def traceparent(self) -> str | None:
        return valid(next((v.decode("latin-1") for k, v in self.headers if k == "traceparent"), None))


async def bury(tx: AsyncConnection, letters: Sequence[DeadLetter], handler: str) -> int:
    """Write rows and outgoing messages. The same coordinates are buried once, however often they come back."""
    written = await insert_rows(
        tx,
        "dead_letters",
        _TYPES,
        [_row(letter, handler) for letter in letters],
        then='ON CONFLICT DO NOTHING RETURNING topic, partition, "offset"',
    )
    fresh = {(row["topic"], row["partition"], row["offset"]) for row in written}
    new = [d for d in letters if (d.topic, d.partition, d.offset) in fresh]
    if new:
        failpoint("dead_letters.after_row")
    await append(tx, [_outgoing(d, handler) for d in new])
    for letter in new:
        DEAD_LETTERS.labels(letter.topic, letter.reason.split(":")[0]).inc()
    return len(new)


def _row(letter: DeadLetter, handler: str) -> dict[str, object]:
    return {
        "topic": letter.topic,
        "partition": letter.partition,
        "offset": letter.offset,
        "key": letter.key,
        "value": letter.value,
        "headers": _printable(letter.headers),
        "reason": letter.reason[:REASON_LIMIT],
        "handler": handler,
        "traceparent": letter.traceparent,
    }


def _printable(headers: Headers) -> str:
    return json.dumps([_pair(name, value) for name, value in headers])


def _pair(name: str, value: bytes) -> list[str] | dict[str, list[str]]:
    """As text that an operator can read, byte for byte; base64 where a NUL, which jsonb cannot hold, stands in it."""
    pair = [name, value.decode("latin-1")]
    if "\x00" not in name + pair[1]:
        return pair
    return {_BASE64: [b64encode(raw).decode() for raw in (name.encode(), value)]}


def headers_of(stored: Sequence[Any]) -> Headers:
    """The headers of a row as they came from Kafka."""
    found: Headers = []
    for item in stored:
        if isinstance(item, Mapping):
            name, value = (b64decode(raw) for raw in item[_BASE64])
            found.append((name.decode(), value))
        else:
            found.append((str(item[0]), str(item[1]).encode("latin-1")))
    return found


def _outgoing(letter: DeadLetter, handler: str) -> Outgoing:
    told = {
        "dead_reason": letter.reason[:REASON_LIMIT],
        "dead_topic": letter.topic,
        "dead_partition": str(letter.partition),
        "dead_offset": str(letter.offset),
        "dead_handler": handler,
    }
    headers = [*letter.headers, *((name, value.encode()) for name, value in told.items())]
    size = len(letter.key or b"") + len(letter.value or b"") + sum(len(k) + len(v) for k, v in headers)
    if size > TOLD_LIMIT_BYTES:  # no broker would take it, and the relay would try for ever
        return Outgoing(f"{letter.topic}.dead", None, None, [(name, value.encode()) for name, value in told.items()])
    return Outgoing(f"{letter.topic}.dead", letter.key, letter.value, headers)
