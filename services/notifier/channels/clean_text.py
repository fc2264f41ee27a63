"""Text that came from shops, carriers and buyers, made fit to travel: it can neither steer a protocol nor a screen.

Control characters, lone surrogates, invisible marks and the marks that turn the direction of writing are gone.
"""

from __future__ import annotations

import re
import unicodedata

_LINE_BREAK = re.compile("\r\n?|[\u0085\u2028\u2029\x0b\x0c]")
_TURNS_DIRECTION = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_INVISIBLE = "\u00ad\u200b\u2060\ufeff"
_CONTROLS_AND_SURROGATES = "\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff"  # all of Cc and Cs but the line feed
_UNREADABLE = re.compile(f"[{_CONTROLS_AND_SURROGATES}{_TURNS_DIRECTION}{_INVISIBLE}]")


def clean_text(text: str) -> str:
    """NFC, lines ended by a line feed, and no character that is not for reading."""
    lines = _LINE_BREAK.sub("\n", text).replace("\t", " ")
    return unicodedata.normalize("NFC", _UNREADABLE.sub("", lines))


def clean_line(text: str, limit_characters: int) -> str:
    """One line, words parted by single spaces, at most so long."""
    line = " ".join(clean_text(text).split())
    return line if len(line) <= limit_characters else line[: limit_characters - 1].rstrip() + "…"
