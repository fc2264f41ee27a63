"""What the outcome of an attempt makes of its message, recorded in one transaction for all that have landed."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifier import erasure, ledger, queue
from services.notifier.channels.base import OutcomeClass, SendResult
from services.notifier.domain.circuit import Circuits
from services.notifier.domain.delivery import State
from services.notifier.domain.retries import Failed, pause_before_next
from services.notifier.domain.urgency import Urgency
from services.notifier.ledger import Change
from services.notifier.people import reach
from services.notifier.people.reach import Lesson
from services.notifier.queue import Again
from services.notifier.sending.fallback import Loss, tell_another_way
from services.notifier.sending.flights import Landed
from shared.database import Row
from shared.observability.metrics import EVENT_TO_ACCEPT

_STATES = {
    OutcomeClass.ACCEPTED: State.ACCEPTED,
    OutcomeClass.REJECTED: State.FAILED,
    OutcomeClass.AMBIGUOUS: State.UNKNOWN,
}


@dataclass
class Sorted:
    """What goes back to be tried `again`, and where all others go. `lost` may be told by another channel."""

    again: dict[UUID, Again] = field(default_factory=dict)
    changes: dict[UUID, Change] = field(default_factory=dict)
    lost: dict[UUID, Loss] = field(default_factory=dict)


def sort_out(landed: Sequence[Landed], now: datetime, chance: random.Random) -> Sorted:
    sorted_out = Sorted()
    for row, result in landed:
        message = row["id"]
        state = _STATES.get(result.outcome)
        if state is not None:
            sorted_out.changes[message] = Change(state, result.reason, result.provider_message_id)
            if state is State.FAILED:
                sorted_out.lost[message] = Loss(result.reason, result.unreachable)
            continue
        pause = _pause(row, result, now, chance)
        if pause is not None:
            sorted_out.again[message] = Again(pause, result.reason, row["epoch"], in_vain=not _is_away(result))
        else:
            sorted_out.changes[message] = Change(State.FAILED, f"gave_up_{result.reason}")
            sorted_out.lost[message] = Loss(f"gave_up_{result.reason}")
    return sorted_out


def _pause(row: Row, result: SendResult, now: datetime, chance: random.Random) -> timedelta | None:
    attempts, urgent = row["attempts"] + 1, row["urgency"] == Urgency.URGENT
    failed = Failed(attempts, urgent, result.retry_after, row["expires_at"], _is_away(result))
    return pause_before_next(failed, now, chance.random())


def _is_away(result: SendResult) -> bool:
    """The provider, or the way to it: nothing is known against the message."""
    return result.outcome is OutcomeClass.NOT_SENT


async def record(tx: AsyncConnection, sorted_out: Sorted, now: datetime) -> None:
    """All or nothing; told with the transaction that brings it about."""
    if sorted_out.again:
        await queue.put_back(tx, sorted_out.again)
    moved = await ledger.change(tx, sorted_out.changes)
    await reach.learn(tx, {one: Lesson(loss.reason, loss.unreachable) for one, loss in sorted_out.lost.items()}, now)
    handed_over = await tell_another_way(tx, {one: sorted_out.lost[one] for one in moved if one in sorted_out.lost})
    emptied = await erasure.call_off_emptied(tx, sorted_out.again)
    await ledger.tell(tx, [*moved, *handed_over, *emptied])


def note_health(circuits: Circuits, landed: Sequence[Landed], now: datetime) -> set[str]:
    """A provider that accepts or refuses works; one that cannot be reached, asks to wait or leaves in doubt may not.

    Answers those that are back.
    """
    back: set[str] = set()
    for row, result in landed:
        if result.outcome not in (OutcomeClass.ACCEPTED, OutcomeClass.REJECTED):
            circuits.failed(row["provider"], now)
        elif circuits.succeeded(row["provider"]):
            back.add(row["provider"])
    return back


def measure(landed: Sequence[Landed], now: datetime) -> None:
    for row, result in landed:
        if result.outcome is OutcomeClass.ACCEPTED:
            EVENT_TO_ACCEPT.labels(row["channel"]).observe((now - row["planned_at"]).total_seconds())
