"""Who somebody is to one shop, and what an address is to everybody, without saying the address.

A digest can be found again by whoever has the address, so it is pseudonymous, not anonymous (GDPR, article 4(5)). The
shop is part of a person: two shops cannot tell that they have a buyer in common.
"""

from __future__ import annotations

import hashlib

from shared.contracts.vocabulary import Channel

Person = bytes
"""SHA-256 of a shop and an address."""


def person_of(shop: str, address: str) -> Person:
    """The same for SMS and WhatsApp: they share the number."""
    return _digest("person", shop, normalised(address))


def digest_of(channel: Channel, address: str) -> bytes:
    """Of an address on one channel, whichever shop writes to it."""
    return _digest("address", channel, normalised(address))


def normalised(address: str) -> str:
    """Mail servers that tell `Lucia@` from `lucia@` are not known to exist; a phone number is E.164 already."""
    return address.strip().casefold()


def _digest(*parts: str) -> bytes:
    return hashlib.sha256("\x1f".join(("hito", *parts)).encode()).digest()
