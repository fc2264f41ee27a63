"""The shop's colour where it can be read: any colour a shop may choose has enough contrast on light and on dark.

Contrast as WCAG 2.2 defines it, https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio; text needs 4.5 (1.4.3).
"""

from __future__ import annotations

import base64
import hashlib

LIGHT, LIGHT_GROUND = "#ffffff", "#f6f7f7"
DARK, DARK_GROUND = "#151a1e", "#151a1e"
"""What is written on the colour, and what the colour is written on."""
WASH_PERCENT = 15
"""The page's head is the ground with so much of the colour in it; page.css mixes the same."""
ENOUGH = 4.7
"""A little more than 4.5: browsers mix in another colour space, and colours are rounded to 256 steps."""

Rgb = tuple[int, int, int]


def brand_style(colour: str) -> str:
    """The style sheet that makes a page this shop's. `colour` is `#rrggbb`, checked where shops are read."""
    on_light, on_dark = readable(colour, LIGHT_GROUND), readable(colour, DARK_GROUND)
    return (
        f":root{{--brand:{on_light};--on-brand:{LIGHT}}}"
        f"@media (prefers-color-scheme:dark){{:root{{--brand:{on_dark};--on-brand:{DARK}}}}}"
    )


def style_source(style: str) -> str:
    """How the content security policy names this one inline style."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return f"'sha256-{digest}'"


def readable(colour: str, ground: str) -> str:
    """The colour, moved away from the ground only as far as it takes to be read on it, washed with itself or plain."""
    towards = (0, 0, 0) if _luminance(_rgb(ground)) > 0.5 else (255, 255, 255)
    for percent in range(0, 101, 2):
        mixed = _mix(_rgb(colour), towards, percent)
        if contrast(_hex(mixed), wash(_hex(mixed), ground)) >= ENOUGH:
            return _hex(mixed)
    return _hex(towards)


def wash(colour: str, ground: str) -> str:
    return _hex(_mix(_rgb(ground), _rgb(colour), WASH_PERCENT))


def contrast(a: str, b: str) -> float:
    """From 1 (the same) to 21 (black on white)."""
    brighter, darker = sorted((_luminance(_rgb(a)), _luminance(_rgb(b))), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def _rgb(colour: str) -> Rgb:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _hex(rgb: Rgb) -> str:
    return "#{:02x}{:02x}{:02x}".format(*rgb)


def _mix(a: Rgb, b: Rgb, percent: int) -> Rgb:
    red, green, blue = (round(x + (y - x) * percent / 100) for x, y in zip(a, b, strict=True))
    return red, green, blue


def _luminance(rgb: Rgb) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (part / 255 for part in rgb)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
