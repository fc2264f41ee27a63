"""Addresses that are known to reach nobody, and what providers tell us of the people behind them.

Kept as digests, across shops: a mailbox that does not exist exists for no shop. Each entry ends by itself, after as
long as such a thing usually lasts; until then the next channel of the group tells.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifier.domain.person import digest_of, person_of
from services.notifier.people import consents, redecide
from services.notifier.people.consents import Purpose, Source, Word
from shared.contracts.vocabulary import Channel
from shared.database import Row, fetch, run

Address = tuple[Channel, str]

UNREACHABLE_FOR: tuple[tuple[str, timedelta], ...] = (
    (r"_30003(_|$)", timedelta(days=2)),  # the handset is off or has no signal
    (r"_30005(_|$)|_30004(_|$)", timedelta(days=30)),  # an unknown or a blocking handset: prepaid cards come back
    (r"_131026(_|$)", timedelta(days=7)),  # no WhatsApp there, an old version, or new terms not accepted yet
    (r"_5\.2\.", timedelta(days=2)),  # RFC 3463: the mailbox is full or switched off
    (r"^ses_bounce_permanent|^sendgrid_(bounce|dropped_bounced)", timedelta(days=180)),  # their word for a dead mailbox
    (r"_5\.1\.|_5\.4\.", timedelta(days=180)),  # RFC 3463: no such mailbox, no such domain
    (r"_(21211|21217|21265|21614|21635|30006)(_|$)", timedelta(days=180)),  # no number, or not one of a handset
)
"""For how long an address counts as unreachable, by what the reason holds. The first that fits."""
OTHERWISE_FOR = timedelta(days=3)
FORGOTTEN_AT_ONCE = 1_000

OPT_OUTS: tuple[tuple[str, Purpose], ...] = (
    (r"_21610(_|$)", Purpose.ORDER_STATUS),  # Twilio: they answered STOP to our number
    (r"_131050(_|$)", Purpose.EXTRAS),  # Meta: they want no marketing, which it took this message for
)
"""Refusals by which a provider says that somebody opted out with it, and of what."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """What became of one message, as far as it says something of the person. `complaint`: reported as spam."""

    reason: str
    unreachable: bool = False
    complaint: bool = False


async def note_unreachable(tx: AsyncConnection, channel: Channel, address: str, reason: str, now: datetime) -> None:
    """From now on, for as long as the reason usually lasts. What is known to last longer stays."""
    await run(
        tx,
        "INSERT INTO unreachable (channel, address, reason, until) VALUES (:channel, :address, :reason, :until) "
        "ON CONFLICT (channel, address) DO UPDATE SET reason = excluded.reason, until = excluded.until "
        "WHERE unreachable.until < excluded.until",
        channel=channel,
        address=digest_of(channel, address),
        reason=reason,
        until=now + lasts(reason),
    )


def lasts(reason: str) -> timedelta:
    return next((time for pattern, time in UNREACHABLE_FOR if re.search(pattern, reason)), OTHERWISE_FOR)


async def unreachable_among(tx: AsyncConnection, addresses: Iterable[Address], now: datetime) -> Set[Address]:
    """Those that need not be tried."""
    by_digest = {(channel, digest_of(channel, address)): (channel, address) for channel, address in set(addresses)}
    keys = sorted(by_digest)
    rows = await fetch(
        tx,
        "SELECT channel, address FROM unreachable "
        "JOIN unnest(CAST(:channels AS text[]), CAST(:addresses AS bytea[])) AS k (channel, address) "
        "USING (channel, address) WHERE until > :now",
        channels=[channel for channel, _ in keys],
        addresses=[digest for _, digest in keys],
        now=now,
    )
    return {by_digest[Channel(row["channel"]), bytes(row["address"])] for row in rows}


async def learn(tx: AsyncConnection, lessons: Mapping[UUID, Lesson], now: datetime) -> None:
    """From what became of these messages: who opted out with a provider, who complained, and which address is dead.

    An opt-out counts for what is waiting already; the caller's transaction holds both or neither.
    """
    telling = {message: lesson for message, lesson in lessons.items() if _says_something(lesson)}
    if not telling:
        return
    rows = await fetch(
        tx,
        "SELECT id, shop, order_id, channel, address FROM messages "
        "WHERE id = ANY(CAST(:ids AS uuid[])) AND address IS NOT NULL ORDER BY id",
        ids=sorted(telling),
    )
    for row in rows:
        lesson = telling[row["id"]]
        words = _words(row, lesson, now)
        if words:
            await consents.note(tx, words)
            await redecide.redecide(tx, row["shop"], {word.person for word in words})
        elif lesson.unreachable:
            await note_unreachable(tx, Channel(row["channel"]), row["address"], lesson.reason, now)


def _says_something(lesson: Lesson) -> bool:
    return lesson.unreachable or lesson.complaint or _opted_out_of(lesson.reason) is not None


def _opted_out_of(reason: str) -> Purpose | None:
    return next((purpose for pattern, purpose in OPT_OUTS if re.search(pattern, reason)), None)


def _words(row: Row, lesson: Lesson, now: datetime) -> list[Word]:
    """A complaint ends all mail of that shop to that address, a STOP all messages of that kind."""
    purpose, source = _opted_out_of(lesson.reason), Source.STOP_REPLY
    if lesson.complaint:
        purpose, source = Purpose.ORDER_STATUS, Source.COMPLAINT
    if purpose is None:
        return []
    purposes = (Purpose.ORDER_STATUS, Purpose.EXTRAS) if lesson.complaint else (purpose,)
    person, channel = person_of(row["shop"], row["address"]), Channel(row["channel"])
    return [Word(row["shop"], person, channel, each, False, source, now, row["order_id"]) for each in purposes]


async def forget(tx: AsyncConnection, now: datetime) -> int:
    """Delete a bounded number of entries whose time is over."""
    return await run(
        tx,
        "DELETE FROM unreachable WHERE (channel, address) IN (SELECT channel, address FROM unreachable "
        "WHERE until <= :now ORDER BY until LIMIT :limit FOR UPDATE SKIP LOCKED)",
        now=now,
        limit=FORGOTTEN_AT_ONCE,
    )
