"""What is remembered of one carrier, one way: plain bookkeeping. Time is an argument, nothing here waits or measures.

`push` is what the carrier calls us with, `poll` what it answers to our questions.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum

from services.carrier_gateway.health.field_names import safe_path
from services.carrier_gateway.health.rhythm import Rhythm
from services.carrier_gateway.health.rules import HealthRules
from services.carrier_gateway.health.shape import Drift, Shape
from services.carrier_gateway.health.unmapped import UnmappedCodes
from services.carrier_gateway.health.window import SlidingCounts
from services.carrier_gateway.parts.base import Refusal
from shared.contracts.shipments import ShipmentEvent


class Way(StrEnum):
    PUSH = "push"
    POLL = "poll"


class Outcome(StrEnum):
    """What became of one call; the refusals are those of `Refusal`."""

    GOOD = "good"
    NOT_SIGNED = "not_signed"
    MALFORMED = "malformed"
    NOT_FOUND = "not_found"
    BAD_REFERENCE = "bad_reference"
    NOT_ALLOWED = "not_allowed"
    QUOTA = "quota"
    OUTAGE = "outage"


NO_ERRORS = frozenset({Outcome.GOOD, Outcome.NOT_FOUND, Outcome.BAD_REFERENCE})
"""The last two say something of one parcel, nothing of the carrier."""


def outcome_of(refusal: Refusal | None, *, malformed: bool) -> Outcome:
    if malformed:
        return Outcome.MALFORMED
    return Outcome(refusal.value) if refusal else Outcome.GOOD


class WayRecord:
    """One carrier, one way."""

    def __init__(self, way: Way, zone: tzinfo, known: frozenset[str], rules: HealthRules) -> None:
        self.way, self._known, self._rules = way, known, rules
        self._outcomes = SlidingCounts(rules.rate_span, len(Outcome))
        self._paths = SlidingCounts(rules.malformed_span, rules.most_paths)
        self._read = SlidingCounts(rules.malformed_span, len(Outcome))
        self.rhythm = Rhythm(zone, rules.silence)
        self.shape = Shape(known, rules.drift)
        self.unmapped = UnmappedCodes(rules.most_samples)
        self.last_good_at: datetime | None = None
        self.quota_left: int | None = None
        self._row, self._longest_row = 0, 0

    def count(self, outcome: Outcome, now: datetime) -> None:
        self._outcomes.add(outcome, now)
        if outcome in (Outcome.GOOD, Outcome.MALFORMED):
            self._read.add(outcome, now)
        if outcome is not Outcome.GOOD:
            self._row += 1
            return
        if self.last_good_at is not None:
            self._longest_row = max(self._longest_row, self._row)
        self._row, self.last_good_at = 0, now
        self.rhythm.heard(now)

    def take_in(self, events: Iterable[ShipmentEvent], now: datetime) -> None:
        """The events of a good call."""
        for event in events:
            self.unmapped.note(event, now)

    def stumble(self, errors: Sequence[tuple[str, str]], now: datetime) -> None:
        """The fields over which a payload was malformed, each once."""
        for path in dict.fromkeys(safe_path(field, self._known) for field, _ in errors):
            self._paths.add(path, now)

    def look(self, body: bytes, now: datetime) -> list[Drift]:
        return self.shape.look(body, now)

    def is_silent(self, now: datetime) -> bool:
        """A carrier that pushed has stopped, by its own rhythm; or one that answered does not answer what we ask."""
        if self.way is Way.PUSH:
            return self.rhythm.is_silent(now)
        rules = self._rules.unanswered
        return self.last_good_at is not None and self._row >= max(rules.least, rules.times * self._longest_row)

    @property
    def unanswered(self) -> int:
        """Calls without a good answer since the last good one."""
        return self._row

    def outcomes(self, now: datetime) -> dict[str, int]:
        return self._outcomes.counts(now)

    def malformed_shares(self, now: datetime) -> dict[str, tuple[int, float]]:
        """By field, the number and the share of payloads that were malformed there."""
        read = sum(self._read.counts(now).values())
        return {
            path: (count, min(count / read, 1.0) if read else 0.0) for path, count in self._paths.counts(now).items()
        }

    @property
    def rate_span(self) -> timedelta:
        return self._rules.rate_span
