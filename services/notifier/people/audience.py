"""Everybody to tell of a step, with what they agreed to, what they withdrew, and which of their addresses are dead."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifier.domain.person import person_of
from services.notifier.domain.plan import BUYER, Recipient
from services.notifier.people import consents, reach
from services.notifier.people.consents import NEVER_SPOKE, Purpose, Someone, Source, Standing, Word
from services.notifier.people.reach import Address
from shared.contracts.orders import Buyer, Consent
from shared.contracts.orders import Recipient as OtherRecipient
from shared.contracts.steps import StepReached
from shared.contracts.vocabulary import Channel

Somebody = Buyer | OtherRecipient


def recipients_of(step: StepReached) -> dict[str, Somebody]:
    """Everybody to tell, by role: the buyer first, then the others, numbered where a role comes twice."""
    people: dict[str, Somebody] = {BUYER: step.buyer}
    for other in step.recipients:
        role, number = other.role, 2
        while role in people:
            role, number = f"{other.role}-{number}", number + 1
        people[role] = other
    return people


def address_of(person: Somebody, channel: Channel) -> str | None:
    return person.email if channel is Channel.EMAIL else person.phone


def addresses_of(person: Somebody) -> dict[Channel, str]:
    found = ((channel, address_of(person, channel)) for channel in Channel)
    return {channel: address for channel, address in found if address is not None}


@dataclass(frozen=True)
class Known:
    """What the notifier knows of the people of some steps, beside what the steps say."""

    standings: Mapping[Someone, Standing]
    dead: Set[Address]

    def view(self, shop: str, role: str, person: Somebody) -> Recipient:
        addresses = addresses_of(person)
        said = {channel: self._standing(shop, address) for channel, address in addresses.items()}

        def with_word(purpose: Purpose, *, granted: bool) -> frozenset[Channel]:
            words = {c: each.granted if granted else each.withdrawn for c, each in said.items()}
            return frozenset(channel for channel, known in words.items() if (channel, purpose) in known)

        return Recipient(
            role=role,
            reachable=frozenset(addresses),
            consents=with_word(Purpose.ORDER_STATUS, granted=True),
            opted_out=with_word(Purpose.ORDER_STATUS, granted=False),
            necessary_only=with_word(Purpose.EXTRAS, granted=False),
            dead=frozenset(channel for channel, address in addresses.items() if (channel, address) in self.dead),
        )

    def _standing(self, shop: str, address: str) -> Standing:
        return self.standings.get((shop, person_of(shop, address)), NEVER_SPOKE)


async def look_up(tx: AsyncConnection, steps: Sequence[StepReached], now: datetime) -> Known:
    """Write down the consents that these steps bring, and answer what is known then."""
    people = [(step, person) for step in steps for person in recipients_of(step).values()]
    addresses = {address for _, person in people for address in addresses_of(person).items()}
    ids = {
        (step.shop, person_of(step.shop, address))
        for step, person in people
        for address in set(addresses_of(person).values())
    }
    await consents.note(tx, (word for step, person in people for word in _grants(step, person, now)))
    return Known(await consents.standing(tx, ids), await reach.unreachable_among(tx, addresses, now))


def _grants(step: StepReached, person: Somebody, now: datetime) -> Iterator[Word]:
    for consent in _of_order_status(person.consents):
        address = address_of(person, consent.channel)
        if address is not None:
            at = _said_at(consent, step, now)
            who = person_of(step.shop, address)
            yield Word(step.shop, who, consent.channel, Purpose.ORDER_STATUS, True, Source.ORDER, at, step.order_id)


def _of_order_status(given: Iterable[Consent]) -> Iterator[Consent]:
    return (consent for consent in given if consent.purpose == Purpose.ORDER_STATUS)


def _said_at(consent: Consent, step: StepReached, now: datetime) -> datetime:
    """When it was given, else when the order was placed. A date in the future would outlive every withdrawal."""
    given = consent.granted_at
    return given if given is not None and given <= now else min(step.order.placed_at, now)
