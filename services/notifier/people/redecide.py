"""What people say counts for messages that are planned already: whatever has not left is looked at again at once.

One that nobody wants any more is called off. One that was written in another language, and never tried, is planned
again and written anew. One that is in flight, or was tried, ends as it ends.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifier import ledger
from services.notifier.domain.delivery import State
from services.notifier.domain.person import Person
from services.notifier.domain.plan import OPTED_OUT
from services.notifier.domain.urgency import Urgency
from services.notifier.ledger import Change
from services.notifier.people import consents
from services.notifier.people.consents import NEVER_SPOKE, Purpose, Standing
from services.notifier.sending.fallback import Loss, tell_another_way
from shared.contracts.vocabulary import Channel
from shared.database import Row, fetch


async def lock_waiting(tx: AsyncConnection, shop: str, people: Set[Person]) -> Sequence[Row]:
    """What has not left for these people, locked: no sender takes it until the transaction ends."""
    return await fetch(
        tx,
        "SELECT id, shop, channel, urgency, person, state FROM messages WHERE shop = :shop "
        "AND person = ANY(CAST(:people AS bytea[])) AND state IN ('planned', 'frozen', 'claimed', 'standby') "
        "ORDER BY id FOR UPDATE",
        shop=shop,
        people=sorted(people),
    )


async def redecide(tx: AsyncConnection, shop: str, people: Set[Person]) -> list[UUID]:
    """Call off what is not wanted any more, and tell of it. Answers the messages called off."""
    waiting = await lock_waiting(tx, shop, people)
    said = await consents.standing(tx, {(shop, person) for person in people})
    unwanted = {
        row["id"]: Change(State.SUPPRESSED, OPTED_OUT)
        for row in waiting
        if unwanted_on(Channel(row["channel"]), row["urgency"], said.get((shop, bytes(row["person"])), NEVER_SPOKE))
    }
    called_off = await ledger.change(tx, unwanted)
    gone = set(called_off)
    closed = {
        row["id"]: Loss(OPTED_OUT)
        for row in waiting
        if row["id"] in gone and row["state"] != State.STANDBY and _is_closed(row, said)
    }
    await ledger.tell(tx, [*called_off, *await tell_another_way(tx, closed)])
    return called_off


def _is_closed(row: Row, said: Mapping[tuple[str, Person], Standing]) -> bool:
    """The channel is closed to the shop, so that another one may tell; who wants no extras wants them nowhere."""
    standing = said.get((row["shop"], bytes(row["person"])), NEVER_SPOKE)
    return (Channel(row["channel"]), Purpose.ORDER_STATUS) in standing.withdrawn


def unwanted_on(channel: Channel, urgency: str, standing: Standing) -> bool:
    if (channel, Purpose.ORDER_STATUS) in standing.withdrawn:
        return True
    return urgency == Urgency.OPTIONAL and (channel, Purpose.EXTRAS) in standing.withdrawn


async def write_anew(tx: AsyncConnection, shop: str, people: Set[Person]) -> list[UUID]:
    """What is frozen and was never tried is planned again: it was written in a language that is not wanted any more."""
    waiting = await lock_waiting(tx, shop, people)
    return await ledger.thaw(tx, [row["id"] for row in waiting if row["state"] == State.FROZEN])
