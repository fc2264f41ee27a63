"""Messages in doubt, as the ledger keeps them: when to look at each again, and the two doors out of doubt.

The doors (`domain/delivery.AGAIN`) are here and nowhere else, each with all its conditions in the statement itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifier.queue import Patience
from shared.database import Row, fetch


async def take_due(tx: AsyncConnection, limit: int, patience: Patience) -> Sequence[Row]:
    """Messages in doubt whose round has come, for this process alone for as long as an attempt may take."""
    return await fetch(
        tx,
        "UPDATE messages SET doubt_rounds = doubt_rounds + 1, doubt_at = now() + make_interval(secs => :lease) "
        "WHERE id IN (SELECT id FROM messages WHERE state = 'unknown' AND doubt_at <= now() "
        "ORDER BY doubt_at LIMIT :limit FOR UPDATE SKIP LOCKED) "
        "RETURNING id, shop, order_id, channel, provider, address, request, reason, tried_at, last_tried_at, "
        "doubt_since, doubt_rounds, given_up, expires_at, resend_in_doubt, resent_at, erased_at, attempts, "
        "(SELECT s.traceparent FROM steps s WHERE s.event_id = step_event) AS traceparent",
        lease=patience.flight.total_seconds(),
        limit=limit,
    )


async def repeat(tx: AsyncConnection, ids: Iterable[UUID], patience: Patience) -> set[UUID]:
    """The same bytes under the same key will go out now: committed before they do. Answers those that may go."""
    rows = await fetch(
        tx,
        "UPDATE messages SET state = 'in_flight', attempts = attempts + 1, epoch = epoch + 1, last_tried_at = now(), "
        "changed_at = clock_timestamp(), lease_until = now() + make_interval(secs => :lease) "
        "WHERE id = ANY(CAST(:ids AS uuid[])) AND state = 'unknown' AND request IS NOT NULL "
        "RETURNING id",
        ids=sorted(ids),
        lease=patience.flight.total_seconds(),
    )
    return {row["id"] for row in rows}


async def send_anew(tx: AsyncConnection, ids: Iterable[UUID], reason: str, *, resent: bool = False) -> list[UUID]:
    """Back in the queue with the same bytes: the provider never took it, or (`resent`, once) the shop wished it."""
    rows = await fetch(
        tx,
        "UPDATE messages SET state = 'frozen', reason = :reason, not_before = now(), doubt_since = NULL, "
        "doubt_at = NULL, doubt_rounds = 0, changed_at = clock_timestamp(), lease_until = NULL, "
        "resent_at = CASE WHEN :resent THEN now() ELSE resent_at END, given_up = false "
        "WHERE id = ANY(CAST(:ids AS uuid[])) AND state = 'unknown' AND NOT (:resent AND resent_at IS NOT NULL) "
        "RETURNING id",
        ids=sorted(ids),
        reason=reason,
        resent=resent,
    )
    return [row["id"] for row in rows]


async def look_again(tx: AsyncConnection, rounds: Mapping[UUID, datetime | None]) -> None:
    """When each of them has its next round; None: only a receipt can help."""
    await fetch(
        tx,
        "UPDATE messages m SET doubt_at = k.at FROM unnest(CAST(:ids AS uuid[]), CAST(:instants AS timestamptz[])) "
        "AS k (id, at) WHERE m.id = k.id AND m.state = 'unknown' RETURNING m.id",
        ids=list(rounds),
        instants=list(rounds.values()),
    )
