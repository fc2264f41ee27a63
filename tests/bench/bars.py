"""Figures as bars in an SVG that reads on a light page and on a dark one, without a plotting library."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

WIDTH, MARGIN = 760, 24
LABELS_END, BARS_END = 252, 650
ROW, BAR, TITLE_ROOM, PANEL_GAP = 30, 18, 50, 22
STYLE = """
  svg { color-scheme: light dark; font: 14px system-ui, "Segoe UI", Helvetica, Arial, sans-serif }
  .page { fill: #ffffff } .text { fill: #1f2937 } .soft { fill: #5b6675 }
  .ours { fill: #0b7285 } .other { fill: #aab4c0 } .axis { stroke: #c9d1da }
  .title { font-weight: 600; font-size: 15px } .figure { font-variant-numeric: tabular-nums }
  @media (prefers-color-scheme: dark) {
    .page { fill: #11161c } .text { fill: #e6edf3 } .soft { fill: #9aa7b4 }
    .ours { fill: #3bc9db } .other { fill: #4b5766 } .axis { stroke: #36404b }
  }
"""


@dataclass(frozen=True)
class Bar:
    label: str
    value: float
    ours: bool = False


@dataclass(frozen=True)
class Panel:
    """Bars on one scale that begins at zero. `note` says what the eye should take from it."""

    title: str
    note: str
    bars: Sequence[Bar]

    @property
    def height(self) -> int:
        return TITLE_ROOM + ROW * len(self.bars)


def svg(title: str, panels: Sequence[Panel]) -> str:
    """The whole drawing. Raises ValueError for a panel without a bar above zero."""
    height = 2 * MARGIN + sum(panel.height for panel in panels) + PANEL_GAP * (len(panels) - 1)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'aria-label="{escape(title, {chr(34): "&quot;"})}">',
        f"<title>{escape(title)}</title>",
        f"<style>{STYLE}</style>",
        f'<rect class="page" width="{WIDTH}" height="{height}" rx="10"/>',
    ]
    top = MARGIN
    for panel in panels:
        lines.extend(_panel(panel, top))
        top += panel.height + PANEL_GAP
    return "\n".join([*lines, "</svg>", ""])


def _panel(panel: Panel, top: int) -> Iterator[str]:
    longest = max((bar.value for bar in panel.bars), default=0.0)
    if longest <= 0:
        raise ValueError(f"{panel.title}: nothing to draw")
    yield _text(MARGIN, top + 14, "text title", panel.title)
    yield _text(MARGIN, top + 34, "soft", panel.note)
    first = top + TITLE_ROOM
    yield (
        f'<line class="axis" x1="{LABELS_END}" x2="{LABELS_END}" y1="{first - 2}" '
        f'y2="{first + ROW * len(panel.bars) - 4}"/>'
    )
    for nth, bar in enumerate(panel.bars):
        y = first + nth * ROW + (ROW - BAR) // 2
        length = max(1.5, (BARS_END - LABELS_END) * bar.value / longest)
        yield _text(LABELS_END - 10, y + 14, "text", bar.label, anchor="end")
        yield (
            f'<rect class="{"ours" if bar.ours else "other"}" x="{LABELS_END}" y="{y}" width="{length:.1f}" '
            f'height="{BAR}" rx="3"/>'
        )
        yield _text(int(LABELS_END + length + 8), y + 14, "text figure", _figure(bar.value))


def _text(x: int, y: int, style: str, words: str, anchor: str = "start") -> str:
    return f'<text class="{style}" x="{x}" y="{y}" text-anchor="{anchor}">{escape(words)}</text>'


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"
