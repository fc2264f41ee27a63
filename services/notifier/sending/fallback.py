"""A channel that cannot tell hands over to the next one of its group, in the transaction in which that is known.

Every way in which a message can be lost comes through `tell_another_way`: refused, given up, not renderable, returned
by a receipt, too late, in doubt for too long. The rule itself is `domain/fallback.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifier.domain.delivery import State
from services.notifier.domain.fallback import TELLING, Member, next_to_tell, reason_of
from services.notifier.sending.overtaking import call_off_overtaken
from shared.database import Row, fetch

_GROUP = "shop, order_id, step, occurrence, parcel, recipient, channel_group"
_STANDBY = "EXISTS (SELECT 1 FROM messages s WHERE s.state = 'standby' AND s.expires_at > now() AND " + (
    " AND ".join(f"s.{column} = m.{column}" for column in _GROUP.split(", ")) + ")"
)
_AT_ONCE = 500


@dataclass(frozen=True)
class Loss:
    """Why a message does not tell. `unreachable`: no message reaches its address on this channel."""

    reason: str
    unreachable: bool = False


async def tell_another_way(tx: AsyncConnection, lost: Mapping[UUID, Loss]) -> list[UUID]:
    """Plan the next channel where there is one. Answers the messages that changed; the caller tells of them."""
    if not lost:
        return []
    await fetch(
        tx, "UPDATE messages SET given_up = true WHERE id = ANY(CAST(:ids AS uuid[])) RETURNING id", ids=sorted(lost)
    )
    rows = await fetch(
        tx,
        "SELECT l.id AS lost_id, l.channel AS lost_channel, m.id, m.rank, m.state, m.given_up FROM messages l "
        f"JOIN messages m USING ({_GROUP}) WHERE l.id = ANY(CAST(:ids AS uuid[])) ORDER BY l.id, m.id",
        ids=sorted(lost),
    )
    turns = _turns(rows, lost)
    promoted = await _promote(tx, turns)
    called_off = await call_off_overtaken(tx, {(row["shop"], row["order_id"]) for row in promoted})
    return sorted({*(row["id"] for row in promoted), *called_off})


def _turns(rows: Sequence[Row], lost: Mapping[UUID, Loss]) -> dict[UUID, str]:
    """The messages whose turn it is, with the reason."""
    groups: dict[UUID, list[Row]] = {}
    for row in rows:
        groups.setdefault(row["lost_id"], []).append(row)
    turns: dict[UUID, str] = {}
    for lost_id, members in groups.items():
        given_up = {row["id"] for row in members if row["given_up"]}
        found = next_to_tell((Member(row["id"], row["rank"], State(row["state"])) for row in members), given_up)
        if found is not None:
            turns[found] = reason_of(members[0]["lost_channel"], lost[lost_id].reason)
    return turns


async def _promote(tx: AsyncConnection, turns: Mapping[UUID, str]) -> list[Row]:
    return list(
        await fetch(
            tx,
            "UPDATE messages m SET state = 'planned', reason = k.reason, changed_at = clock_timestamp(), "
            "not_before = now() FROM unnest(CAST(:ids AS uuid[]), CAST(:reasons AS text[])) AS k (id, reason) "
            "WHERE m.id = k.id AND m.state = 'standby' AND m.expires_at > now() AND m.address IS NOT NULL "
            "RETURNING m.id, m.shop, m.order_id",
            ids=list(turns),
            reasons=list(turns.values()),
        )
    )


async def told_by_another(tx: AsyncConnection, ids: Collection[UUID]) -> set[UUID]:
    """Those of these messages whose group tells, or may have told, through another channel."""
    rows = await fetch(
        tx,
        f"SELECT DISTINCT l.id FROM messages l JOIN messages m USING ({_GROUP}) WHERE m.id <> l.id "
        "AND l.id = ANY(CAST(:ids AS uuid[])) AND m.state = ANY(CAST(:telling AS text[]))",
        ids=sorted(ids),
        telling=sorted(TELLING),
    )
    return {row["id"] for row in rows}


async def hand_over_overdue(tx: AsyncConnection) -> list[UUID]:
    """What was tried in vain for too long fails, and what owes its receipt for too long is not counted on any more.

    Only where another channel stands by. The time counts from the first attempt: an outage of ours is not a channel's.
    """
    failed = await fetch(
        tx,
        "UPDATE messages SET state = 'failed', reason = 'deadline_passed', lease_until = NULL, "
        "changed_at = clock_timestamp() WHERE id IN (SELECT m.id FROM messages m "
        "WHERE m.state IN ('planned', 'frozen') AND m.tried_at < now() - make_interval(secs => m.trying_seconds) "
        f"AND {_STANDBY} ORDER BY m.id LIMIT {_AT_ONCE} FOR UPDATE OF m SKIP LOCKED) RETURNING id",
    )
    unheard = await fetch(
        tx,
        "SELECT m.id FROM messages m WHERE m.state = 'accepted' AND m.receipt_seconds IS NOT NULL AND NOT m.given_up "
        "AND m.changed_at < now() - make_interval(secs => m.receipt_seconds) "
        f"AND {_STANDBY} ORDER BY m.id LIMIT {_AT_ONCE} FOR UPDATE OF m SKIP LOCKED",
    )
    lost = {row["id"]: Loss("deadline_passed") for row in failed} | {row["id"]: Loss("no_receipt") for row in unheard}
    return [*(row["id"] for row in failed), *await tell_another_way(tx, lost)]
