"""The buyer's page has the right words in every language for whatever a carrier can say."""

from __future__ import annotations

import itertools
import string

import pytest

from services.tracking.api.page_answers import Tone
from services.tracking.api.page_language import LANGUAGES, variants_of, words_for
from services.tracking.api.page_parcel import tone_of
from services.tracking.domain.lifecycle import TROUBLED
from shared.contracts.vocabulary import Actor, Condition, DeliveredTo, OrderState, Stage

STAGES = [stage for stage in Stage if stage is not Stage.UNKNOWN]
CONDITIONS = [None, *Condition]
ACTORS = [None, *Actor]
TAKERS = [None, *DeliveredTo]
VALUES = {
    "carrier": "SEUR",
    "callee": "SEUR",
    "phone": "<phone>",
    "shop": "Librería Faro",
    "support_phone": "<support phone>",
    "promised": "lunes 9 de marzo",
}
NOTHING_TO_DO = {
    "es": "no tienes que hacer nada",
    "en": "there is nothing you need to do",
    "pt-BR": "você não precisa fazer nada",
}


def gaps(text: str) -> set[str | None]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_the_same_things(language: str) -> None:
    assert words_for(language).texts.keys() == words_for("es").texts.keys()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_text_names_no_fact_that_its_place_does_not_have(language: str) -> None:
    known = set(VALUES)
    for key, text in words_for(language).texts.items():
        if key.startswith(("parcel.", "trouble.")):
            allowed = known if "late" in key else known - {"promised"}
            assert gaps(text) <= allowed, key


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("stage", STAGES)
def test_every_situation_has_words_of_its_own_language(language: str, stage: Stage) -> None:
    words = words_for(language)
    for condition, actor, taker, late in itertools.product(CONDITIONS, ACTORS, TAKERS, (False, True)):
        variants = variants_of(condition, actor, taker, late=late)
        for field in ("title", "next", "event"):
            said = words.of_parcel(field, stage, variants, VALUES)
            assert said and "{" not in said, (stage, variants, field)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("stage", STAGES)
def test_whoever_has_to_act_is_never_told_to_sit_still(language: str, stage: Stage) -> None:
    words = words_for(language)
    for condition, actor, taker in itertools.product(CONDITIONS, ACTORS, TAKERS):
        said = words.of_parcel("next", stage, variants_of(condition, actor, taker), VALUES)
        if tone_of(stage, condition, actor) is Tone.ACT:
            assert NOTHING_TO_DO[language] not in said.lower(), (stage, condition, actor, said)
            assert "phone>" in said, (stage, condition, actor, said)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("stage", sorted(TROUBLED))
def test_a_buyer_who_must_act_reads_something_else_than_a_buyer_who_waits(language: str, stage: Stage) -> None:
    words = words_for(language)
    calm = words.of_parcel("next", stage, (), VALUES)
    for condition in CONDITIONS:
        assert words.of_parcel("next", stage, variants_of(condition, Actor.BUYER, None), VALUES) != calm


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("stage", sorted(TROUBLED))
def test_what_the_shop_or_the_carrier_mends_does_not_send_the_buyer_to_the_phone(language: str, stage: Stage) -> None:
    words = words_for(language)
    for condition, actor in itertools.product((Condition.ADDRESS_PROBLEM, Condition.HELD), (Actor.SHOP,)):
        said = words.of_parcel("next", stage, variants_of(condition, actor, None), VALUES)
        assert NOTHING_TO_DO[language] in said.lower(), (condition, actor)


def test_an_unmapped_code_has_no_words_at_all() -> None:
    assert not [key for key in words_for("es").texts if "unknown" in key]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_state_of_an_order_has_words_with_and_without_parcels(language: str) -> None:
    texts = words_for(language).texts
    whole = [state for state in OrderState if not state.startswith("partly_")]
    assert {f"order.{state}.{field}" for state in whole for field in ("title", "next")} <= texts.keys()
    several = ["preparing", "partly_shipped", "shipped", "partly_delivered", "delivered"]
    assert {f"several.{state}.{field}" for state in several for field in ("title", "next")} <= texts.keys()


@pytest.mark.parametrize(
    ("wishes", "language", "territory"),
    [
        (("en", "es-ES"), "en", None),
        ((None, "es-MX"), "es", "MX"),
        (("xx", "pt-PT"), "pt-BR", "PT"),
        (("EN_gb",), "en", "GB"),
        (("zz", None, "fr"), "es", None),
        (("es-QQ; DROP",), "es", None),
    ],
)
def test_a_reader_gets_the_first_language_that_we_speak(
    wishes: tuple[str | None, ...], language: str, territory: str | None
) -> None:
    words = words_for(*wishes)
    assert (words.language, words.locale.territory) == (language, territory)
