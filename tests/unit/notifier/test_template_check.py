"""What is wrong with a template of ours, or with the one that was approved, is said of it by name."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.notifier.wording.template_check import ApprovedTemplate, differences
from services.notifier.wording.template_contract import contract
from services.notifier.wording.whatsapp_templates import TemplateSpec
from tests.support.steps_reached import catalog

OURS = TemplateSpec("hito_shipped", "es", "UTILITY", "Va {{1}} con {{2}}.", ("parcel", "carrier"), ("a", "b"))


def approved(spec: TemplateSpec, **changes: str) -> ApprovedTemplate:
    known = ApprovedTemplate(spec.name, spec.language, "APPROVED", spec.category, spec.body)
    return replace(known, **changes)  # type: ignore[arg-type]


def told(spec: TemplateSpec, *kept: ApprovedTemplate) -> str:
    (line,) = differences([spec], kept)
    return line


def test_all_that_we_say_differs_in_nothing_from_itself() -> None:
    specs = contract(catalog())

    assert differences(specs, [approved(spec) for spec in specs]) == ()


def test_templates_of_others_in_the_same_account_are_none_of_our_business() -> None:
    assert (
        differences([OURS], [approved(OURS), approved(replace(OURS, name="sale_of_the_year"), status="PAUSED")]) == ()
    )


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        (replace(OURS, body="Va {{1}} con {{2}} y " + "x" * 1024), "the body has 1045 characters, 1024 are allowed"),
        (replace(OURS, body="{{1}} va con {{2}}."), "begins or ends with a parameter"),
        (replace(OURS, body="Va {{1}} {{2}}."), "two parameters stand side by side"),
        (replace(OURS, body="Va\t{{1}} con {{2}}."), "a tab or more than four spaces"),
        (replace(OURS, name="Hito-Shipped"), "only small letters, digits and underscores"),
        (replace(OURS, language="es_XX"), "es_XX is no language of WhatsApp templates"),
    ],
)
def test_words_that_no_approval_could_mend_are_told_first(spec: TemplateSpec, reason: str) -> None:
    line = told(spec, approved(spec))

    assert line.startswith(f"template {spec.name} ({spec.language}): ")
    assert reason in line


def test_line_ends_and_blanks_around_make_no_difference() -> None:
    spec = replace(OURS, body="Hola.\n\nVa {{1}} con {{2}}.")

    assert differences([spec], [approved(spec, body="Hola.\r\n\r\nVa {{1}} con {{2}}.\n")]) == ()


def test_the_same_parameter_twice_is_not_two() -> None:
    assert "it takes 1 parameters, Hito gives 2" in told(OURS, approved(OURS, body="Va {{1}} con {{1}}."))


def test_every_template_that_differs_is_told() -> None:
    specs = [replace(OURS, name=name) for name in ("hito_a", "hito_b", "hito_c")]
    kept = [approved(specs[0]), approved(specs[1], status="PAUSED")]

    assert differences(specs, kept) == (
        "template hito_b (es): its status is PAUSED, not APPROVED",
        "template hito_c (es): no template of this name is approved",
    )
