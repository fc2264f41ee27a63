"""How much of what was fetched is taken in at once: many small facts or few large ones, never more than goes quickly.

It begins with few, goes on with twice as many while they go quickly, and with half as many where they do not. So what
was too slow for the watchdog, which ends the process over it, comes again in pieces that get done.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from datetime import timedelta

from aiokafka import ConsumerRecord

PORTION_BYTES = 1024 * 1024
FEW = 8
SLOW = timedelta(seconds=5)
"""Well below the watchdog's patience."""


class Portions:
    """The order of what is added stays."""

    def __init__(self) -> None:
        self._waiting: deque[ConsumerRecord] = deque()
        self._most = FEW

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def add(self, records: Iterable[ConsumerRecord]) -> None:
        self._waiting.extend(records)

    def next(self) -> list[ConsumerRecord]:
        """Empty when nothing waits. A fact of more than PORTION_BYTES comes alone, or last."""
        portion: list[ConsumerRecord] = []
        size_bytes = 0
        while self._waiting and len(portion) < self._most and size_bytes < PORTION_BYTES:
            portion.append(self._waiting.popleft())
            size_bytes += len(portion[-1].value or b"")
        return portion

    def took(self, count: int, duration: timedelta) -> None:
        """So many facts were taken in, and that took so long."""
        if duration > SLOW:
            self._most = max(1, min(self._most, count) // 2)
        elif count >= self._most:
            self._most *= 2
