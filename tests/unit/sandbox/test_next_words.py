"""The sentence that says what happens next is recognised with or without accents, and missed when it is not there."""

from __future__ import annotations

import pytest

from sandbox.next_words import WORDS, says_what_is_next
from shared.contracts.vocabulary import Channel, Step


@pytest.mark.parametrize(
    ("step", "channel", "language", "body"),
    [
        (Step.LOST, Channel.EMAIL, "es", "Nada de nada."),
        (Step.OUT_FOR_DELIVERY, Channel.SMS, "es", "Librería Faro: ya ha salido a reparto. Mensajería Faro, ref. 1"),
        (Step.READY_FOR_PICKUP, Channel.SMS, "en", "Your order is ready. Courier, ref. 1, tel. 2"),
    ],
)
def test_a_body_without_the_sentence_is_found_out(step: Step, channel: Channel, language: str, body: str) -> None:
    assert not says_what_is_next(body, step, channel, language)


@pytest.mark.parametrize(
    "body",
    [
        "Faro: ya puedes recoger tu pedido. Lleva tu documento y la referencia. Ref. 1",
        "FARO: YA PUEDES RECOGER TU PEDIDO.\n  lleva  tu documento y\nla referencia.",
    ],
)
def test_the_sentence_is_recognised_however_it_is_broken_and_accented(body: str) -> None:
    assert says_what_is_next(body, Step.READY_FOR_PICKUP, Channel.SMS, "es")


def test_another_languages_sentence_does_not_count() -> None:
    body = "Lleva tu documento y la referencia."
    assert not says_what_is_next(body, Step.READY_FOR_PICKUP, Channel.SMS, "en")


def test_a_language_nobody_has_written_is_an_error_and_not_a_pass() -> None:
    with pytest.raises(KeyError, match="xx"):
        says_what_is_next("hola", Step.SHIPPED, Channel.EMAIL, "xx")


@pytest.mark.parametrize("language", sorted({file.stem.split("-")[0] for file in WORDS.glob("*.toml")}))
@pytest.mark.parametrize("channel", list(Channel))
def test_no_step_can_be_satisfied_by_any_words_whatever(channel: Channel, language: str) -> None:
    for step in Step:
        assert not says_what_is_next("palabras cualesquiera, any words 123", step, channel, language), step
