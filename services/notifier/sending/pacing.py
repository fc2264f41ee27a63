"""The pace of a provider, shared by all senders: a row for each limit, held from the claim's beginning to its commit.

So two senders never count the same room twice, and the claim of one sees what the other has claimed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifier.channels.base import UNPACED, ChannelAdapter
from services.notifier.domain.pace import Rate, allowance, taken
from shared.database import Row, fetch

_LOCK = (
    "SELECT bucket, greatest(empty_at, '2000-01-01') AS empty_at, clock_timestamp() AS now FROM paces "
    "WHERE bucket = ANY(CAST(:names AS text[])) ORDER BY bucket FOR UPDATE"
)


def _limits(adapter: ChannelAdapter) -> dict[str, Rate | None]:
    """By the bucket's name; the provider's own is always there, also without a rate: it is what claims wait for."""
    pace, provider = adapter.pace, adapter.provider
    limits = {provider: Rate(pace.per_second, pace.burst) if pace.per_second else None}
    if pace.number_per_second:
        limits[f"{provider} {adapter.number}"] = Rate(pace.number_per_second, pace.burst)
    return limits


@dataclass(frozen=True, slots=True)
class Room:
    """How many messages a provider takes now, and the buckets that said so, locked."""

    count: int
    buckets: tuple[Row, ...] = ()


async def room_for(tx: AsyncConnection, adapter: ChannelAdapter, wanted: int) -> Room:
    """The room among `wanted`. Other claims for this provider wait until this transaction ends."""
    if adapter.pace == UNPACED:
        return Room(wanted)
    limits = _limits(adapter)
    buckets = await _lock(tx, sorted(limits))
    for bucket in buckets:
        rate = limits[bucket["bucket"]]
        if rate is not None:
            wanted = allowance(rate, bucket["empty_at"], bucket["now"], wanted)
    return Room(wanted, tuple(buckets))


async def _lock(tx: AsyncConnection, names: list[str]) -> Sequence[Row]:
    """Each bucket is made when it is first asked for, and stays."""
    buckets = await fetch(tx, _LOCK, names=names)
    if len(buckets) == len(names):
        return buckets
    await fetch(
        tx,
        "INSERT INTO paces (bucket) SELECT unnest(CAST(:names AS text[])) ON CONFLICT DO NOTHING RETURNING bucket",
        names=names,
    )
    return await fetch(tx, _LOCK, names=names)


async def take_room(tx: AsyncConnection, adapter: ChannelAdapter, room: Room, count: int) -> None:
    """So many of the room are claimed."""
    limits = _limits(adapter)
    rated = [(bucket, rate) for bucket in room.buckets if (rate := limits[bucket["bucket"]]) is not None]
    if not rated or not count:
        return
    await fetch(
        tx,
        "UPDATE paces p SET empty_at = k.empty_at FROM unnest(CAST(:names AS text[]), "
        "CAST(:instants AS timestamptz[])) AS k (bucket, empty_at) WHERE p.bucket = k.bucket RETURNING p.bucket",
        names=[bucket["bucket"] for bucket, _ in rated],
        instants=[taken(rate, bucket["empty_at"], bucket["now"], count) for bucket, rate in rated],
    )
