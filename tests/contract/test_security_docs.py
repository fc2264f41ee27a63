"""The table of threats names files and tests that exist, and leaves no row empty."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PAGE = Path("docs/security.md").read_text("utf-8")
ROWS = [line.split(" | ") for line in PAGE.splitlines() if re.match(r"\| \d+ \|", line)]


def test_the_rows_are_numbered_without_a_gap() -> None:
    assert [int(row[0].strip("| ")) for row in ROWS] == list(range(1, 26))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[1])
def test_every_threat_has_what_stands_in_its_way_and_a_test_or_a_word_on_why_there_is_none(row: list[str]) -> None:
    assert len(row) == 4 and all(cell.strip(" |") for cell in row)
    assert "`tests/" in row[3] or "no test:" in row[3]


def test_every_file_that_is_named_exists() -> None:
    named = set(re.findall(r"`((?:tests|services|shared|deploy)/[\w/.-]+)`", PAGE))
    assert len(named) > 40
    assert [path for path in sorted(named) if not Path(path).exists()] == []


def test_every_test_of_an_attack_is_in_the_table() -> None:
    assert [path.name for path in Path("tests/security").glob("test_*.py") if path.name not in PAGE] == []
