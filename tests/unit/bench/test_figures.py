"""What a benchmark prints says whether a goal was met, and its drawing is to scale."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from tests.bench.bars import Bar, Panel, svg
from tests.bench.rows import Goal, Row, markdown, table

SVG = "{http://www.w3.org/2000/svg}"


def row(value: float, baseline: float, goal: Goal | None = None, ratio_in_turns: float | None = None) -> Row:
    return Row("tracking", "scans", value, "scans/s", baseline, "the bare loop", goal, ratio_in_turns)


@pytest.mark.parametrize(
    ("ratio", "goal", "verdict"),
    [
        (0.5, Goal(0.5), "met"),
        (0.49, Goal(0.5), "missed"),
        (1.3, Goal(1.3, at_most=True), "met"),
        (1.31, Goal(1.3, at_most=True), "missed"),
        (1.0, None, ""),
    ],
)
def test_a_goal_is_met_or_missed_by_the_ratio(ratio: float, goal: Goal | None, verdict: str) -> None:
    assert row(ratio * 100, 100, goal).verdict == verdict


def test_where_both_took_turns_the_ratio_is_that_of_the_turns() -> None:
    assert row(50, 100).ratio == 0.5
    assert row(50, 100, ratio_in_turns=0.6).as_json()["ratio"] == 0.6


def test_a_missed_goal_is_said_in_the_terminal_and_on_the_page() -> None:
    missed = row(1000, 10_000, Goal(0.5))
    assert "at least 0.5: missed" in table([missed])
    assert "| scans | 1,000 scans/s | 10,000 scans/s, the bare loop | **0.10** | at least 0.5 (missed) |" in markdown(
        [missed]
    )


def test_a_bar_is_as_long_as_its_figure_and_names_it() -> None:
    drawing = ElementTree.fromstring(
        svg("Speed", [Panel("a second", "more is better", [Bar("a", 100), Bar("b", 25, True)])])
    )
    lengths = [float(bar.attrib["width"]) for bar in drawing.iter(f"{SVG}rect") if bar.attrib["class"] != "page"]
    assert lengths[0] == pytest.approx(4 * lengths[1], abs=0.2)
    assert {"a", "b", "100", "25.0"} <= {text.text for text in drawing.iter(f"{SVG}text")}


def test_words_that_are_markup_are_drawn_as_words() -> None:
    drawing = ElementTree.fromstring(svg('a "b" & <c>', [Panel("<d>", "&", [Bar("e", 1)])]))
    assert drawing.attrib["aria-label"] == 'a "b" & <c>'


def test_a_panel_without_figures_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing to draw"):
        svg("Speed", [Panel("a second", "", [Bar("a", 0)])])
