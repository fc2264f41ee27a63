"""What the sender takes from the ledger and gives back: leases on the database's clock, and the order gate.

Only the earliest message of one order, recipient and channel that is due may leave. One in doubt, or refused for its
own sake, holds its successors back for `Patience.hold` at the most; then a successor goes and it is superseded. One
that waits for the end of the quiet hours holds nobody back; one that waits for the consumer to catch up holds them back
for so long. One that was never tried, or that only its provider's absence keeps, is never given up for a successor:
that one could not leave either.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifier.domain.delivery import State
from services.notifier.ledger import doubt_of
from services.notifier.preferences.links import FOR_LETTER
from shared.contracts.vocabulary import Channel
from shared.database import Row, fetch


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a claim holds, how long an attempt may be under way, how long doubt holds successors back.

    `settle`: for so long an attempt that nobody waits for any more may still reach the provider.
    """

    claim: timedelta = timedelta(seconds=15)
    flight: timedelta = timedelta(seconds=60)
    hold: timedelta = timedelta(seconds=120)
    settle: timedelta = timedelta(seconds=10)


PATIENCE = Patience()

_DUE = (
    "m.channel = :channel AND m.not_before <= now() AND m.expires_at > now() "
    "AND (m.quiet_at IS NULL OR m.quiet_at > now())"  # put off by services/notifier/sending/quiet.py
)
_GATE = """
    NOT EXISTS (
        SELECT 1 FROM messages e
        WHERE e.shop = m.shop AND e.order_id = m.order_id AND e.recipient = m.recipient AND e.channel = m.channel
          AND e.sequence < m.sequence
          AND (e.state IN ('frozen', 'claimed', 'in_flight')
               OR (e.state = 'planned' AND (e.not_before <= now() OR e.held_until > now()))
               OR (e.state = 'unknown'
                   AND coalesce(e.doubt_since, e.changed_at) > now() - make_interval(secs => :hold)))
    )
"""


_RECIPIENT_RESTED = """
    AND NOT EXISTS (
        SELECT 1 FROM messages r
        WHERE r.channel = m.channel AND r.address = m.address
          AND r.last_tried_at > now() - make_interval(secs => :rest)
    ) AND NOT EXISTS (
        SELECT 1 FROM messages u
        WHERE u.channel = m.channel AND u.address = m.address AND u.state IN ('claimed', 'in_flight')
    )
"""
_ONE_FOR_EACH = "SELECT DISTINCT ON (address) id FROM due ORDER BY address, not_before, sequence, id"


async def take_to_freeze(
    tx: AsyncConnection, channel: Channel, limit: int, patience: Patience = PATIENCE
) -> Sequence[Row]:
    """Planned messages that are due, locked, with the step they tell of. The caller freezes or fails each one."""
    return await fetch(
        tx,
        f"SELECT m.*, s.step AS step_data, s.traceparent, {FOR_LETTER} "
        "FROM messages m JOIN steps s ON s.event_id = m.step_event "
        f"WHERE m.state = 'planned' AND {_DUE} AND {_GATE} "
        "ORDER BY m.not_before LIMIT :limit FOR UPDATE OF m SKIP LOCKED",
        channel=channel,
        hold=patience.hold.total_seconds(),
        limit=limit,
    )


async def freeze(tx: AsyncConnection, rows: Sequence[Mapping[str, object]]) -> None:
    """Keep the bytes that will go out, before the first attempt. They are never made anew."""
    await fetch(
        tx,
        "UPDATE messages m SET state = 'frozen', request = k.request, request_sha256 = k.sha256, "
        "language = k.language, provider = k.provider, changed_at = clock_timestamp() "
        "FROM unnest(CAST(:ids AS uuid[]), CAST(:requests AS bytea[]), CAST(:hashes AS text[]), "
        "CAST(:languages AS text[]), CAST(:providers AS text[])) AS k (id, request, sha256, language, provider) "
        "WHERE m.id = k.id AND m.state = 'planned' RETURNING m.id",
        ids=[row["id"] for row in rows],
        requests=[row["request"] for row in rows],
        hashes=[row["sha256"] for row in rows],
        languages=[row["language"] for row in rows],
        providers=[row["provider"] for row in rows],
    )


async def claim(
    tx: AsyncConnection,
    channel: Channel,
    provider: str,
    limit: int,
    patience: Patience = PATIENCE,
    per_recipient: timedelta | None = None,
) -> Sequence[Row]:
    """Frozen messages for this provider that are due, for this sender alone until the lease ends.

    `per_recipient`: no two attempts to one address within this time, whoever makes them. The caller holds the pace of
    the provider then (pacing.py).
    """
    return await fetch(
        tx,
        f"WITH due AS (SELECT m.id, m.address, m.not_before, m.sequence FROM messages m WHERE m.state = 'frozen' "
        f"AND m.provider = :provider AND {_DUE} AND {_GATE} {'' if per_recipient is None else _RECIPIENT_RESTED} "
        "ORDER BY m.not_before, m.sequence, m.id LIMIT :limit FOR UPDATE OF m SKIP LOCKED), "
        f"chosen AS ({'SELECT id FROM due' if per_recipient is None else _ONE_FOR_EACH}) "
        "UPDATE messages SET state = 'claimed', epoch = epoch + 1, changed_at = clock_timestamp(), "
        "lease_until = now() + make_interval(secs => :lease) WHERE id IN (SELECT id FROM chosen) "
        "RETURNING id, epoch, channel, provider, address, request, attempts, planned_at, expires_at, urgency, "
        "(SELECT s.traceparent FROM steps s WHERE s.event_id = step_event) AS traceparent",
        lease=patience.claim.total_seconds(),
        channel=channel,
        provider=provider,
        hold=patience.hold.total_seconds(),
        limit=limit,
        **({} if per_recipient is None else {"rest": per_recipient.total_seconds()}),
    )


async def put_in_flight(tx: AsyncConnection, claimed: Sequence[Row], patience: Patience = PATIENCE) -> set[UUID]:
    """The point of no return: committed before the first byte goes out. Answers those that may go."""
    rows = await fetch(
        tx,
        "UPDATE messages m SET state = 'in_flight', attempts = m.attempts + 1, changed_at = clock_timestamp(), "
        "lease_until = now() + make_interval(secs => :lease), tried_at = coalesce(m.tried_at, now()), "
        "last_tried_at = now() "
        "FROM unnest(CAST(:ids AS uuid[]), CAST(:epochs AS int[])) AS k (id, epoch) "
        "WHERE m.id = k.id AND m.epoch = k.epoch AND m.state = 'claimed' RETURNING m.id",
        ids=[row["id"] for row in claimed],
        epochs=[row["epoch"] for row in claimed],
        lease=patience.flight.total_seconds(),
    )
    return {row["id"] for row in rows}


@dataclass(frozen=True, slots=True)
class Again:
    """To be tried again after the pause. `epoch` is that of the attempt that says so.

    `in_vain`: the message itself was put off; otherwise its provider was away, which says nothing of it.
    """

    pause: timedelta
    reason: str
    epoch: int
    in_vain: bool


async def put_back(tx: AsyncConnection, again: Mapping[UUID, Again]) -> None:
    """Nothing was sent, for certain: the same bytes are tried again after the pause.

    Only by the attempt that the message is in flight with: a late word of an earlier one says nothing of this one.
    """
    await fetch(
        tx,
        "UPDATE messages m SET state = 'frozen', reason = k.reason, changed_at = clock_timestamp(), "
        "lease_until = NULL, not_before = now() + make_interval(secs => k.pause), "
        "in_vain_since = CASE WHEN k.in_vain THEN coalesce(m.in_vain_since, m.last_tried_at) END "
        "FROM unnest(CAST(:ids AS uuid[]), CAST(:pauses AS float8[]), CAST(:reasons AS text[]), "
        "CAST(:epochs AS int[]), CAST(:in_vain AS boolean[])) AS k (id, pause, reason, epoch, in_vain) "
        "WHERE m.id = k.id AND m.epoch = k.epoch AND m.state = 'in_flight' RETURNING m.id",
        ids=list(again),
        pauses=[one.pause.total_seconds() for one in again.values()],
        reasons=[one.reason for one in again.values()],
        epochs=[one.epoch for one in again.values()],
        in_vain=[one.in_vain for one in again.values()],
    )


async def pass_on(tx: AsyncConnection, channel: Channel, usable: Collection[str]) -> int:
    """What was frozen for a provider that is passed over, and certainly not sent, will be written for another one."""
    rows = await fetch(
        tx,
        "UPDATE messages SET state = 'planned', reason = provider || '_passed_over', request = NULL, "
        "request_sha256 = NULL, provider = NULL, in_vain_since = NULL, changed_at = clock_timestamp() "
        "WHERE state = 'frozen' AND channel = :channel AND provider <> ALL(CAST(:usable AS text[])) "
        "AND doubt_since IS NULL AND resent_at IS NULL RETURNING id",
        channel=channel,
        usable=sorted(usable),
    )
    return len(rows)


async def tidy(tx: AsyncConnection, patience: Patience = PATIENCE) -> list[UUID]:
    """What time alone changes: leases that ended, messages too old to tell, successors that have waited long enough.

    Answers the messages that came to an end. A lease that ends in flight leaves a message of which nobody knows: it
    becomes `unknown`, never planned again.
    """
    held = f"now() - make_interval(secs => {patience.hold.total_seconds()})"
    await fetch(
        tx,
        "UPDATE messages SET state = 'frozen', lease_until = NULL, changed_at = clock_timestamp() "
        "WHERE state = 'claimed' AND lease_until < now() RETURNING id",
    )
    ended = [
        *await _end(tx, State.UNKNOWN, "'sender_lost_in_flight'", "m.state = 'in_flight' AND m.lease_until < now()"),
        *await _end(
            tx, State.EXPIRED, "'too_old_to_tell'", "m.state IN ('planned', 'frozen') AND m.expires_at <= now()"
        ),
        *await _end(
            tx,
            State.SUPERSEDED,
            "'held_back_too_long'",
            f"m.state = 'frozen' AND least(m.in_vain_since, m.doubt_since, m.resent_at) < {held} "
            "AND EXISTS (SELECT 1 FROM messages l WHERE l.shop = m.shop AND l.order_id = m.order_id "
            "AND l.recipient = m.recipient AND l.channel = m.channel "
            f"AND l.sequence > m.sequence AND l.state IN ('planned', 'frozen') AND l.not_before < {held})",
        ),
    ]
    return [row["id"] for row in ended]


async def _end(tx: AsyncConnection, state: State, reason: str, where: str) -> Sequence[Row]:
    return await fetch(
        tx,
        f"UPDATE messages m SET state = '{state}', reason = {reason}, lease_until = NULL, "
        f"{doubt_of(state)}, changed_at = clock_timestamp() WHERE {where} RETURNING m.id",
    )


async def count_unknown(tx: AsyncConnection) -> tuple[int, float]:
    """(how many, age of the oldest in seconds)."""
    rows = await fetch(
        tx,
        "SELECT count(*) AS n, coalesce(extract(epoch FROM now() - min(changed_at)), 0) AS age "
        "FROM messages WHERE state = 'unknown'",
    )
    return rows[0]["n"], float(rows[0]["age"])
