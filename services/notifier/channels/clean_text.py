"""Text that came from shops, carriers and buyers, made fit to travel: it can neither steer a protocol nor a screen.

Control characters, lone surrogates, invisible marks and the marks that turn the direction of writing are gone.
"""

from __future__ import annotations

import unicodedata

_LINE_BREAKS = str.maketrans({"\u0085": "\n", "\u2028": "\n", "\u2029": "\n", "\x0b": "\n", "\x0c": "\n", "\t": " "})
_TURNS_DIRECTION = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_INVISIBLE = frozenset("\u00ad\u200b\u2060\ufeff")


def clean_text(text: str) -> str:
    """NFC, lines ended by a line feed, and no character that is not for reading."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").translate(_LINE_BREAKS)
    return unicodedata.normalize("NFC", "".join(char for char in lines if char == "\n" or _is_readable(char)))


def clean_line(text: str, limit_characters: int) -> str:
    """One line, words parted by single spaces, at most so long."""
    line = " ".join(clean_text(text).split())
    return line if len(line) <= limit_characters else line[: limit_characters - 1].rstrip() + "…"


def _is_readable(char: str) -> bool:
    return unicodedata.category(char) not in ("Cc", "Cs") and char not in _TURNS_DIRECTION and char not in _INVISIBLE
