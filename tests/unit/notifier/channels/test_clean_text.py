from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.channels.clean_text import clean_line, clean_text


@pytest.mark.parametrize(
    ("hostile", "clean"),
    [
        ("a\x00b", "ab"),
        ("uno\r\ndos\rtres\u2028cuatro\u0085cinco", "uno\ndos\ntres\ncuatro\ncinco"),
        ("gpj.\u202egnp", "gpj.gnp"),
        ("lone \ud800 surrogate", "lone  surrogate"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("camio\u0301n", "camión"),
    ],
)
def test_what_is_not_for_reading_is_gone(hostile: str, clean: str) -> None:
    assert clean_text(hostile) == clean


def test_emoji_families_and_flags_survive() -> None:
    assert clean_text("👩‍👩‍👧 🇪🇸 ❤️") == "👩‍👩‍👧 🇪🇸 ❤️"


def test_a_line_is_one_line_and_says_when_it_was_cut() -> None:
    assert clean_line(" Librería\tFaro \n S.L. ", 100) == "Librería Faro S.L."
    assert clean_line("abcdef", 4) == "abc…"


@given(st.text())
def test_clean_text_stays_as_it_is(text: str) -> None:
    once = clean_text(text)

    assert clean_text(once) == once
    assert once.encode().decode() == once
    assert all(char == "\n" or unicodedata.category(char) != "Cc" for char in once)
