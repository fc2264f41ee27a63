"""Which channel tells when the one that was to tell cannot. Pure: one group of channels, one recipient, one step.

A group tells once. Its next channel takes its turn only when every channel before it is given up: proven not to reach,
failed, too late, or in doubt for so long that nobody will resolve it. What may still tell keeps the others waiting.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from services.notifier.domain.delivery import State

_OVER = frozenset({State.BOUNCED, State.FAILED, State.SUPPRESSED, State.SUPERSEDED, State.EXPIRED})
TELLING = frozenset(State) - _OVER - {State.STANDBY}
"""It tells, or may have told."""

URGENT_AFTER = timedelta(minutes=15)
OTHERWISE_AFTER = timedelta(hours=1)
"""How long one channel is tried in vain before the next one tells, unless the shop says otherwise."""


@dataclass(frozen=True, slots=True)
class Member:
    """One message of a group. `rank` is its channel's place, 0 the first."""

    id: UUID
    rank: int
    state: State


def next_to_tell(group: Iterable[Member], given_up: Collection[UUID]) -> UUID | None:
    """The message on standby whose turn it is; None while another one tells or may have told, or none is left."""
    members = sorted(group, key=lambda member: member.rank)
    standing_by = [member for member in members if member.state is State.STANDBY]
    others = [member for member in members if member.state is not State.STANDBY and member.id not in given_up]
    if any(member.state in TELLING for member in others):
        return None
    return standing_by[0].id if standing_by else None


def reason_of(channel: str, why: str) -> str:
    """Why the next channel tells: `sms_deadline_passed`, `whatsapp_131026_undeliverable`."""
    return why if why.startswith(f"{channel}_") else f"{channel}_{why}"


@dataclass(frozen=True, slots=True)
class Waits:
    """How long a channel may try, may owe its receipt (None: for ever), and whether doubt may be sent again once."""

    trying: timedelta = OTHERWISE_AFTER
    receipt: timedelta | None = None
    resend_in_doubt: bool = False


def deadline_for(*, urgent: bool, wished: timedelta | None) -> timedelta:
    """How long a channel may try in vain. `wished` is the shop's word."""
    return wished or (URGENT_AFTER if urgent else OTHERWISE_AFTER)
