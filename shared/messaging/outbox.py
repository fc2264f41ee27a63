"""What a transaction decided to say, written in that transaction and published afterwards by the one relay.

Rows are found by `published_at IS NULL`, never by `id > last`: ids are drawn before commit, and a transaction that
commits late would be skipped for ever. What is published is swept away by shared/messaging/sweeping.py.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.contracts.envelope import Headers, Outgoing
from shared.database import Database, Row, cut, fetch, insert_rows, run
from shared.failpoints import failpoint
from shared.messaging.backoff import Backoff
from shared.messaging.failures import is_infrastructure
from shared.messaging.publish import Publisher
from shared.messaging.traced_sends import sending
from shared.observability.logs import get_logger
from shared.observability.metrics import OUTBOX_OLDEST
from shared.processes import Runtime

BATCH = 500
IDLE_PAUSE = timedelta(milliseconds=50)
FOLLOWER_PAUSE = timedelta(seconds=1)
_LOCK = 0x6869746F  # "hito": one relay at a time per database


async def append(tx: AsyncConnection, messages: Sequence[Outgoing]) -> None:
    """Write the messages in the caller's transaction, in the order given."""
    await insert_rows(
        tx,
        "outbox",
        {"topic": "text", "key": "bytea", "value": "bytea", "headers": "text"},
        [{"topic": m.topic, "key": m.key, "value": m.value, "headers": _printable(m.headers)} for m in messages],
    )


def _printable(headers: Headers) -> str:
    return json.dumps([(name, value.decode("latin-1")) for name, value in headers])


class Relay:
    """Publishes outbox rows in order, as long as this process holds the database's relay lock.

    Lock, reading and marking share one connection: when it breaks, all three end together, and whoever gets the lock
    next goes on. A row published but not yet marked is published again; its event id makes that harmless.
    """

    def __init__(self, database: Database, publisher: Publisher, runtime: Runtime) -> None:
        self._database, self._publisher, self._runtime = database, publisher, runtime

    async def run(self) -> None:
        backoff = Backoff(self._runtime.stop)
        while not self._runtime.stop.is_set():
            try:
                async with self._database.dedicated() as connection:
                    if await self._become_leader(connection, backoff):
                        get_logger().info("relay_leads")
                        await self._relay(connection, backoff)
            except Exception as error:
                if not is_infrastructure(error):
                    raise
                get_logger().warning("relay_waits", error_type=type(error).__name__)
                await backoff.wait()

    async def _become_leader(self, connection: AsyncConnection, backoff: Backoff) -> bool:
        """Ask until the lock is ours. False when the process stops first."""
        while not self._runtime.stop.is_set():
            if await _lead(connection):
                return True
            await backoff.pause(FOLLOWER_PAUSE)
        return False

    async def _relay(self, connection: AsyncConnection, backoff: Backoff) -> None:
        while not self._runtime.stop.is_set():
            failpoint("relay.lock_lost", functools.partial(cut, connection))
            moved = await self._move_batch(connection)
            backoff.reset()
            if moved < BATCH:
                await backoff.pause(IDLE_PAUSE)

    async def _move_batch(self, connection: AsyncConnection) -> int:
        rows = await fetch(
            connection,
            "SELECT id, topic, key, value, headers, extract(epoch FROM now() - created_at) AS age "
            "FROM outbox WHERE published_at IS NULL ORDER BY id LIMIT :batch",
            batch=BATCH,
        )
        OUTBOX_OLDEST.labels(self._runtime.service).set(float(rows[0]["age"]) if rows else 0.0)
        if rows:
            failpoint("relay.after_select")
            messages = [_outgoing(row) for row in rows]
            with sending(messages, self._runtime.service):
                await self._publisher.publish(messages)
            failpoint("relay.before_mark")
            ids = [row["id"] for row in rows]
            await run(connection, "UPDATE outbox SET published_at = now() WHERE id = ANY(:ids)", ids=ids)
            failpoint("relay.after_mark")
        return len(rows)


async def _lead(connection: AsyncConnection) -> bool:
    rows = await fetch(connection, "SELECT pg_try_advisory_lock(:lock) AS got", lock=_LOCK)
    return bool(rows[0]["got"])


def _outgoing(row: Row) -> Outgoing:
    headers = [(str(name), str(value).encode("latin-1")) for name, value in json.loads(row["headers"])]
    return Outgoing(row["topic"], _bytes(row["key"]), _bytes(row["value"]), headers)


def _bytes(value: object) -> bytes | None:
    return value if value is None or isinstance(value, bytes) else bytes(value)  # type: ignore[call-overload]
