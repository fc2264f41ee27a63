"""(a) What no consumer can leave out, and nothing else: the yardstick for `tracking consume`.

`getmany`, JSON, one insert of events that skips those known, one upsert of parcels, one insert of outgoing rows,
commit, offsets. `python -m tests.bench.tracking.bare_loop <topic> <group>` with KAFKA_BOOTSTRAP and DATABASE_URL set.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import uvloop
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from shared.messaging.subscription import FETCH_PAUSE, MAX_RECORDS
from tests.bench.tracking.addresses import plain_address

SCHEMA = """
CREATE TABLE events (
    id uuid PRIMARY KEY, parcel text NOT NULL, occurred_at timestamptz NOT NULL, payload jsonb NOT NULL
);
CREATE TABLE parcels (parcel text PRIMARY KEY, state text NOT NULL, occurred_at timestamptz NOT NULL);
CREATE TABLE outgoing (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, key bytea NOT NULL, value bytea NOT NULL);
"""
_EVENTS = """
INSERT INTO events (id, parcel, occurred_at, payload)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::jsonb[]) ON CONFLICT DO NOTHING
"""
_PARCELS = """
INSERT INTO parcels (parcel, state, occurred_at) SELECT * FROM unnest($1::text[], $2::text[], $3::timestamptz[])
ON CONFLICT (parcel) DO UPDATE SET state = excluded.state, occurred_at = excluded.occurred_at
"""
_OUTGOING = "INSERT INTO outgoing (key, value) SELECT * FROM unnest($1::bytea[], $2::bytea[])"


async def take_in(topic: str, group: str, bootstrap: str, url: str) -> None:
    """Until SIGTERM."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    connection = await asyncpg.connect(plain_address(url))
    consumer = AIOKafkaConsumer(
        topic, bootstrap_servers=bootstrap, group_id=group, enable_auto_commit=False, auto_offset_reset="earliest"
    )
    await consumer.start()
    while not stop.is_set():
        batches = await consumer.getmany(timeout_ms=int(FETCH_PAUSE.total_seconds() * 1000), max_records=MAX_RECORDS)
        records = [record for batch in batches.values() for record in batch]
        if records:
            await _write(connection, records)
            await consumer.commit(
                {TopicPartition(p.topic, p.partition): batch[-1].offset + 1 for p, batch in batches.items()}
            )
    await consumer.stop()
    await connection.close()


async def _write(connection: asyncpg.Connection, records: Sequence[ConsumerRecord]) -> None:
    ids, keys, times, newest = [], [], [], dict[str, tuple[str, datetime]]()
    for record in records:
        headers = dict(record.headers)
        data: dict[str, Any] = json.loads(record.value)
        key, at = record.key.decode(), datetime.fromisoformat(headers["ce_time"].decode())
        ids.append(UUID(headers["ce_id"].decode()))
        keys.append(key)
        times.append(at)
        newest[key] = (data.get("stage") or data["state"], at)
    async with connection.transaction():
        await connection.execute(_EVENTS, ids, keys, times, [record.value.decode() for record in records])
        states = list(newest.values())
        await connection.execute(_PARCELS, list(newest), [state for state, _ in states], [at for _, at in states])
        await connection.execute(_OUTGOING, [record.key for record in records], [record.value for record in records])


if __name__ == "__main__":
    uvloop.run(take_in(sys.argv[1], sys.argv[2], os.environ["KAFKA_BOOTSTRAP"], os.environ["DATABASE_URL"]))
