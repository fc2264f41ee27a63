"""What a later step has made untrue is called off: when steps come in, and whenever an old message may leave anew."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifier import ledger
from services.notifier.domain.delivery import State
from services.notifier.domain.plan import Told, overtake
from services.notifier.ledger import Change
from shared.contracts.vocabulary import Channel, Step
from shared.database import Row


async def call_off_overtaken(tx: AsyncConnection, orders: Iterable[tuple[str, str]]) -> list[UUID]:
    """Answers the messages of these orders that were waiting and will not leave any more. The caller tells of them."""
    found: dict[UUID, Change] = {}
    for rows in (await ledger.messages_of(tx, orders)).values():
        for position, reason in overtake(told_of(row) for row in rows).items():
            found[rows[position]["id"]] = Change(State.SUPERSEDED, reason)
    return await ledger.change(tx, found)


def told_of(row: Row) -> Told:
    """A row of `ledger.messages_of`."""
    return Told(
        recipient=row["recipient"],
        channel=Channel(row["channel"]),
        step=Step(row["step"]),
        parcel=row["parcel"],
        sequence=row["sequence"],
        buyer_must_act=row["buyer_must_act"],
        state=State(row["state"]),
    )
