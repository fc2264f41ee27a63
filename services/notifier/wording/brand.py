"""A shop's colour where it can be read: on the header as it is, elsewhere only where it stands out from the ground."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

LIGHT_GROUND, DARK_GROUND = "#ffffff", "#1b1f24"
_LIGHT, _DARK, _DARKEST = "#ffffff", "#20242a", "#000000"
_ENOUGH_FOR_SHAPES, _ENOUGH_FOR_TEXT = 3.0, 4.5


@dataclass(frozen=True)
class Paint:
    """A filled shape and the text on it, as `#rrggbb`."""

    accent: str
    ink: str


@lru_cache(maxsize=256)
def paint(colour: str) -> Paint:
    """The colour as it is, with the better of light and dark text on it; black where neither is enough (WCAG AA)."""
    ink = max(_LIGHT, _DARK, key=lambda ink: contrast(ink, colour))
    return Paint(colour, ink if contrast(ink, colour) >= _ENOUGH_FOR_TEXT else _DARKEST)


@lru_cache(maxsize=256)
def paint_on(ground: str, colour: str) -> Paint:
    """The colour, moved towards plain light or dark just far enough not to vanish in the ground."""
    plain = max(_LIGHT, _DARK, key=lambda other: contrast(other, ground))
    shades = (_mix(colour, plain, tenths / 10) for tenths in range(11))
    return paint(next(shade for shade in shades if contrast(shade, ground) >= _ENOUGH_FOR_SHAPES))


def contrast(one: str, other: str) -> float:
    """WCAG 2 contrast ratio of two `#rrggbb` colours: 1 (the same) to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _mix(one: str, other: str, share: float) -> str:
    pairs = zip(_channels(one), _channels(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def _luminance(colour: str) -> float:
    shares = [channel / 255 for channel in _channels(colour)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
