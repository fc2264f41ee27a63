"""Scans of carriers that have few codes or none: the sentence says what happened, or it is unknown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from services.carrier_gateway.parts.base import UNMAPPED, Row, code_table
from services.carrier_gateway.parts.instants import Moment
from services.carrier_gateway.parts.plain_text import clean, plain
from services.carrier_gateway.parts.scans import Scan
from services.carrier_gateway.parts.wording import Wording, recognise
from shared.contracts.shipments import Location

_LONGEST_CODE = 40


def codes_of(wordings: Sequence[Wording]) -> Mapping[str, Row]:
    """The names of the wordings are the codes of such a carrier."""
    return code_table(*((wording.name, wording.row) for wording in wordings))


def scan_of(
    sentence: str | None,
    wordings: Sequence[Wording],
    moment: Moment | None,
    location: Location | None,
    code: str | None = None,
) -> Scan:
    """The first wording that fits gives the meaning. `code` stood beside it and has no row of its own."""
    found = recognise(sentence or "", wordings)
    if found is None:
        return Scan(UNMAPPED, moment, code or unknown_word(sentence), sentence, None, location)
    return Scan(found.wording.row, moment, code, sentence, found, location)


def unknown_word(sentence: str | None) -> str | None:
    """A code for a sentence without a row: a single word of ASCII letters as it is; of more, what is of the trade."""
    word = clean(sentence) or ""
    if word.isascii() and word.isalpha() and len(word) <= _LONGEST_CODE:
        return word
    return plain(sentence)
