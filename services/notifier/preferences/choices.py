"""What one person chose: which channels, which language, and whether to hear of what is optional too.

A choice belongs to the person at that shop, by address: it counts for this order, for later ones, and for messages that
are planned already. The page shows what counts now, whoever said it: the order, this page, or a STOP to a provider.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifier import erasure
from services.notifier.domain.person import Person, person_of
from services.notifier.domain.plan import NEEDS_CONSENT
from services.notifier.people import consents, redecide
from services.notifier.people.audience import Known, Somebody, addresses_of, recipients_of
from services.notifier.people.consents import Purpose, Source, Word
from services.notifier.preferences.links import Link
from shared.contracts.steps import StepReached
from shared.contracts.vocabulary import Channel
from shared.database import fetch, run


@dataclass(frozen=True)
class Visitor:
    """Whom a link belongs to, as the newest step of its order names them."""

    link: Link
    person: Somebody
    step: StepReached

    @property
    def addresses(self) -> dict[Channel, str]:
        return addresses_of(self.person)

    @property
    def people(self) -> set[Person]:
        """One for each different address."""
        return {person_of(self.link.shop, address) for address in self.addresses.values()}


@dataclass(frozen=True)
class Choices:
    """`language` is a tag such as `pt-BR`; None where nobody chose one and the order's counts."""

    channels: frozenset[Channel]
    language: str | None
    extras: bool


Wish = Callable[[Choices], Choices]
"""What should count, made from what counts now."""


async def visitor_of(tx: AsyncConnection, link: Link) -> Visitor | None:
    """None when the order's contact is forgotten, or it does not name this recipient any more."""
    rows = await fetch(
        tx,
        "SELECT step FROM steps WHERE shop = :shop AND order_id = :order_id AND step IS NOT NULL "
        "ORDER BY CAST(step ->> 'sequence' AS int) DESC LIMIT 1",
        shop=link.shop,
        order_id=link.order_id,
    )
    if not rows:
        return None
    step = StepReached.model_validate(rows[0]["step"], extra="ignore")
    person = recipients_of(step).get(link.recipient)
    return Visitor(link, person, step) if person is not None and addresses_of(person) else None


async def chosen(tx: AsyncConnection, visitor: Visitor) -> Choices:
    """What counts now."""
    link = visitor.link
    standings = await consents.standing(tx, {(link.shop, person) for person in visitor.people})
    known = Known(standings, frozenset()).view(link.shop, link.recipient, visitor.person)
    on = {
        channel
        for channel in known.reachable - known.opted_out
        if channel not in NEEDS_CONSENT or channel in known.consents
    }
    rows = await fetch(
        tx,
        "SELECT language FROM languages_chosen WHERE shop = :shop AND person = ANY(CAST(:people AS bytea[])) "
        "ORDER BY at DESC LIMIT 1",
        shop=link.shop,
        people=sorted(visitor.people),
    )
    return Choices(frozenset(on), rows[0]["language"] if rows else None, not known.necessary_only)


async def choose(tx: AsyncConnection, visitor: Visitor, wish: Wish, source: Source, now: datetime) -> None:
    """Write down what the wish changes of what counts now, and look again at what is waiting.

    Hazard: call it before anything else that locks. It keeps steps from being planned by what counted before.
    """
    await erasure.hold(tx, erasing=True)
    shop, people = visitor.link.shop, visitor.people
    await redecide.lock_waiting(tx, shop, people)
    before = await chosen(tx, visitor)
    wanted = wish(before)
    await consents.note(tx, _differences(visitor, before, wanted, source, now))
    await redecide.redecide(tx, shop, people)
    if wanted.language is not None and wanted.language != before.language:
        await _speak(tx, visitor, wanted.language, now)
        await redecide.write_anew(tx, shop, people)


def without_extras(before: Choices) -> Choices:
    """What the one click of RFC 8058 asks for."""
    return replace(before, extras=False)


def _differences(visitor: Visitor, before: Choices, wanted: Choices, source: Source, now: datetime) -> Iterator[Word]:
    link = visitor.link
    for channel, address in visitor.addresses.items():
        person = person_of(link.shop, address)
        if (channel in wanted.channels) is not (channel in before.channels):
            granted = channel in wanted.channels
            yield Word(link.shop, person, channel, Purpose.ORDER_STATUS, granted, source, now, link.order_id)
        if wanted.extras is not before.extras:
            yield Word(link.shop, person, channel, Purpose.EXTRAS, wanted.extras, source, now, link.order_id)


async def _speak(tx: AsyncConnection, visitor: Visitor, language: str, now: datetime) -> None:
    await run(
        tx,
        "INSERT INTO languages_chosen (shop, person, language, order_id, at) "
        "SELECT :shop, person, :language, :order_id, :now FROM unnest(CAST(:people AS bytea[])) AS person "
        "ON CONFLICT (shop, person) DO UPDATE "
        "SET language = excluded.language, order_id = excluded.order_id, at = excluded.at",
        shop=visitor.link.shop,
        language=language,
        order_id=visitor.link.order_id,
        now=now,
        people=sorted(visitor.people),
    )


async def forget_languages(tx: AsyncConnection, before: datetime, at_once: int) -> int:
    """Delete a bounded number of old choices: after so long the next order's language counts again."""
    return await run(
        tx,
        "DELETE FROM languages_chosen WHERE (shop, person) IN (SELECT shop, person FROM languages_chosen "
        "WHERE at < :before ORDER BY at LIMIT :limit FOR UPDATE SKIP LOCKED)",
        before=before,
        limit=at_once,
    )
