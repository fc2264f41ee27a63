"""What others typed is shown as they typed it, but for what a screen would obey or turn into a link."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.wording.gsm7 import transliterate
from services.notifier.wording.outside_words import one_line, quoted, unformatted
from services.notifier.wording.situation import full_name

TYPED = st.one_of(st.text(max_size=80), st.text(alphabet="ab.。:/@12 \u200d\ufe0f\u0301😀❤éñ·…", max_size=80))


@pytest.mark.parametrize(
    "words",
    [
        "Cuaderno n.º 3, 1.299,90 €",
        "Librería García S.L.",
        "J. R. R. Tolkien",
        "1234/56789012",
        "ES.2026.000123",
        "v2.0.1",
        "Talla: M",
        "Papereria Col·legi",
        "👩‍👩‍👧 🇪🇸 ❤️ 1️⃣",
        "A_1001_B",
    ],
)
def test_what_people_really_type_stays_as_it_is(words: str) -> None:
    assert unformatted(quoted(words)) == words


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("bit.ly/x", "bit. ly/x"),
        ("https://evil.com", "https: //evil. com"),
        ("thief@evil.com", "thief@evil. com"),
        ("evil。com", "evil。 com"),
        ("203.0.113.7", "203.0.113. 7"),
        ("javascript:alert(1)", "javascript: alert(1)"),
        ("evil😀.com", "evil😀. com"),
        ("Dr.Martens", "Dr. Martens"),
    ],
)
def test_a_space_parts_what_would_turn_into_a_link(words: str, shown: str) -> None:
    assert quoted(words) == shown


@given(TYPED)
def test_only_spaces_are_added_and_only_once(words: str) -> None:
    shown = quoted(words)
    assert shown.replace(" ", "") == one_line(words).replace(" ", "")
    assert quoted(shown) == shown == one_line(shown)


@given(TYPED)
def test_no_host_is_left_in_any_alphabet(words: str) -> None:
    for spelling in (transliterate(quoted(words)), unicodedata.normalize("NFKC", quoted(words))):
        assert not re.search(r"[A-Za-z0-9-]\.[A-Za-z]{2}|[A-Za-z]://", spelling)


@given(TYPED)
def test_whatsapp_has_nothing_to_format(words: str) -> None:
    assert not re.search(r"(?<!\w)[*_~]\S|\S[*_~](?!\w)|`", unformatted(quoted(words)))


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("Lucía Prado", "Lucía Prado"),
        ("M. Àngels d'Or i Puig-Llivina", "M. Àngels d'Or i Puig-Llivina"),
        (" ÁLVARO\tNÚÑEZ ", "ÁLVARO NÚÑEZ"),
        ("安 娜", "安 娜"),
        ("Gana un iPhone en evil.com", None),
        ("Llame al 806000000", None),
        ("Ha ganado usted un premio y debe recogerlo hoy", None),
        ('"Ana" <thief@evil.example>', None),
        ("", None),
        (None, None),
    ],
)
def test_only_a_name_stands_beside_an_address(typed: str | None, shown: str | None) -> None:
    assert full_name(typed) == shown
