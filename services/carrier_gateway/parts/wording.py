"""Meaning from a carrier's sentence, for carriers whose codes do not say enough. Tables are data, first match wins.

Negation comes before assertion, future before past, return before delivered; `unless` holds what forbids a match.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from services.carrier_gateway.parts.base import Row

LONGEST_TEXT = 200
NEGATED = r"\b(?:NO|NOT|NICHT|KEINE?[NMRS]?|SIN|NON|NAO|UNABLE|FAILED)\b|\b(?:CANNOT|COULDNT|COULDN'T)\b"
FORECAST = r"\b(?:WILL|SHALL|WIRD|WERDEN|SCHEDULED|PLANNED|EXPECTED|VORAUSSICHTLICH|SERA|PROGRAMADO)\b|\bTO BE\b"
_IN_BRACKETS = re.compile(r"\s*[(\[][^()\[\]]*[)\]]$")


@dataclass(frozen=True)
class Wording:
    """One row: the normalised text matches `pattern` and not `unless`. Each example must end in this very row."""

    name: str
    pattern: str
    row: Row
    examples: tuple[str, ...]
    unless: str | None = None

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(self.pattern)

    @cached_property
    def _unless(self) -> re.Pattern[str] | None:
        return re.compile(self.unless) if self.unless else None

    def end_in(self, text: str) -> int | None:
        """Where the known wording ends in a normalised text; None when this is not it."""
        found = self._pattern.search(text)
        if found is None or (self._unless is not None and self._unless.search(text)):
            return None
        return found.end()


@dataclass(frozen=True)
class Recognised:
    wording: Wording
    words: int
    """How many words of the text end with the known wording: names like to come after it."""


def recognise(text: str, wordings: Iterable[Wording]) -> Recognised | None:
    """The first row of the table that the text matches."""
    normalised = normalise(text)
    for wording in wordings:
        end = wording.end_in(normalised)
        if end is not None:
            return Recognised(wording, len(normalised[:end].split()))
    return None


def normalise(text: str) -> str:
    """Without accents, upper case, single spaces, without a place name in brackets at the end."""
    line = " ".join(_plain_letters(text[:LONGEST_TEXT]).upper().split())
    return _IN_BRACKETS.sub("", line) if line.endswith((")", "]")) else line


def _plain_letters(text: str) -> str:
    """Cut once more: there are characters that NFKD makes eighteen of."""
    if text.isascii():
        return text
    letters = unicodedata.normalize("NFKD", text)[: 2 * LONGEST_TEXT]
    return "".join(letter for letter in letters if not unicodedata.combining(letter))[:LONGEST_TEXT]
