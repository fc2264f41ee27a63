"""Whose address is it? Known buyers by their card; a stranger's mail and phone meet through the link they share.

A person's id in URLs is a salted digest, so that no address ever stands in one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from sandbox.people import Person
from sandbox.phone.messages import PhoneMessage
from shared.contracts.vocabulary import Channel


@dataclass
class Card:
    """One owner of a phone."""

    id: str
    name: str
    locale: str | None = None
    place: str | None = None
    addresses: set[str] = field(default_factory=set)
    tracking_urls: set[str] = field(default_factory=set)
    is_known: bool = True

    def as_json(self) -> dict[str, Any]:
        return {"id": self.id, "name": self.name, "locale": self.locale, "place": self.place}


class AddressBook:
    """Finds the owner of a message, and makes a new card for a stranger."""

    def __init__(self, people: Iterable[Person], salt: bytes) -> None:
        self._salt = salt
        self._cards: dict[str, Card] = {}
        self._by_address: dict[str, Card] = {}
        for person in people:
            self._add(self._card_of(person))

    def _card_of(self, person: Person) -> Card:
        addresses = {address for address in (person.email, person.phone) if address}
        return Card(self._id(min(addresses)), person.name, person.locale, person.city, addresses)

    def _id(self, address: str) -> str:
        return sha256(self._salt + address.encode()).hexdigest()[:16]

    def _add(self, card: Card) -> None:
        self._cards[card.id] = card
        self._by_address.update(dict.fromkeys(card.addresses, card))

    def __getitem__(self, card_id: str) -> Card:
        """Raises KeyError for an id nobody has."""
        return self._cards[card_id]

    def owner_of(self, message: PhoneMessage) -> Card:
        """The card this message belongs to; made on the spot for an address never seen."""
        card = self._by_address.get(message.address) or self._stranger(message)
        if message.tracking_url:
            card.tracking_urls.add(message.tracking_url)
        return card

    def _stranger(self, message: PhoneMessage) -> Card:
        card = self._same_order(message) or Card(self._id(message.address), message.address, is_known=False)
        card.addresses.add(message.address)
        self._add(card)
        return card

    def _same_order(self, message: PhoneMessage) -> Card | None:
        """Another stranger with the same tracking link who lacks just this kind of address."""
        is_mail = message.channel is Channel.EMAIL
        for card in self._cards.values():
            has_this_kind = any(("@" in address) == is_mail for address in card.addresses)
            if not card.is_known and message.tracking_url in card.tracking_urls and not has_this_kind:
                return card
        return None
