"""A step was told with the wrong carrier: what still waits to be told of it names the right one, or does not leave.

Nothing is told again. What has left, or was ever tried, stays as it was written: its provider may know those bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifier import ledger
from services.notifier.domain.delivery import HELD_BACK, State
from services.notifier.ledger import Change
from shared.contracts.steps import Amendment, StepReached
from shared.database import fetch, run

WRONG_CARRIER = "told_of_another_carrier"
"""The reason of a message that does not leave, for what it says was said of another carrier's parcel."""


async def amend(tx: AsyncConnection, steps: Sequence[StepReached]) -> list[UUID]:
    """In the order in which they were announced. Answers the messages that will not leave; the caller tells of them."""
    called_off: list[UUID] = []
    for step in sorted(steps, key=lambda step: step.sequence):
        if step.amends is not None and step.parcel is not None:
            called_off += await _amend(tx, step, step.amends)
    return called_off


async def _amend(tx: AsyncConnection, step: StepReached, amends: Amendment) -> list[UUID]:
    messages = await fetch(
        tx,
        "SELECT id FROM messages WHERE step_event = :told AND state = ANY(CAST(:held_back AS text[])) "
        "ORDER BY id FOR UPDATE",
        told=amends.event,
        held_back=sorted(HELD_BACK),
    )
    waiting = [row["id"] for row in messages]
    right = step.model_copy(update={"amends": None, "still_true": amends.still_true})
    await run(
        tx,
        "UPDATE steps SET step = CAST(:step AS jsonb) WHERE event_id = :told "
        "AND CAST(step ->> 'sequence' AS int) < :sequence",
        step=right.to_json().decode(),
        told=amends.event,
        sequence=step.sequence,
    )
    await run(
        tx,
        "UPDATE messages m SET parcel = :parcel WHERE step_event = :told AND NOT EXISTS (SELECT 1 FROM messages o "
        "WHERE (o.shop, o.order_id, o.step, o.occurrence, o.recipient, o.channel) = "
        "(m.shop, m.order_id, m.step, m.occurrence, m.recipient, m.channel) AND o.parcel = :parcel)",
        parcel=right.parcel.key if right.parcel else "",
        told=amends.event,
    )
    if not amends.still_true:
        return await ledger.change(tx, {each: Change(State.SUPERSEDED, WRONG_CARRIER) for each in waiting})
    await ledger.thaw(tx, waiting)
    return []
