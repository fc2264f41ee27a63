"""A mistake in a language file or in a shop's words stops the start and says where it is."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from services.notifier.wording.catalog import MESSAGES, Catalog, CatalogError
from services.notifier.wording.proofread import check_catalog, check_shop, load_catalog
from services.notifier.wording.words import Language
from shared.contracts.vocabulary import Step
from tests.support.steps_reached import FARO, LUCIA, catalog, home_delivery, read


@pytest.fixture
def messages(tmp_path: Path) -> Path:
    """Spanish and English alone, so that each start takes a third of the time."""
    folder = Path(shutil.copytree(MESSAGES, tmp_path / "messages"))
    for file in folder.glob("*-*.toml"):
        file.unlink()
    return folder


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), "utf-8")


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        (
            '[in_transit]\nsubject = "{{ Parcel }} is moving along"',
            "[in_transit]",
            r"en.toml: in_transit.subject is missing",
        ),
        (
            "[delivered.neighbour]",
            "[delivered.neighbor]",
            r"en.toml: delivered.neighbor.happened: no such step, variant",
        ),
        ("[delivered.reception]", "[parts.reception]", r"en.toml: delivered.reception.(happened|next) is missing"),
        ("is moving along.", "is moving {{ speed }}.", r"en.toml: in_transit.sms: \{\{ speed \}\} is not known here"),
        ("{{ carrier }} network.", "{% if carrier %}x{% endif %}", r"en.toml: in_transit.happened: .*only words and"),
        ("{{ carrier }} network.", "{{ carrier.__class__ }}", r"en.toml: in_transit.happened: .*only words and"),
        ("{{ carrier }} network.", "{{ carrier }", r"en.toml: in_transit.happened: "),
        (
            "{{ carrier }} network.",
            "{{ aftercare_short }}",
            r"in_transit.happened: \{\{ aftercare_short \}\} is not known",
        ),
        ("is moving along.", "is moving along – soon.", r"en.toml: in_transit.sms: – is not in the SMS alphabet"),
        (
            "is moving along.",
            "is moving along. " * 8,
            r"en.toml: in_transit: the SMS takes \d+ septets, 306 are allowed",
        ),
        (
            "{{ carrier }} network.",
            "{{ carrier }} {{ phone }}.",
            r"en.toml: in_transit: two parameters stand side by side",
        ),
        ("Kind regards.", "", r"en.toml: .*begins or ends with a parameter"),
        ("{{ carrier }} network.", "network. " * 99, r"en.toml: in_transit: .*1024"),
        ("Reference: {{ reference }}", "", r"en.toml: .*the reference is missing in the WhatsApp text"),
        ("[formats]", "[formats]\nodd = 3", r"en.toml: formats.odd: a text that is not blank"),
        ("[formats]", "[formats", r"en.toml: not TOML"),
        ('time = "short"', 'time = "short"\nzone = "x"', r"es.toml: formats.zone is missing"),
        (
            'subject = "{{ Parcel }} is moving along"',
            'subject = " "',
            r"en.toml: in_transit.subject: a text that is not blank",
        ),
    ],
)
def test_a_mistake_in_a_language_is_named_with_file_and_key(messages: Path, old: str, new: str, complaint: str) -> None:
    change(messages / "en.toml", old, new)
    with pytest.raises(CatalogError, match=complaint):
        load_catalog(messages, ())


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ('[language]\nbase = "ca"\n', "ca is no complete language here"),
        ('[language]\nbase = "es"\n[shipped]\nheading = "x"\n', "es-AR.toml: shipped.heading: no such step"),
        ('[language]\nbase = "es"\n[phrases]\nhello = "x"\n', "es-AR.toml: phrases.hello: no such text in es.toml"),
        (
            '[language]\nbase = "es"\n[shipped]\nsms = "allá va {{ parcel_short }}."\n',
            "shipped.sms: á is not in the SMS",
        ),
    ],
)
def test_a_mistake_in_a_dialect_is_named(messages: Path, content: str, complaint: str) -> None:
    (messages / "es-AR.toml").write_text(content, "utf-8")
    with pytest.raises(CatalogError, match=complaint):
        load_catalog(messages, ())


@pytest.mark.parametrize(
    ("key", "text", "complaint"),
    [
        ("es.shipped.subjet", "x", r"shop faro: texts: es.shipped.subjet: no such language or text"),
        ("fr.shipped.subject", "x", r"fr.shipped.subject: no such language or text"),
        ("es.shipped.subject", "{% for x in y %}", r"es.shipped.subject: "),
        ("es.shipped.subject", "{{ secrets }}", r"shipped.subject: \{\{ secrets \}\} is not known here"),
        ("es.shipped.sms", "¡allá vamos!", r"es.shipped.sms: á is not in the SMS alphabet"),
        ("es.shipped.sms", "va en camino " * 12, r"septets, 306 are allowed"),
        (
            "es.sms.parcel",
            "{{ shop }} {{ sms }} {{ sms_next }} {{ link }}",
            r"the (reference|phone|carrier) is missing in the SMS",
        ),
        ("es.whatsapp.order", "{{ shop }}: {{ happened }} {{ next }} {{ link }}", r"begins or ends with a parameter"),
    ],
)
def test_a_mistake_in_a_shops_words_is_named(key: str, text: str, complaint: str) -> None:
    with pytest.raises(CatalogError, match=complaint):
        check_shop(catalog(), FARO.model_copy(update={"texts": {key: text}}))


CELLS = [(language.tag, key) for language in catalog().complete for key in sorted(language.texts)]


def without(tag: str, key: str, languages: Mapping[str, Language]) -> Catalog:
    texts = {k: text for k, text in languages[tag].texts.items() if k != key}
    return replace(catalog(), languages={**languages, tag: replace(languages[tag], texts=texts)})


def test_the_notifier_refuses_to_start_without_any_one_cell() -> None:
    assert len(CELLS) > 1000
    for tag, key in CELLS:
        with pytest.raises(CatalogError, match=rf"^{tag}\.toml: {re.escape(key)} is missing$"):
            check_catalog(without(tag, key, catalog().languages))


def test_a_language_that_is_alone_may_not_leave_out_what_every_message_needs() -> None:
    """Nothing tells then that a variant once had a subject of its own; all that must be there is still missed."""
    spanish = {"es": catalog().languages["es"]}
    needed = {key for key in spanish["es"].texts if is_needed(key)}
    assert len(needed) > 250
    for key in sorted(needed):
        with pytest.raises(CatalogError, match=rf"^es\.toml: {re.escape(key)} is missing$"):
            check_catalog(without("es", key, spanish))


def is_needed(key: str) -> bool:
    table, _, name = key.rpartition(".")
    is_variant = table.split(".")[0] in set(Step) and "." in table
    return not is_variant or name in ("happened", "sms")


def test_a_dialect_without_a_word_of_its_own_says_its_languages() -> None:
    words = without("es-AR", "out_for_delivery.headline", catalog().languages)
    argentine, step = replace(LUCIA, locale="es-AR"), home_delivery(Step.OUT_FOR_DELIVERY)
    assert "¡Ya salió a reparto!" in read(step, recipient=argentine).text
    assert "¡Ya está en reparto!" in read(step, recipient=argentine, words=words).text


def test_a_shop_may_word_a_variant_that_the_language_leaves_plain() -> None:
    shop = FARO.model_copy(update={"texts": {"es.out_for_delivery.payment_due.subject": "Se paga al recibir"}})
    check_shop(catalog(), shop)
    step = home_delivery(Step.OUT_FOR_DELIVERY, "payment_due")
    assert read(step, shop=shop).subject == "Se paga al recibir"


def test_a_shop_whose_language_has_no_file_stops_the_start() -> None:
    with pytest.raises(CatalogError, match="shop faro: there is no language file for its language fr"):
        load_catalog(MESSAGES, [FARO.model_copy(update={"language": "fr"})])


def test_a_folder_without_languages_is_named(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="there is no language file"):
        load_catalog(tmp_path, ())


def test_a_missing_layout_says_how_to_make_it(messages: Path) -> None:
    (messages / "layouts" / "message.html").unlink()
    with pytest.raises(CatalogError, match="make layouts"):
        load_catalog(messages, ())
