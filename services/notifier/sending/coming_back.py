"""A provider that was away takes messages again: what only that kept from leaving is tried at once.

Otherwise each message would wait for its next attempt as its retries have it, up to hours after the provider is back.
"""

from __future__ import annotations

from uuid import UUID

from services.notifier.channels.base import ChannelAdapter
from services.notifier.sending import quiet
from shared.database import Database, fetch

AT_ONCE = 2_000
_BEFORE_ALL = UUID(int=0)


async def try_at_once(database: Database, adapter: ChannelAdapter) -> None:
    """In transactions of a bounded number of messages. What somebody else has in hand keeps its time."""
    after: UUID | None = _BEFORE_ALL
    while after is not None:
        after = await _try_some(database, adapter, after)


async def _try_some(database: Database, adapter: ChannelAdapter, after: UUID) -> UUID | None:
    """Those whose id comes next. Answers where to go on; None when these were the last."""
    async with database.transaction() as tx:
        rows = await fetch(
            tx,
            "SELECT id, urgency, zone, quiet_begin, quiet_end, not_before, now() AS now FROM messages "
            "WHERE state = 'frozen' AND channel = :channel AND provider = :provider AND not_before > now() "
            "AND tried_at IS NOT NULL AND in_vain_since IS NULL AND doubt_since IS NULL "
            "AND (held_until IS NULL OR held_until <= now()) AND id > :after "
            "ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED",
            channel=adapter.channel,
            provider=adapter.provider,
            after=after,
            limit=AT_ONCE,
        )
        await quiet.leave_at(tx, [(row, *quiet.times_from(row, row["now"])) for row in rows])
    return rows[-1]["id"] if len(rows) == AT_ONCE else None
