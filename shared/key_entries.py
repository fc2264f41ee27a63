"""How an API key is configured: its name, what it may do, its last day and its hash. The key itself is kept nowhere.

    web:orders.read+orders.write:2027-01-31:<sha256 of the key, 64 hexadecimal digits>

A fast hash is enough, because keys are made here with 256 random bits: there is nothing to guess. Slow hashes are for
passwords that people choose.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from shared.settings import BrokenConfiguration

NEVER = "never"
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,31}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_SEPARATORS = re.compile(r"[\s,]+")


class Scope(StrEnum):
    """What a key may do."""

    ORDERS_WRITE = "orders.write"
    ORDERS_READ = "orders.read"
    ERASURE = "erasure"
    OPS = "ops"


OF_SHOPS = (Scope.ORDERS_WRITE, Scope.ORDERS_READ, Scope.ERASURE)
OF_OPERATORS = (Scope.OPS,)


@dataclass(frozen=True)
class KeyEntry:
    """One key. `name` is what logs and metrics call it; it opens until `last_day` (UTC) is over, None is for ever."""

    name: str
    scopes: frozenset[Scope]
    last_day: date | None
    digest: bytes

    def lives_on(self, day: date) -> bool:
        return self.last_day is None or day <= self.last_day

    def __str__(self) -> str:
        scopes = "+".join(sorted(self.scopes))
        return f"{self.name}:{scopes}:{self.last_day or NEVER}:{self.digest.hex()}"


def digest_of(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()


def variable_of(shop: str) -> str:
    """The environment variable with a shop's entries."""
    return f"SHOP_{shop.upper().replace('-', '_')}_API_KEYS"


def read_entries(text: str, variable: str, allowed: Collection[Scope], tool: str) -> tuple[KeyEntry, ...]:
    """Entries separated by spaces or commas. `tool` is the command that makes one.

    Raises BrokenConfiguration that says which entry is wrong and never quotes it: it may be a key.
    """
    entries = tuple(
        _read_entry(item, f"environment: {variable}: entry {nth}", allowed, tool)
        for nth, item in enumerate(filter(None, _SEPARATORS.split(text)), 1)
    )
    if not entries:
        raise BrokenConfiguration(f"environment: {variable}: missing; make a key and its entry with `{tool}`")
    if len({entry.name for entry in entries}) < len(entries):
        raise BrokenConfiguration(f"environment: {variable}: two entries have the same name")
    if len({entry.digest for entry in entries}) < len(entries):
        raise BrokenConfiguration(f"environment: {variable}: two entries are of the same key")
    return entries


def _read_entry(item: str, place: str, allowed: Collection[Scope], tool: str) -> KeyEntry:
    name, scopes, last_day, digest = [*item.split(":"), "", "", "", ""][:4]
    if item.count(":") != 3 or not _DIGEST.fullmatch(digest):
        raise BrokenConfiguration(
            f"{place} is not name:scopes:last-day:sha256. Keys themselves do not stand here, only their hashes: "
            f"`{tool}` makes a new key with its entry, `{tool} --existing` the entry of a key you have"
        )
    if not NAME.fullmatch(name):
        raise BrokenConfiguration(f"{place}: a name is 1 to 32 of a-z 0-9 . _ -")
    return KeyEntry(name, read_scopes(scopes, allowed, place), _last_day(last_day, place), bytes.fromhex(digest))


def read_scopes(text: str, allowed: Collection[Scope], place: str) -> frozenset[Scope]:
    """`orders.read+orders.write`. Raises BrokenConfiguration naming those there are."""
    known = {str(scope): scope for scope in allowed}
    words = text.split("+")
    if not all(word in known for word in words):
        raise BrokenConfiguration(f"{place}: scopes are one or more of {' '.join(known)}, joined by +")
    return frozenset(known[word] for word in words)


def _last_day(text: str, place: str) -> date | None:
    if text == NEVER:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise BrokenConfiguration(f"{place}: the last day is written 2027-01-31, or {NEVER}") from error
