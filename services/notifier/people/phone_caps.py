"""What was told by phone today, counted for each shop in the database, so that all consumers keep to one cap.

Those who plan for the same shop take turns, from here to their commit: two of them never give the same room away. A
number is kept as a digest, for two days.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifier.domain.phone_costs import Bucket, Wish, share_out
from shared.database import fetch, insert_rows, run

KEPT = timedelta(days=2)
_LOCK = 0x70686F6E  # "phon"
_TYPES = {"shop": "text", "day": "date", "bucket": "text", "taken": "int"}


async def take_room(tx: AsyncConnection, wishes: Sequence[Wish], now: datetime) -> list[str | None]:
    """For each wish why it must not be, else None. What is granted is counted when the transaction commits.

    Hazard: it waits for others who plan for these shops; call it after everything else that locks for long.
    """
    if not wishes:
        return []
    day = now.astimezone(UTC).date()
    await _take_turns(tx, {wish.shop for wish in wishes})
    before = await _counted(tx, {bucket for wish in wishes for bucket, _, _ in wish.counted_in}, day)
    after = dict(before)
    answers = list(share_out(wishes, after))
    rows = [
        {"shop": shop, "day": day, "bucket": name, "taken": taken - before.get((shop, name), 0)}
        for (shop, name), taken in sorted(after.items())
        if taken > before.get((shop, name), 0)
    ]
    add = "ON CONFLICT (shop, day, bucket) DO UPDATE SET taken = phone_counts.taken + excluded.taken"
    await insert_rows(tx, "phone_counts", _TYPES, rows, then=add)
    return answers


async def _take_turns(tx: AsyncConnection, shops: set[str]) -> None:
    keys = sorted(int.from_bytes(hashlib.sha256(shop.encode()).digest()[:4], "big", signed=True) for shop in shops)
    await fetch(
        tx, "SELECT pg_advisory_xact_lock(:kind, k) FROM unnest(CAST(:keys AS int[])) AS k", kind=_LOCK, keys=keys
    )


async def _counted(tx: AsyncConnection, buckets: set[Bucket], day: date) -> dict[Bucket, int]:
    ordered = sorted(buckets)
    rows = await fetch(
        tx,
        "SELECT c.shop, c.bucket, c.taken FROM phone_counts c "
        "JOIN unnest(CAST(:shops AS text[]), CAST(:names AS text[])) AS k (shop, bucket) USING (shop, bucket) "
        "WHERE c.day = :day",
        shops=[shop for shop, _ in ordered],
        names=[name for _, name in ordered],
        day=day,
    )
    return {(row["shop"], row["bucket"]): row["taken"] for row in rows}


async def forget(tx: AsyncConnection, now: datetime, at_once: int) -> int:
    """Delete a bounded number of counts of days that are over."""
    return await run(
        tx,
        "DELETE FROM phone_counts WHERE (shop, day, bucket) IN (SELECT shop, day, bucket FROM phone_counts "
        "WHERE day < :before ORDER BY day LIMIT :limit FOR UPDATE SKIP LOCKED)",
        before=(now.astimezone(UTC) - KEPT).date(),
        limit=at_once,
    )
