"""After the notifier was away: what waited is not told at once, for what made it untrue may lie right behind it.

A step that waited long in its topic, and a message that waited long in the ledger, are signs that others wait too. They
are held back until the consumer had time to read on; what is overtaken meanwhile is superseded and told to nobody. So
long they hold back their successors as well (the gate of services/notifier/queue.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifier.domain.plan import Planned
from shared.contracts.vocabulary import Channel
from shared.database import run

LATE = timedelta(minutes=2)
"""Nothing waits this long while the notifier runs as it should."""
READ_ON = timedelta(minutes=2)
"""Time for a consumer to read what else waits: 100,000 steps, at about a thousand a second."""


def held_back(verdicts: Iterable[Planned], heard_at: datetime | None, now: datetime) -> tuple[Planned, ...]:
    """The verdicts on a step that the broker was given at `heard_at`, told later if it waited there."""
    if heard_at is None or now - heard_at <= LATE:
        return tuple(verdicts)
    until = now + READ_ON
    return tuple(replace(verdict, not_before=max(verdict.not_before, until), held_until=until) for verdict in verdicts)


async def hold_back(tx: AsyncConnection, channel: Channel) -> int:
    """Of one channel, what was due long ago and did not leave. Answers how many messages."""
    return await run(
        tx,
        "UPDATE messages SET not_before = now() + make_interval(secs => :read_on), "
        "held_until = now() + make_interval(secs => :read_on) "
        "WHERE channel = :channel AND state IN ('planned', 'frozen', 'claimed') "
        "AND not_before < now() - make_interval(secs => :late)",
        channel=channel,
        read_on=READ_ON.total_seconds(),
        late=LATE.total_seconds(),
    )
