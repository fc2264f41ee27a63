from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.carrier_gateway.parts.plain_text import clean, code_text, country_code, plain
from services.carrier_gateway.parts.wording import normalise


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("Delivered - Signed for by J SMITH", "Delivered - Signed for by …"),
        ("Entregado a María García, DNI 12345678Z, tel. +34 600 123 456 (portería)", "Entregado a … (portería)"),
        ("Entregue ao destinatário João da Silva", "Entregue ao destinatário … da …"),
        ("Zugestellt an Nachbar Müller", "Zugestellt an Nachbar …"),
        ("Contact maria@example.com or https://x.example/?pin=1234", "Contact … or …"),
        ("PIN 4711", None),
        ("MARIA GARCIA", None),
        ("   ", None),
        (None, None),
    ],
)
def test_only_words_of_the_trade_pass(told: str | None, kept: str | None) -> None:
    assert plain(told) == kept


@pytest.mark.parametrize(
    "told", ["Recogido en el almacén de la tienda", "Shipment is out with courier for delivery", "Em trânsito"]
)
def test_a_text_without_anything_personal_passes_as_it_is(told: str) -> None:
    assert plain(told) == told


@given(st.text(max_size=700))
def test_what_passes_is_one_short_line_without_numbers_or_unseen_characters(told: str) -> None:
    for kept in (clean(told), plain(told)):
        assert kept is None or (0 < len(kept) <= 200 and kept == kept.strip())
        assert kept is None or not any(unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") for c in kept)
    assert not any(character.isdigit() for character in plain(told) or "")


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("LI523", "LI523"),
        ("shipped/out_for_delivery", "shipped/out_for_delivery"),
        ("Entregado a Juan", "Entregado a …"),
        ("x\x00\x1b[0m", "…"),
        ("", None),
    ],
)
def test_a_code_is_kept_when_it_looks_like_one(told: str, kept: str | None) -> None:
    assert (code_text(told) or "…") == (kept or "…")


@pytest.mark.parametrize(("told", "kept"), [("ES", "ES"), (" es ", "ES"), ("ESP", None), ("Ñ1", None), (None, None)])
def test_a_country_has_two_letters_or_is_none(told: str | None, kept: str | None) -> None:
    assert country_code(told) == kept


def test_wording_is_compared_without_accents_case_spaces_or_a_place_in_brackets() -> None:
    assert normalise("  Zugestellt  über\u00a0Nacht (MÜNCHEN) ") == "ZUGESTELLT UBER NACHT"
