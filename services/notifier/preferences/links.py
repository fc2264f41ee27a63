"""The link to the preferences: 128 bits that nobody can guess, one for each order and recipient.

Drawn, not derived, and kept beside the letters in which it stands: it is worth no more than they are, lets nobody read
an address or send anything, and goes when they go.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifier.domain.person import Person
from services.notifier.domain.urgency import Urgency
from shared.database import fetch, insert_rows, run

LINK_LIVES = timedelta(days=90)
"""So long after the last message was planned a link still opens, if its order's contact is kept as long."""
_NOTE_AGAIN_AFTER = "interval '1 day'"
_TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")

FOR_LETTER = (
    "(SELECT l.token FROM preference_links l WHERE l.shop = m.shop AND l.order_id = m.order_id "
    "AND l.recipient = m.recipient) AS preferences_token, "
    "(SELECT c.language FROM languages_chosen c WHERE c.shop = m.shop AND c.person = m.person) AS language_chosen"
)
"""SQL: what a message `m` is written with, beside its step."""


@dataclass(frozen=True, slots=True)
class Link:
    shop: str
    order_id: str
    recipient: str


def new_token() -> str:
    """22 characters of URL-safe base64."""
    return secrets.token_urlsafe(16)


def preferences_url(public_url: str, token: str) -> str:
    return f"{public_url}/preferences/{token}"


def unsubscribe_url(preferences: str | None, urgency: str) -> str | None:
    """For List-Unsubscribe. None for what the buyer has to know: nobody is offered to miss that by one click."""
    return f"{preferences}/unsubscribe" if preferences and urgency == Urgency.OPTIONAL else None


async def keep(
    tx: AsyncConnection, told: Iterable[tuple[str, str, str]], new_token: Callable[[], str], now: datetime
) -> None:
    """A link for each (shop, order, recipient) that is told something; the one that there is lives on."""
    rows = [
        {"token": new_token(), "shop": shop, "order_id": order_id, "recipient": recipient, "told_at": now}
        for shop, order_id, recipient in sorted(set(told))
    ]
    types = {"token": "text", "shop": "text", "order_id": "text", "recipient": "text", "told_at": "timestamptz"}
    await insert_rows(
        tx,
        "preference_links",
        types,
        rows,
        then="ON CONFLICT (shop, order_id, recipient) DO UPDATE SET told_at = excluded.told_at "
        f"WHERE preference_links.told_at < excluded.told_at - {_NOTE_AGAIN_AFTER}",
    )


@dataclass(frozen=True)
class ForLetters:
    """As FOR_LETTER reads them, before there is a message: tokens by recipient, languages chosen by person."""

    tokens: Mapping[str, str]
    languages: Mapping[Person, str]


async def for_letters(tx: AsyncConnection, shop: str, order_id: str, people: Collection[Person]) -> ForLetters:
    """What messages of this order to these people would be written with today."""
    links = await fetch(
        tx,
        "SELECT recipient, token FROM preference_links WHERE shop = :shop AND order_id = :order_id",
        shop=shop,
        order_id=order_id,
    )
    chosen = await fetch(
        tx,
        "SELECT person, language FROM languages_chosen WHERE shop = :shop AND person = ANY(CAST(:people AS bytea[]))",
        shop=shop,
        people=sorted(people),
    )
    return ForLetters(
        {row["recipient"]: row["token"] for row in links}, {bytes(row["person"]): row["language"] for row in chosen}
    )


async def find(tx: AsyncConnection, token: str, now: datetime) -> Link | None:
    """None for a link that never was and for one that has expired."""
    if not _TOKEN.fullmatch(token):
        return None
    rows = await fetch(
        tx,
        "SELECT shop, order_id, recipient FROM preference_links WHERE token = :token AND told_at > :since",
        token=token,
        since=now - LINK_LIVES,
    )
    return Link(**rows[0]) if rows else None


async def forget(tx: AsyncConnection, before: datetime, at_once: int) -> int:
    """Delete a bounded number of links that have led nowhere for long."""
    return await run(
        tx,
        "DELETE FROM preference_links WHERE token IN (SELECT token FROM preference_links "
        "WHERE told_at < :before ORDER BY told_at LIMIT :limit FOR UPDATE SKIP LOCKED)",
        before=before,
        limit=at_once,
    )
