"""The size of an SMS is reckoned as the network reckons it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.wording.gsm7 import BASIC, EXTENSION, Alphabet, Size, foreign_to_gsm7, size, transliterate


@pytest.mark.parametrize(
    ("text", "units", "segments"),
    [
        ("", 0, 1),
        ("a" * 160, 160, 1),
        ("a" * 161, 161, 2),
        ("a" * 306, 306, 2),
        ("a" * 307, 307, 3),
        ("€" * 80, 160, 1),
        ("€" * 81, 162, 2),
        ("a" * 152 + "€" + "a" * 152, 306, 3),
        ("a" * 151 + "€" + "a" * 153, 306, 2),
        ("€" * 153, 306, 3),
        ("ñ¿¡üàèìòùÇéÑ", 12, 1),
    ],
)
def test_gsm7_counts_septets_and_never_splits_an_escaped_character(text: str, units: int, segments: int) -> None:
    assert size(text) == Size(Alphabet.GSM7, units, segments)


@pytest.mark.parametrize(
    ("text", "units", "segments"),
    [
        ("ó" * 70, 70, 1),
        ("ó" * 71, 71, 2),
        ("ó" * 134, 134, 2),
        ("ó" * 135, 135, 3),
        ("😀" * 35, 70, 1),
        ("😀" * 36, 72, 2),
        ("ó" * 66 + "😀" + "ó" * 66, 134, 3),
    ],
)
def test_one_foreign_letter_makes_it_ucs2_and_no_emoji_is_split(text: str, units: int, segments: int) -> None:
    assert size(text) == Size(Alphabet.UCS2, units, segments)


def test_the_alphabet_has_the_128_positions_of_the_standard() -> None:
    assert len(BASIC) == 127  # the 128th is the escape to the extension table
    assert len(EXTENSION) == 10
    assert foreign_to_gsm7("áéíóúñç") == ("á", "í", "ó", "ú", "ç")


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Mensajería Córdoba", "Mensajeria Cordoba"),
        ("«hoy» – mañana…", '"hoy" - mañana...'),
        ("9:00\u202fp.\u00a0m.", "9:00 p. m."),
        ("Łódź, São Paulo, Œuvre", "Lodz, Sao Paulo, OEuvre"),
        ("Nº 3 ª", "No 3 a"),
        ("llega ya 🚚!", "llega ya !"),
        ("Почта", "?????"),
        ("49,90 €", "49,90 €"),
        ("ñ", "ñ"),
    ],
)
def test_letters_it_lacks_become_their_nearest(text: str, plain: str) -> None:
    assert transliterate(text) == plain


@given(st.text(max_size=400))
def test_whatever_comes_in_what_goes_out_is_gsm7(text: str) -> None:
    assert size(transliterate(text)).alphabet is Alphabet.GSM7


@given(st.text(sorted(BASIC | EXTENSION), max_size=400))
def test_what_is_gsm7_already_stays_as_it_is(text: str) -> None:
    assert transliterate(text) == text


@given(st.text(max_size=700))
def test_segments_are_never_fewer_than_the_units_need_nor_one_more_than_splitting_costs(text: str) -> None:
    cost = size(text)
    alone, joined = (160, 153) if cost.alphabet is Alphabet.GSM7 else (70, 67)
    least = 1 if cost.units <= alone else -(-cost.units // joined)
    most = 1 if cost.units <= alone else -(-cost.units // (joined - 1))
    assert least <= cost.segments <= most
