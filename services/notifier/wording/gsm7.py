"""What an SMS costs: alphabet, segments, and plain letters for those the GSM alphabet lacks.

One `á` turns a whole text into UCS-2 and more than halves what fits. Source: 3GPP TS 23.038 (alphabet and its
extension table, 2 septets each) and TS 23.040 (concatenation: 153 septets or 67 UTF-16 units a part).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = frozenset("\f^{}\\[~]|€")
_FOREIGN = re.compile(f"[^{re.escape(''.join(sorted(BASIC | EXTENSION)))}]")
_EXTENDED = re.compile(f"[{re.escape(''.join(sorted(EXTENSION)))}]")

_PLAIN = str.maketrans(
    {
        "‘": "'", "’": "'", "‚": "'", "‛": "'", "′": "'", "´": "'", "`": "'", "“": '"', "”": '"', "„": '"', "«": '"',
        "»": '"', "″": '"', "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "−": "-", "·": "-", "•": "-", "…": "...",
        "×": "x", "º": "o", "ª": "a", "Ł": "L", "ł": "l", "Đ": "D", "đ": "d", "Ð": "D", "ð": "d", "Þ": "Th", "þ": "th",
        "Œ": "OE", "œ": "oe", "ı": "i", "ħ": "h", "Ħ": "H", "ŀ": "l", "Ŀ": "L", "₲": "Gs", "₡": "CRC", "₱": "PHP",
    }
)  # fmt: skip
_DROPPED_CATEGORIES = ("So", "Sk", "Mn", "Cf", "Cc", "Cs", "Co", "Cn")


class Alphabet(StrEnum):
    GSM7 = "gsm7"
    UCS2 = "ucs2"


@dataclass(frozen=True)
class Size:
    """What a text needs on the air. `units` are septets in GSM-7 and UTF-16 code units in UCS-2."""

    alphabet: Alphabet
    units: int
    segments: int


def foreign_to_gsm7(text: str) -> tuple[str, ...]:
    """The characters that would force UCS-2, each once, in their order."""
    return tuple(dict.fromkeys(_FOREIGN.findall(text)))


def size(text: str) -> Size:
    """Alphabet, units and number of segments. An empty text takes one segment of no units."""
    if foreign_to_gsm7(text):
        widths = [len(c.encode("utf-16-le")) // 2 for c in text]
        return Size(Alphabet.UCS2, sum(widths), _parts(widths, alone=70, joined=67))
    if not _EXTENDED.search(text):
        return Size(Alphabet.GSM7, len(text), 1 if len(text) <= 160 else -(-len(text) // 153))
    widths = [2 if c in EXTENSION else 1 for c in text]
    return Size(Alphabet.GSM7, sum(widths), _parts(widths, alone=160, joined=153))


def _parts(widths: Iterable[int], *, alone: int, joined: int) -> int:
    """A character of two units is never split over two parts: the rest of the first part stays empty."""
    widths = list(widths)
    if sum(widths) <= alone:
        return 1
    parts, used = 1, 0
    for width in widths:
        if used + width > joined:
            parts, used = parts + 1, 0
        used += width
    return parts


def transliterate(text: str) -> str:
    """The text in GSM-7: `ó` becomes `o`, typographic marks become plain ones, emoji go, what is left becomes `?`."""
    return _FOREIGN.sub(_in_gsm7, unicodedata.normalize("NFC", text))


def _in_gsm7(foreign: re.Match[str]) -> str:
    character = foreign[0]
    if unicodedata.category(character) == "Zs":
        return " "
    plain = unicodedata.normalize("NFKD", character.translate(_PLAIN))
    letters = "".join(c for c in plain if unicodedata.category(c) not in _DROPPED_CATEGORIES)
    if not letters and unicodedata.category(character) in _DROPPED_CATEGORIES:
        return ""
    return "".join(c if c in BASIC or c in EXTENSION else "?" for c in letters) or "?"
