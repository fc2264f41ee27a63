"""The thresholds of a carrier's health, in one place: what is looked at, how long it is kept, when it is an alarm."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class SilenceRules:
    """When a carrier that used to push has been silent for too long.

    `missed_hours` is how many hours in which it usually speaks must pass without a word: with independent hours, a
    silence as long comes about by chance once in e^6 = 400 pauses.
    """

    missed_hours: float = 6.0
    spoken_hours: int = 12
    """It has a rhythm only after it spoke in so many different hours."""
    weeks_remembered: int = 6
    """An hour of the week weighs as the last so many of its kind."""
    office_days: frozenset[int] = frozenset(range(5))
    """Monday is 0. An hour of the week not lived through yet counts only when it is within office days and hours."""
    office_hours: range = range(8, 20)
    longest_look: timedelta = timedelta(days=28)


@dataclass(frozen=True)
class UnansweredRules:
    """When a carrier that used to answer our questions does not any more: `least` in a row without a good answer, and
    `times` the longest such row that ended by itself.
    """

    least: int = 20
    times: int = 3


@dataclass(frozen=True)
class DriftRules:
    """Payloads are compared in blocks; the first block teaches what is usual."""

    block: int = 50
    regular_share: float = 0.95
    """A field in at least this share of the payloads so far is missed when a whole block goes without it."""
    look_pause: timedelta = timedelta(seconds=1)
    """At most one payload is looked through in this time: the rest costs nothing."""
    longest_body_bytes: int = 256 * 1024
    most_names: int = 300
    most_nodes: int = 4000


@dataclass(frozen=True)
class HealthRules:
    silence: SilenceRules = SilenceRules()
    unanswered: UnansweredRules = UnansweredRules()
    drift: DriftRules = DriftRules()
    rate_span: timedelta = timedelta(hours=1)
    malformed_span: timedelta = timedelta(days=1)
    most_paths: int = 30
    most_samples: int = 20
