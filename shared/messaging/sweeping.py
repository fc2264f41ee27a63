"""What messaging leaves behind goes again: published outbox rows, old inbox ids, dead letters, months that are past.

The inbox remembers an id for INBOX_KEEP after it was taken in, whenever the event itself happened. That is longer than
Kafka keeps a message, so no redelivery ever meets an inbox that has forgotten it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.database import fetch, run
from shared.housekeeping import Duty
from shared.observability.metrics import DEAD_ROWS, DEFAULT_PARTITION_ROWS, PARTITION_OLDEST, PARTITIONS_AHEAD
from shared.partitions import (
    Months,
    count_default,
    drop_past_month,
    make_months,
    months_ahead,
    months_of,
    sweep_default,
)

KEEP_PUBLISHED = timedelta(minutes=5)
"""Kafka has them; a glance back is all they are good for, and each is on disk twice, as written and as published."""
KEEP_DEAD_LETTERS = timedelta(days=90)
"""They hold a message's bytes, and so a buyer's address: long enough to mend and replay, no longer."""
INBOX_KEEP = timedelta(days=35)
SWEPT_AT_ONCE = 5_000
INBOX = Months("inbox", INBOX_KEEP, still_counts="r.claimed_at > :since")


def messaging_duties(more: Sequence[Months] = ()) -> tuple[Duty, ...]:
    """For every service with a database; `more` are its own tables in months."""
    tables = (INBOX, *more)
    return (
        Duty("published outbox rows", timedelta(seconds=30), sweep_outbox),
        Duty("dead letters", timedelta(hours=1), sweep_dead_letters),
        Duty("months to come", timedelta(hours=1), _make_months),
        *(Duty(f"past months of {each.table}", timedelta(hours=6), partial(_drop, each)) for each in tables),
        *(Duty(f"odd years of {each.table}", timedelta(hours=6), partial(_sweep, each)) for each in tables),
        *(Duty(f"size of {each.table}", timedelta(minutes=1), partial(_measure, each)) for each in tables),
        Duty("dead rows", timedelta(minutes=1), count_dead_rows),
    )


async def sweep_outbox(tx: AsyncConnection, now: datetime) -> int:
    """Delete rows that were published long enough ago. One that is not published stays, however old."""
    return await run(
        tx,
        "DELETE FROM outbox WHERE id = ANY(ARRAY("
        f"SELECT id FROM outbox WHERE published_at < :before ORDER BY published_at LIMIT {SWEPT_AT_ONCE}))",
        before=now - KEEP_PUBLISHED,
    )


async def sweep_dead_letters(tx: AsyncConnection, now: datetime) -> int:
    """Their ids grow with time, so it is enough to look at the first ones."""
    return await run(
        tx,
        "DELETE FROM dead_letters WHERE first_seen < :before AND id = ANY(ARRAY("
        f"SELECT id FROM dead_letters ORDER BY id LIMIT {SWEPT_AT_ONCE}))",
        before=now - KEEP_DEAD_LETTERS,
    )


async def count_dead_rows(tx: AsyncConnection, _: datetime) -> int:
    """As PostgreSQL's own statistics have it. A queue whose dead rows pile up gets slow: who holds a snapshot open?"""
    queues = "relname IN ('outbox', 'messages', 'orders')"
    for row in await fetch(tx, f"SELECT relname, n_dead_tup FROM pg_stat_user_tables WHERE {queues}"):
        DEAD_ROWS.labels(row["relname"]).set(row["n_dead_tup"])
    return 0


async def _make_months(tx: AsyncConnection, now: datetime) -> int:
    return await make_months(tx, now.date())


async def _drop(months: Months, tx: AsyncConnection, now: datetime) -> int:
    return await drop_past_month(tx, months, now)


async def _sweep(months: Months, tx: AsyncConnection, now: datetime) -> int:
    return await sweep_default(tx, months, now)


async def _measure(months: Months, tx: AsyncConnection, now: datetime) -> int:
    there = await months_of(tx, months.table)
    oldest = (now.date() - there[0]).total_seconds() if there else 0.0
    PARTITION_OLDEST.labels(months.table).set(oldest)
    PARTITIONS_AHEAD.labels(months.table).set(months_ahead(there, now.date()))
    DEFAULT_PARTITION_ROWS.labels(months.table).set(await count_default(tx, months.table))
    return 0
