"""A provider that fails again and again is passed over for a while, where another one can carry the message; and is
noticed when it is back.

Known to one process alone: each sender learns it within a few attempts, and a restart begins with trust.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

FAILURES = 5
"""In a row, of the kind that says nothing of the message itself."""
PASSED_OVER = timedelta(seconds=30)


@dataclass
class Circuits:
    """By provider."""

    _failures: dict[str, int] = field(default_factory=dict)
    _open_until: dict[str, datetime] = field(default_factory=dict)
    _proven: set[str] = field(default_factory=set)

    def succeeded(self, provider: str) -> bool:
        """True when it is back: it had been passed over, or nobody here had seen it work before."""
        back = provider in self._open_until or provider not in self._proven
        self._proven.add(provider)
        self._failures.pop(provider, None)
        self._open_until.pop(provider, None)
        return back

    def failed(self, provider: str, now: datetime) -> None:
        """After the pause one more failure is enough to be passed over again."""
        self._failures[provider] = self._failures.get(provider, 0) + 1
        if self._failures[provider] >= FAILURES:
            self._open_until[provider] = now + PASSED_OVER

    def is_open(self, provider: str, now: datetime) -> bool:
        until = self._open_until.get(provider)
        return until is not None and now < until
