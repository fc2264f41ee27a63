"""Whether a carrier's payloads change their shape: fields that are new, that are gone, that hold another kind of value.

The first block of payloads teaches what is usual, a field is missed after a whole block without it. Names and counts
only, bounded; beyond the bound new names are merely counted.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from services.carrier_gateway.health.field_names import names_in, safe_name
from services.carrier_gateway.health.rules import DriftRules


class Drift(StrEnum):
    """What was noticed."""

    APPEARED = "appeared"
    VANISHED = "vanished"
    OTHER_KIND = "other_kind"
    MALFORMED = "malformed"


@dataclass
class FieldSeen:
    """`read`: an adapter reads it. `usual`: its share of the payloads, as learnt so far."""

    name: str
    read: bool
    first_at: datetime
    appeared: bool
    count: int = 0
    in_block: int = 0
    usual: float = 0.0
    missed_since: datetime | None = None
    kinds: set[str] = field(default_factory=set)
    other_kinds: set[str] = field(default_factory=set)


class Shape:
    """Of the payloads that come one way from one carrier. `known`: the names its adapter reads; empty if not known."""

    def __init__(self, known: frozenset[str], rules: DriftRules) -> None:
        self._known, self._rules = known, rules
        self._fields: dict[str, FieldSeen] = {}
        self._looked_at: datetime | None = None
        self.payloads, self.names_beyond = 0, 0

    @property
    def fields(self) -> tuple[FieldSeen, ...]:
        return tuple(self._fields.values())

    def look(self, body: bytes, now: datetime) -> list[Drift]:
        """Answers what is noticed for the first time. Most payloads of a busy moment are passed over."""
        if self._looked_at is not None and abs(now - self._looked_at) < self._rules.look_pause:
            return []
        self._looked_at = now
        seen = names_in(body, self._rules)
        if not seen:
            return []
        kinds: dict[tuple[str, bool], set[str]] = {}
        for parent, name, kind in seen:
            kinds.setdefault(self._called(parent, name), set()).add(kind)
        noticed = [drift for (name, read), found in kinds.items() for drift in self._note(name, read, found, now)]
        self.payloads += 1
        if self.payloads % self._rules.block == 0:
            noticed += self._close_block(now)
        return noticed

    def _called(self, parent: str | None, name: str) -> tuple[str, bool]:
        """A field that is read by its name alone, another with the one it lies in."""
        own = safe_name(name, self._known)
        if name.lower() in self._known:
            return own, True
        return (f"{safe_name(parent, self._known)}.{own}" if parent else own), False

    def _note(self, name: str, read: bool, kinds: set[str], now: datetime) -> list[Drift]:
        learning = self.payloads < self._rules.block
        if name not in self._fields:
            if len(self._fields) >= self._rules.most_names:
                self.names_beyond += 1
                return []
            self._fields[name] = FieldSeen(name, read, now, appeared=not learning)
        known, noticed = self._fields[name], []
        if known.count == 0 and known.appeared:
            noticed.append(Drift.APPEARED)
        known.count, known.in_block, known.missed_since = known.count + 1, known.in_block + 1, None
        if learning or known.count == 1:
            known.kinds |= kinds
        elif new := kinds - known.kinds - known.other_kinds:
            known.other_kinds |= new
            noticed.append(Drift.OTHER_KIND)
        return noticed

    def _close_block(self, now: datetime) -> list[Drift]:
        noticed, first = [], self.payloads == self._rules.block
        for known in self._fields.values():
            share, known.in_block = known.in_block / self._rules.block, 0
            if share:
                known.usual = share if first or not known.usual else (known.usual * 3 + share) / 4
            elif known.usual >= self._rules.regular_share and known.missed_since is None and self._matters(known):
                known.missed_since = now
                noticed.append(Drift.VANISHED)
        return noticed

    def _matters(self, known: FieldSeen) -> bool:
        return known.read or not self._known
