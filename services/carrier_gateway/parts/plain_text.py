"""Carrier texts without anything personal: only words of the trade get through, whatever the carrier wrote around them.

Carriers put names, phone numbers and door codes into free text. A list of what to remove is never complete, so this is
a list of what may stay: every other word and every number becomes an ellipsis. Operators still see what a sentence is
about; a person's name has no way in.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from importlib.resources import files

from services.carrier_gateway.parts.wording import LONGEST_TEXT, normalise

LONGEST = 200
_PART = re.compile(r"\w+(?:['’]\w+)*|[^\w\s]+|\s+")
_MASKED_TOGETHER = re.compile(r"…(?:[\s.,;:()/'\"%&+-]*…)+")
_PUNCTUATION = frozenset(".,;:()/-!?'\"%&+…")
_CODE = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_.:/+-]{0,58}[A-Za-z0-9])?", re.ASCII)
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})


def _read_words() -> frozenset[str]:
    lines = files(__package__).joinpath("plain_words.txt").read_text("utf-8").splitlines()
    return frozenset(normalise(word) for line in lines if not line.startswith("#") for word in line.split())


PLAIN_WORDS = _read_words()
_USUAL_SPELLINGS = PLAIN_WORDS | {spelt for word in PLAIN_WORDS for spelt in (word.lower(), word.capitalize())}


def clean(text: str | None, longest: int = LONGEST) -> str | None:
    """One line without control, bidirectional and other unseen characters, cut; None when nothing is left."""
    if text is None:
        return None
    if len(text) <= longest and "  " not in text and text.isprintable():  # as nearly all are; no space but this one is
        return text.strip() or None
    start = text[: longest * 2]
    seen = start if start.isprintable() else "".join(map(_seen, start))
    return " ".join(seen.split())[:longest].strip() or None


def _seen(character: str) -> str:
    if character.isprintable():
        return character
    if character.isspace():
        return " "
    return "" if unicodedata.category(character) in _UNSEEN else character


def plain(text: str | None) -> str | None:
    """The text with every word that is not of the trade replaced by an ellipsis; None when no word is left."""
    cleaned = clean(text, LONGEST_TEXT)
    return None if cleaned is None else _masked(cleaned)


@lru_cache(maxsize=4)
def _masked(cleaned: str) -> str | None:
    """Kept for a moment: the sentence of a scan without a code is asked for as its code, and once more as its text."""
    addressless = " ".join("…" if "@" in chunk or "://" in chunk else chunk for chunk in cleaned.split())
    masked = "".join([_mask(part) for part in _PART.findall(addressless)])
    collapsed = _MASKED_TOGETHER.sub("…", masked) if masked.count("…") > 1 else masked
    return clean(collapsed) if any(map(str.isalpha, collapsed)) else None


def _mask(part: str) -> str:
    """One word, or one run of spaces or of punctuation marks, of a text."""
    if part.isascii() and part.isalnum():
        return part if part.upper() in PLAIN_WORDS else "…"
    if part.isspace():
        return " "
    if not part[0].isalnum() and part[0] != "_":
        return part if part in _PUNCTUATION else "".join(mark for mark in part if mark in _PUNCTUATION)
    return part if part in _USUAL_SPELLINGS or normalise(part) in PLAIN_WORDS else "…"


def code_text(code: str | None) -> str | None:
    """A carrier's code as it is, if it looks like one; otherwise what `plain` leaves of it."""
    cleaned = clean(code)
    return cleaned if cleaned is None or _CODE.fullmatch(cleaned) else plain(cleaned)


def country_code(text: str | None) -> str | None:
    """ISO 3166-1 alpha-2 in capitals; None for anything else."""
    country = clean(text) or ""
    return country.upper() if len(country) == 2 and country.isascii() and country.isalpha() else None
