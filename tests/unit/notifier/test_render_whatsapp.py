"""What was approved and what is called are derived from the same words."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from services.notifier.wording.specimens import rich
from services.notifier.wording.template_contract import called, contract
from services.notifier.wording.unrenderable import BadWording
from services.notifier.wording.variants import all_wordings, name_of
from services.notifier.wording.whatsapp_templates import TemplateSpec, faults, hydrate
from shared.contracts.vocabulary import Channel, Step
from tests.support.steps_reached import FARO, catalog, home_delivery, read

SPECS = contract(catalog())


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: f"{spec.language}-{spec.name}")
def test_each_template_would_be_approved(spec: TemplateSpec) -> None:
    assert faults(spec) == ()
    assert spec.category == "UTILITY"
    assert re.fullmatch(r"hito_[a-z_]+", spec.name)
    assert [int(n) for n in re.findall(r"\{\{(\d+)\}\}", spec.body)] == list(range(1, len(spec.parameters) + 1))
    assert len(spec.examples) == len(spec.parameters)
    assert all(spec.examples)


def test_there_is_one_template_for_each_wording_and_language() -> None:
    named = {(spec.name, spec.language) for spec in SPECS}
    expected = {f"hito_{name_of(*wording).replace('.', '_')}" for wording in all_wordings()}
    assert named == {(name, tag.replace("-", "_")) for name in expected for tag in catalog().languages}
    assert len(SPECS) == len(named)


@pytest.mark.parametrize(("step", "variant"), [pytest.param(*w, id=name_of(*w)) for w in all_wordings()])
def test_each_call_fits_its_template(step: Step, variant: str | None) -> None:
    message = read(rich(step, variant), Channel.WHATSAPP)
    assert message.template is not None
    spec = next(s for s in SPECS if (s.name, s.language) == (message.template.name, message.template.language))
    assert len(message.template.parameters) == len(spec.parameters)
    filled = re.sub(r"\{\{(\d+)\}\}", lambda found: message.template.parameters[int(found[1]) - 1], spec.body)  # type: ignore[union-attr]
    assert message.text == filled


def test_a_shop_with_words_of_its_own_has_a_template_of_its_own() -> None:
    shop = FARO.model_copy(update={"id": "faro-2", "texts": {"es.shipped.happened": "¡Allá va {{ parcel }}!"}})
    mine, others = read(home_delivery(), Channel.WHATSAPP, shop=shop), read(home_delivery(), Channel.WHATSAPP)
    assert mine.template is not None
    assert others.template is not None
    assert (mine.template.name, others.template.name) == ("hito_shipped_faro_2", "hito_shipped")
    extra = {(s.name, s.language) for s in contract(catalog(), [shop])} - {(s.name, s.language) for s in SPECS}
    assert extra == {("hito_shipped_faro_2", tag) for tag in ("es", "es_AR", "es_CL", "es_MX")}


def test_what_is_called_is_what_was_submitted_without_its_examples() -> None:
    shop = FARO.model_copy(update={"id": "faro-2", "texts": {"es.shipped.happened": "¡Allá va {{ parcel }}!"}})
    submitted = contract(catalog(), [FARO, shop])
    assert called(catalog(), [FARO, shop]) == tuple(replace(spec, examples=()) for spec in submitted)
    assert all(len(spec.examples) == len(spec.parameters) > 0 for spec in submitted)


def test_words_that_whatsapp_does_not_show_change_no_template() -> None:
    shop = FARO.model_copy(update={"texts": {"es.shipped.subject": "¡Allá va!"}})
    message = read(home_delivery(), Channel.WHATSAPP, shop=shop)
    assert message.template is not None
    assert message.template.name == "hito_shipped"


def test_a_value_that_looks_like_a_placeholder_is_not_filled_again() -> None:
    step = home_delivery().model_copy(update={"order_id": "{{1}}{{2}}"})
    assert "tu pedido {{1}}{{2}}" in read(step, Channel.WHATSAPP).text


def test_a_parameter_without_a_value_is_named() -> None:
    spec = TemplateSpec("hito_x", "es", "UTILITY", "Hola {{1}}.", ("shop",))
    with pytest.raises(BadWording, match=r"template hito_x \(es\): parameter shop has no value"):
        hydrate(spec, {"shop": " \n "})


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ("{{1}} va.", "begins or ends"),
        ("Va {{1}}", "begins or ends"),
        ("Va {{1}} {{2}}.", "side by side"),
        ("x" * 1025, "1025 characters"),
    ],
)
def test_what_whatsapp_would_refuse_is_found_before(body: str, complaint: str) -> None:
    assert complaint in " ".join(faults(TemplateSpec("hito_x", "es", "UTILITY", body, ())))


def test_a_name_that_whatsapp_would_refuse_is_found_before() -> None:
    assert "small letters" in faults(TemplateSpec("Hito-x", "es", "UTILITY", "Va.", ()))[0]
