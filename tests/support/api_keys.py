"""Keys as shops and operators hold them, and their entries as tracking is told of them."""

from __future__ import annotations

from datetime import date

from shared.key_entries import OF_OPERATORS, OF_SHOPS, KeyEntry, Scope, digest_of


def entry(key: str, *scopes: Scope, name: str = "main", last_day: date | None = None) -> KeyEntry:
    """Of a shop's key, with every scope unless some are named."""
    return KeyEntry(name, frozenset(scopes or OF_SHOPS), last_day, digest_of(key))


def ops_entry(key: str, *, name: str = "main", last_day: date | None = None) -> KeyEntry:
    return entry(key, *OF_OPERATORS, name=name, last_day=last_day)
