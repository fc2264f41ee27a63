"""The pace of a provider, shared by all senders: a row for each limit, held from the claim's beginning to its commit.

So two senders never count the same room twice, and the claim of one sees what the other has claimed.
"""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifier.channels.base import UNPACED, ChannelAdapter
from services.notifier.domain.pace import Rate, allowance, taken
from shared.database import fetch


def _limits(adapter: ChannelAdapter) -> dict[str, Rate | None]:
    """By the bucket's name; the provider's own is always there, also without a rate: it is what claims wait for."""
    pace, provider = adapter.pace, adapter.provider
    limits = {provider: Rate(pace.per_second, pace.burst) if pace.per_second else None}
    if pace.number_per_second:
        limits[f"{provider} {adapter.number}"] = Rate(pace.number_per_second, pace.burst)
    return limits


async def room_for(tx: AsyncConnection, adapter: ChannelAdapter, wanted: int) -> int:
    """How many messages this provider takes now. Other claims for it wait until this transaction ends."""
    if adapter.pace == UNPACED:
        return wanted
    limits = _limits(adapter)
    names = sorted(limits)
    await fetch(
        tx,
        "INSERT INTO paces (bucket) SELECT unnest(CAST(:names AS text[])) ON CONFLICT DO NOTHING RETURNING bucket",
        names=names,
    )
    rows = await fetch(
        tx,
        "SELECT bucket, greatest(empty_at, '2000-01-01') AS empty_at, clock_timestamp() AS now FROM paces "
        "WHERE bucket = ANY(CAST(:names AS text[])) ORDER BY bucket FOR UPDATE",
        names=names,
    )
    for row in rows:
        rate = limits[row["bucket"]]
        if rate is not None:
            wanted = allowance(rate, row["empty_at"], row["now"], wanted)
    return wanted


async def take_room(tx: AsyncConnection, adapter: ChannelAdapter, count: int) -> None:
    """So many are claimed. The caller holds `room_for`."""
    if adapter.pace == UNPACED or not count:
        return
    limits = {name: rate for name, rate in _limits(adapter).items() if rate is not None}
    rows = await fetch(
        tx,
        "SELECT bucket, greatest(empty_at, '2000-01-01') AS empty_at, clock_timestamp() AS now FROM paces "
        "WHERE bucket = ANY(CAST(:names AS text[])) ORDER BY bucket",
        names=sorted(limits),
    )
    await fetch(
        tx,
        "UPDATE paces p SET empty_at = k.empty_at FROM unnest(CAST(:names AS text[]), "
        "CAST(:instants AS timestamptz[])) AS k (bucket, empty_at) WHERE p.bucket = k.bucket RETURNING p.bucket",
        names=[row["bucket"] for row in rows],
        instants=[taken(limits[row["bucket"]], row["empty_at"], row["now"], count) for row in rows],
    )
