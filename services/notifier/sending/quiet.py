"""A message that was still waiting when quiet hours began waits until they are over, whatever kept it until then.

The sender takes nothing past its `quiet_at` (services/notifier/queue.py); here it gets its next time to leave. So a
retry, a fallback and a backlog after an outage keep to quiet hours like a message that was planned in them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifier import ledger
from services.notifier.domain.delivery import State
from services.notifier.domain.plan import QUIET_TOO_LONG
from services.notifier.domain.urgency import Quiet, Urgency, may_leave_at, quiet_again_at
from services.notifier.ledger import Change
from shared.database import Row, fetch, run

AT_ONCE = 2_000


async def put_off(tx: AsyncConnection) -> list[UUID]:
    """Give a bounded number of messages their next time to leave; end those that would be too old by then.

    Answers the messages that came to an end. The clock is the database's, which the sender goes by.
    """
    rows = await fetch(
        tx,
        "SELECT id, urgency, zone, quiet_begin, quiet_end, not_before, expires_at, now() AS now FROM messages "
        "WHERE state IN ('planned', 'frozen') AND quiet_at <= now() "
        "ORDER BY quiet_at LIMIT :limit FOR UPDATE SKIP LOCKED",
        limit=AT_ONCE,
    )
    if not rows:
        return []
    times = [(row, *times_from(row, row["not_before"])) for row in rows]
    ended = {row["id"]: Change(State.EXPIRED, QUIET_TOO_LONG) for row, at, _ in times if row["expires_at"] <= at}
    later = [each for each in times if each[0]["id"] not in ended]
    await leave_at(tx, later)
    return await ledger.change(tx, ended)


def times_from(row: Row, at: datetime) -> tuple[datetime, datetime | None]:
    """When a message that may leave at `at` leaves, for its person's quiet hours, and when the next ones begin."""
    quiet = Quiet(row["zone"], row["quiet_begin"], row["quiet_end"]) if row["zone"] is not None else None
    urgency = Urgency(row["urgency"])
    not_before = may_leave_at(urgency, at, quiet, row["now"])
    return not_before, quiet_again_at(urgency, not_before, quiet)


async def leave_at(tx: AsyncConnection, times: Sequence[tuple[Row, datetime, datetime | None]]) -> None:
    """Give each its times.

    What was frozen and never tried is planned again: it then holds back no message that may leave at night.
    """
    await run(
        tx,
        "UPDATE messages m SET not_before = k.not_before, quiet_at = k.quiet_at, changed_at = clock_timestamp() "
        "FROM unnest(CAST(:ids AS uuid[]), CAST(:befores AS timestamptz[]), CAST(:quiets AS timestamptz[])) "
        "AS k (id, not_before, quiet_at) WHERE m.id = k.id",
        ids=[row["id"] for row, _, _ in times],
        befores=[not_before for _, not_before, _ in times],
        quiets=[quiet_at for _, _, quiet_at in times],
    )
    await ledger.thaw(tx, [row["id"] for row, _, _ in times])
