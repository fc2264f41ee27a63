"""The last sieve before the wire: text that can neither steer a protocol nor a screen, whoever wrote it."""

from __future__ import annotations

from services.notifier.wording.outside_words import one_line, readable


def clean_text(text: str) -> str:
    """NFC, lines ended by a line feed, and no character that is not for reading."""
    return readable(text)


def clean_line(text: str, limit_characters: int) -> str:
    """One line, words parted by single spaces, at most so long."""
    line = one_line(text)
    return line if len(line) <= limit_characters else line[: limit_characters - 1].rstrip() + "…"
