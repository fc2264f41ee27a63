"""More than twenty ways in which what Meta keeps can differ from what we call: in none does the notifier start."""

from __future__ import annotations

import asyncio
import os
import sys
import tomllib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from sandbox.approved_templates import submissions
from sandbox.providers import Providers, providers
from services.notifier.channels.settings import configured
from services.notifier.channels.whatsapp import WhatsAppSettings
from services.notifier.templates.approved import ListNotRead, approved_templates, check_templates
from services.notifier.templates.tool import specs_of, templates
from services.notifier.wording.catalog import MESSAGES, read_catalog
from services.notifier.wording.submission import for_twilio
from services.notifier.wording.whatsapp_templates import LANGUAGES
from shared.settings import BrokenConfiguration

SHOPS = Path("config/shops")
NAME, LANGUAGE = "hito_shipped", "es"
SPECS = specs_of(SHOPS)
SUBMISSIONS = submissions(SHOPS)
Change = Callable[[dict[str, Any]], object]


def now(**fields: Any) -> Change:
    return lambda template: template.update(**fields)


def body_of(template: dict[str, Any]) -> dict[str, Any]:
    body: dict[str, Any] = next(part for part in template["components"] if part["type"] == "BODY")
    return body


def reworded(old: str, new: str) -> Change:
    return lambda template: body_of(template).update(text=body_of(template)["text"].replace(old, new))


def swapped(template: dict[str, Any]) -> None:
    for old, new in (("{{1}}", "{{x}}"), ("{{2}}", "{{1}}"), ("{{x}}", "{{2}}")):
        reworded(old, new)(template)


def with_part(kind: str) -> Change:
    return lambda template: template["components"].append({"type": kind, "text": "Hito"})


MUTATIONS: dict[str, tuple[Change, str]] = {
    "deleted": (lambda template: template.clear(), "but not in this language"),
    "renamed": (now(name="hito_sent"), "but not in this language"),
    "in another language": (now(language="es_ES"), "but not in this language"),
    "not looked at yet": (now(status="PENDING"), "its status is PENDING"),
    "rejected": (now(status="REJECTED", rejected_reason="INVALID_FORMAT"), r"is REJECTED \(INVALID_FORMAT\)"),
    "paused for its quality": (now(status="PAUSED"), "its status is PAUSED"),
    "disabled": (now(status="DISABLED"), "its status is DISABLED"),
    "appealed against": (now(status="IN_APPEAL"), "its status is IN_APPEAL"),
    "about to be deleted": (now(status="PENDING_DELETION"), "its status is PENDING_DELETION"),
    "taken for marketing": (now(category="MARKETING"), "its category is MARKETING"),
    "taken for a password": (now(category="AUTHENTICATION"), "its category is AUTHENTICATION"),
    "with a parameter less": (reworded("{{2}}", "tu pedido"), "it takes 8 parameters, Hito gives 9"),
    "with a parameter more": (reworded("Hola", "Hola {{10}}"), "it takes 10 parameters, Hito gives 9"),
    "with two parameters swapped": (swapped, "its parameters stand as 2, 1"),
    "with a parameter left out": (reworded("{{3}}", "{{12}}"), "its parameters stand as 1, 2, 12"),
    "with a named parameter": (reworded("{{1}}", "{{shop}}"), "its parameters have names"),
    "in the form with names": (now(parameter_format="NAMED"), "its parameters have names"),
    "in other words": (reworded("Hola", "Buenas"), "its text is another from character 1 on"),
    "without its line breaks": (reworded("\n\n", " "), "its text is another"),
    "with an accent lost": (reworded("é", "e"), "its text is another"),
    "with a line too many": (reworded("Un saludo.", "Un saludo. Compra más."), "its text is another"),
    "far too long": (reworded("Hola", "Hola " + "x" * 1200), "its text is another"),
    "with a headline": (with_part("HEADER"), "a part that Hito does not fill: HEADER"),
    "with a footer": (with_part("FOOTER"), "a part that Hito does not fill: FOOTER"),
    "with buttons": (with_part("BUTTONS"), "a part that Hito does not fill: BUTTONS"),
    "without a body": (now(components=[]), "it has no body"),
}


@pytest.fixture(scope="module")
async def meta(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Providers]:
    async with providers(tmp_path_factory.mktemp("meta")) as running:
        yield running


@pytest.fixture
def settings(meta: Providers, monkeypatch: pytest.MonkeyPatch) -> WhatsAppSettings:
    for template in SUBMISSIONS:
        meta.graph.templates.register(template)
    for name, value in environment(meta).items():
        monkeypatch.setenv(name, value)
    found = configured(WhatsAppSettings)
    assert found is not None
    return found


def environment(meta: Providers) -> dict[str, str]:
    account = {"WHATSAPP_BUSINESS_ACCOUNT_ID": meta.graph.app.business_account_id}
    return {**{name: value for name, value in meta.environment.items() if name.startswith("WHATSAPP")}, **account}


async def test_what_we_export_is_what_we_call(settings: WhatsAppSettings) -> None:
    await check_templates(settings, SPECS)


async def test_the_list_is_read_to_its_last_page(meta: Providers, settings: WhatsAppSettings) -> None:
    listed = await approved_templates(settings, meta.graph.app.business_account_id)

    assert len(listed) == len(meta.graph.templates) > 50
    assert {(spec.name, spec.language) for spec in SPECS} <= {(one.name, one.language) for one in listed}


def test_there_are_at_least_twenty_mutations() -> None:
    assert len(MUTATIONS) >= 20


@pytest.mark.parametrize("mutation", MUTATIONS)
async def test_a_template_that_differs_keeps_the_notifier_from_starting(
    meta: Providers, settings: WhatsAppSettings, mutation: str
) -> None:
    change, reason = MUTATIONS[mutation]
    before = next(one for one in SUBMISSIONS if (one["name"], one["language"]) == (NAME, LANGUAGE))
    meta.graph.templates.change(NAME, LANGUAGE, change)

    with pytest.raises(BrokenConfiguration, match=rf"template {NAME} \({LANGUAGE}\): .*{reason}"):
        await check_templates(settings, SPECS)

    meta.graph.templates.register(before)


async def test_a_template_that_nobody_submitted_is_named_too(meta: Providers, settings: WhatsAppSettings) -> None:
    for language in read_catalog(MESSAGES).languages:
        meta.graph.templates.change("hito_lost", language.replace("-", "_"), lambda template: template.clear())

    with pytest.raises(BrokenConfiguration, match=r"template hito_lost \(es\): no template of this name is approved"):
        await check_templates(settings, SPECS)


async def test_an_account_that_is_not_ours_is_our_mistake(
    settings: WhatsAppSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = settings.model_copy(update={"whatsapp_business_account_id": "999999999999999"})

    with pytest.raises(BrokenConfiguration, match="WHATSAPP_BUSINESS_ACCOUNT_ID"):
        await check_templates(other, SPECS)


async def test_meta_being_away_is_told_apart_from_a_difference(settings: WhatsAppSettings) -> None:
    away = settings.model_copy(update={"whatsapp_url": "http://127.0.0.1:1"})

    with pytest.raises(ListNotRead):
        await check_templates(away, SPECS)


async def test_the_process_ends_with_one_line_and_the_code_of_a_broken_configuration(
    meta: Providers, settings: WhatsAppSettings
) -> None:
    meta.graph.templates.change(NAME, LANGUAGE, lambda template: template.update(status="PAUSED"))
    known = {**os.environ, **environment(meta), "KAFKA_BOOTSTRAP": "127.0.0.1:1", "OPS_PORT": "0"}
    quiet, kept = asyncio.subprocess.DEVNULL, asyncio.subprocess.PIPE
    command = (sys.executable, "-m", "services.notifier", "send")
    process = await asyncio.create_subprocess_exec(*command, env=known, stdout=quiet, stderr=kept)

    _, told = await asyncio.wait_for(process.communicate(), timeout=90)

    assert process.returncode == 78
    assert f"template {NAME} ({LANGUAGE}): its status is PAUSED" in told.decode()
    assert "Traceback" not in told.decode()


def test_the_same_words_are_exported_the_same_each_time(capsys: pytest.CaptureFixture[str]) -> None:
    exports = []
    for target in ("meta", "meta", "twilio"):
        assert templates(["export", "--for", target]) == 0
        exports.append(capsys.readouterr().out)
    assert exports[0] == exports[1]
    assert [len(export.splitlines()) for export in exports] == [len(SPECS)] * 3


async def test_an_operator_asks_what_differs_and_gets_one_line_each(
    meta: Providers, settings: WhatsAppSettings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await asyncio.to_thread(templates, ["check"]) == 0
    assert f"all {len(SPECS)} templates are approved" in capsys.readouterr().out

    meta.graph.templates.change(NAME, LANGUAGE, lambda template: template.update(status="PAUSED"))
    meta.graph.templates.change(NAME, "en", lambda template: template.update(category="MARKETING"))
    assert await asyncio.to_thread(templates, ["check"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        f"template {NAME} (en): its category is MARKETING, not UTILITY",
        f"template {NAME} ({LANGUAGE}): its status is PAUSED, not APPROVED",
    ]


def test_the_table_for_twilios_sids_names_every_template(capsys: pytest.CaptureFixture[str]) -> None:
    assert templates(["sids"]) == 0

    table = tomllib.loads(capsys.readouterr().out)
    assert {(name, language) for language, names in table.items() for name in names} == {
        (spec.name, spec.language) for spec in SPECS
    }


def test_all_languages_that_we_speak_are_languages_of_whatsapp() -> None:
    assert {tag.replace("-", "_") for tag in read_catalog(MESSAGES).languages} <= LANGUAGES


def test_what_is_handed_to_twilio_has_a_name_of_its_own_for_each_language() -> None:
    shapes = [for_twilio(spec) for spec in SPECS]

    assert len({shape["content"]["friendly_name"] for shape in shapes}) == len(shapes)
    for shape in shapes:
        body, variables = shape["content"]["types"]["twilio/text"]["body"], shape["content"]["variables"]
        assert all(f"{{{{{number}}}}}" in body for number in variables)
