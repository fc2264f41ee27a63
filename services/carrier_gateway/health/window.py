"""How often something happened lately: counts by word in a window that slides on in slots. Both are bounded."""

from __future__ import annotations

from collections import Counter, deque
from datetime import UTC, datetime, timedelta

SLOTS = 12
OTHER = "other"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class SlidingCounts:
    """Counts over the last `span`, to the slot. Beyond `most` different words, one that is new counts as `other`.

    A clock that steps back counts in the newest slot.
    """

    def __init__(self, span: timedelta, most: int) -> None:
        self._slot, self._most = span / SLOTS, most
        self._slots: deque[tuple[int, Counter[str]]] = deque()
        self._newest_ends = _EPOCH

    def add(self, word: str, now: datetime) -> None:
        if now >= self._newest_ends or not self._slots:
            number = self._number(now)
            self._slots.append((number, Counter()))
            self._newest_ends = _EPOCH + (number + 1) * self._slot
            self._forget(number)
        newest = self._slots[-1][1]
        newest[word if word in newest or self._has_room_for(word) else OTHER] += 1

    def counts(self, now: datetime) -> dict[str, int]:
        """By word, the most frequent first."""
        self._forget(self._number(now))
        return dict(sum((counts for _, counts in self._slots), Counter()).most_common())

    def _has_room_for(self, word: str) -> bool:
        known = {each for _, counts in self._slots for each in counts}
        return word in known or len(known) < self._most

    def _number(self, now: datetime) -> int:
        return (now - _EPOCH) // self._slot

    def _forget(self, number: int) -> None:
        while self._slots and self._slots[0][0] <= number - SLOTS:
            self._slots.popleft()
