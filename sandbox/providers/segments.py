"""How many parts a text takes on the air, as the simulated provider counts them: its own table, not the sender's.

Source: 3GPP TS 23.038 (alphabet, extension) and TS 23.040 (153 septets or 67 UTF-16 units in each of several parts).
"""

from __future__ import annotations

_GSM7 = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ ÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_TWO_SEPTETS = "^{}\\[~]|€\f"


def segments(text: str) -> int:
    """1 for an empty text. A character of two units is never split."""
    if all(char in _GSM7 or char in _TWO_SEPTETS for char in text):
        return _count([2 if char in _TWO_SEPTETS else 1 for char in text], 160, 153)
    return _count([2 if ord(char) > 0xFFFF else 1 for char in text], 70, 67)


def _count(units: list[int], alone: int, together: int) -> int:
    if sum(units) <= alone:
        return 1
    parts, left = 1, together
    for unit in units:
        if unit > left:
            parts, left = parts + 1, together
        left -= unit
    return parts
