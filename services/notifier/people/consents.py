"""What people agreed to and what they withdrew, for each channel and purpose: an append-only ledger.

The newest word counts, by the instant at which it was said; of two of one instant the withdrawal. So an order that was
placed before a withdrawal brings no consent back, however late it comes or is sent again, and one placed after does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifier.domain.person import Person
from shared.contracts.vocabulary import Channel
from shared.database import fetch, insert_rows, run


class Purpose(StrEnum):
    """ORDER_STATUS: all messages about orders on this channel. EXTRAS: among them those that a buyer can do without."""

    ORDER_STATUS = "order_status"
    EXTRAS = "order_extras"


class Source(StrEnum):
    """Where a word was said. STOP_REPLY: to the provider, which tells us by refusing. COMPLAINT: a spam report."""

    ORDER = "order"
    PREFERENCES = "preferences"
    UNSUBSCRIBE = "unsubscribe"
    STOP_REPLY = "stop_reply"
    COMPLAINT = "complaint"


@dataclass(frozen=True, slots=True)
class Word:
    """One grant or withdrawal. `order_id`: the order through which it came."""

    shop: str
    person: Person
    channel: Channel
    purpose: Purpose
    granted: bool
    source: Source
    at: datetime
    order_id: str


Someone = tuple[str, Person]
"""A shop, and a person to it."""


@dataclass(frozen=True, slots=True)
class Standing:
    """The newest words of one person. A pair that is in neither set was never spoken of."""

    granted: frozenset[tuple[Channel, Purpose]] = frozenset()
    withdrawn: frozenset[tuple[Channel, Purpose]] = frozenset()


NEVER_SPOKE = Standing()

_TYPES = {
    "shop": "text",
    "person": "bytea",
    "channel": "text",
    "purpose": "text",
    "state": "text",
    "source": "text",
    "at": "timestamptz",
    "order_id": "text",
}


async def note(tx: AsyncConnection, words: Iterable[Word]) -> None:
    """Write down what is new; the same word again changes nothing."""
    rows = [
        {
            "shop": word.shop,
            "person": word.person,
            "channel": word.channel,
            "purpose": word.purpose,
            "state": "granted" if word.granted else "withdrawn",
            "source": word.source,
            "at": word.at,
            "order_id": word.order_id,
        }
        for word in sorted(set(words), key=_lock_order)
    ]
    await insert_rows(tx, "consents", _TYPES, rows, then="ON CONFLICT DO NOTHING")


def _lock_order(word: Word) -> tuple[str, Person, str, str, datetime]:
    """One order for all writers: two that note the same words do not block each other."""
    return word.shop, word.person, word.channel, word.purpose, word.at


async def standing(tx: AsyncConnection, people: Iterable[Someone]) -> Mapping[Someone, Standing]:
    """How each of these stands; those who never spoke are left out."""
    keys = sorted(set(people))
    rows = await fetch(
        tx,
        "SELECT DISTINCT ON (c.shop, c.person, c.channel, c.purpose) c.shop, c.person, c.channel, c.purpose, c.state "
        "FROM consents c JOIN unnest(CAST(:shops AS text[]), CAST(:people AS bytea[])) AS k (shop, person) "
        "USING (shop, person) "
        "ORDER BY c.shop, c.person, c.channel, c.purpose, c.at DESC, c.state DESC",  # 'withdrawn' > 'granted'
        shops=[shop for shop, _ in keys],
        people=[person for _, person in keys],
    )
    found: dict[Someone, dict[str, set[tuple[Channel, Purpose]]]] = {}
    for row in rows:
        said = found.setdefault((row["shop"], bytes(row["person"])), {"granted": set(), "withdrawn": set()})
        said[row["state"]].add((Channel(row["channel"]), Purpose(row["purpose"])))
    return {who: Standing(frozenset(said["granted"]), frozenset(said["withdrawn"])) for who, said in found.items()}


async def forget(tx: AsyncConnection, before: datetime, at_once: int) -> int:
    """Delete a bounded number of old words: all but a withdrawal that still stands, which is kept for good."""
    return await run(
        tx,
        "DELETE FROM consents WHERE id IN (SELECT c.id FROM consents c WHERE c.noted_at < :before "
        "AND (c.state = 'granted' OR EXISTS (SELECT 1 FROM consents n WHERE n.shop = c.shop AND n.person = c.person "
        "AND n.channel = c.channel AND n.purpose = c.purpose AND n.at > c.at)) "
        "ORDER BY c.noted_at LIMIT :limit FOR UPDATE SKIP LOCKED)",
        before=before,
        limit=at_once,
    )
