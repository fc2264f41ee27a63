"""What a check answers: findings, each of which is a failure of the run, and counts for the report."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

Tally = Counter[str]
"""What was counted on the way, by name: the figures of a report."""


class Finding(NamedTuple):
    """`rule` is `check.rule`, `key` what it is about: an order, a message, a process. Neither holds an address."""

    rule: str
    key: str
    expected: str
    found: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.key}: expected {self.expected}, found {self.found}"
