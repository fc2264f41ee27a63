"""Each country reads its own Spanish, Brazil its own Portuguese: words, forms of address, dates and amounts."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import combinations

import pytest

from shared.contracts.orders import Money, Payment
from shared.contracts.vocabulary import PaymentState, Step
from tests.support.steps_reached import FARO, LUCIA, catalog, home_delivery, read, with_order

SAME_IN_TWO = {
    "sms.parcel",  # nothing but abbreviations between its gaps: "ref.", "tel."
    "email.total",
    "phrases.months.other",
    "order_confirmed.subject",
    "order_cancelled.headline",
    "preparing.subject",
    "preparing.sms",
}
"""Spelt alike in Spanish and in Portuguese, or in English."""
_GAP = re.compile(r"\{\{.*?\}\}")
SAID_IN_SPAIN = r"\b(he|has|ha|han|hemos) \w+(ado|ido|to|cho)\b|taquilla|\bseñas\b|transportista|recogida|importe"
NOT_SAID_IN = {
    "es-AR": rf"{SAID_IN_SPAIN}|\brecoger\b|\bbodega\b",
    "es-MX": rf"{SAID_IN_SPAIN}|\bseguimiento\b|\bretirar\b|\bcourier\b|\breparto\b",
    "es-CL": rf"{SAID_IN_SPAIN}|\brecoger\b|\bretraso\b|\bpaquetería\b",
}
SAID_TO_TU = (
    r"\b(llama|llámanos|tienes|puedes|quieres|prefieres|necesitas|contigo|lleva tu|confirma|pregunta|mira|haz|ten"
    r"|ábrelo|revisa|de ti|acuerda|avísanos|recoges|retiras|encuentras)\b"
)


def texts_in(language: str) -> dict[str, str]:
    return dict(catalog().speech(language, FARO).texts)


@pytest.mark.parametrize("language", sorted(NOT_SAID_IN))
def test_no_word_is_left_that_is_said_only_in_spain_or_next_door(language: str) -> None:
    found = {key: text for key, text in texts_in(language).items() if re.search(NOT_SAID_IN[language], text.lower())}
    assert not found


def test_an_argentine_is_never_addressed_as_tu() -> None:
    assert not {key: text for key, text in texts_in("es-AR").items() if re.search(SAID_TO_TU, text.lower())}


def test_nobody_but_an_argentine_is_addressed_as_vos() -> None:
    for language in ("es", "es-MX", "es-CL"):
        voseo = r"\b(tenés|podés|querés|preferís|llamá|llamanos|con vos|comunicate)\b"
        assert not {key: text for key, text in texts_in(language).items() if re.search(voseo, text.lower())}


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("es", "Llévate un documento de identidad y la referencia"),
        ("es-AR", "Llevá tu DNI y el número de seguimiento"),
        ("es-MX", "Lleva una identificación oficial y el número de guía"),
        ("es-CL", "Lleva tu carnet de identidad y el número de seguimiento"),
        ("pt-BR", "Leve um documento com foto e o código de rastreamento"),
    ],
)
def test_each_country_collects_a_parcel_in_its_own_words(language: str, said: str) -> None:
    text = read(home_delivery(Step.READY_FOR_PICKUP), recipient=replace(LUCIA, locale=language)).text
    assert said in text


@pytest.mark.parametrize(
    ("language", "amount", "said"),
    [
        ("es-AR", Money(amount=12_999_90, currency="ARS"), "$12.999,90"),
        ("es-AR", Money(amount=12_999_90, currency="EUR"), "EUR 12.999,90"),
        ("es-MX", Money(amount=12_999_90, currency="MXN"), "$12,999.90"),
        ("es-CL", Money(amount=12_990, currency="CLP"), "$12.990"),
        ("pt-BR", Money(amount=12_999_90, currency="BRL"), "R$ 12.999,90"),
    ],
)
def test_amounts_are_written_as_in_the_country(language: str, amount: Money, said: str) -> None:
    paid = Payment(state=PaymentState.PAID, total=amount)
    step = with_order(home_delivery(Step.PAYMENT_RECEIVED), payment=paid)
    assert said in read(step, recipient=replace(LUCIA, locale=language)).text


@pytest.mark.parametrize(
    ("language", "when"),
    [
        ("es-AR", "miércoles 25 de marzo, de 9:00 a 14:00 hs"),
        ("es-MX", "miércoles 25 de marzo, de 9:00 a 14:00 h"),
        ("es-CL", "miércoles 25 de marzo, de 9:00 a 14:00"),
        ("pt-BR", "para o dia 25 de março (quarta-feira), das 09:00 às 14:00"),
    ],
)
def test_days_and_hours_are_written_as_in_the_country(language: str, when: str) -> None:
    assert when in read(home_delivery(), recipient=replace(LUCIA, locale=language)).text


def test_no_text_is_the_same_in_two_languages() -> None:
    for one, other in combinations(catalog().complete, 2):
        same = {key for key, text in one.texts.items() if text == other.texts.get(key)}
        assert {key for key in same if re.search(r"[^\W\d_]{2}", _GAP.sub("", one.texts[key]))} <= SAME_IN_TWO


@pytest.mark.parametrize(
    ("locale", "spoken"), [("pt-PT", "pt-BR"), ("es-UY", "es"), ("es-Latn-AR", "es"), ("es-AR", "es-AR")]
)
def test_a_country_without_a_file_reads_the_nearest(locale: str, spoken: str) -> None:
    assert read(home_delivery(), recipient=replace(LUCIA, locale=locale)).language == spoken
