"""The buyer's language, else the whole message in the shop's; a dialect says only what it says otherwise."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from services.notifier.wording.catalog import MESSAGES, CatalogError, read_catalog
from services.notifier.wording.proofread import load_catalog
from services.notifier.wording.situation import first_name
from shared.contracts.orders import Money, Payment, Policies, Policy
from shared.contracts.vocabulary import Channel, PaymentState, Step
from tests.support.steps_reached import FARO, LUCIA, catalog, home_delivery, read, with_order


@pytest.fixture
def messages(tmp_path: Path) -> Path:
    """Spanish and English alone, so that each start takes a third of the time."""
    folder = Path(shutil.copytree(MESSAGES, tmp_path / "messages"))
    for file in folder.glob("*-*.toml"):
        file.unlink()
    return folder


@pytest.mark.parametrize(
    ("locale", "shops", "spoken"),
    [
        ("es-ES", "es", "es"),
        ("es-AR", "en", "es-AR"),
        ("es-CO", "en", "es"),
        ("en-GB", "es", "en"),
        ("es-Latn-MX", "en", "es"),
        ("de", "en", "en"),
        ("de-CH", "es-AR", "es-AR"),
        (None, "en", "en"),
    ],
)
def test_the_buyers_language_or_else_the_shops(locale: str | None, shops: str, spoken: str) -> None:
    shop = FARO.model_copy(update={"language": shops})
    assert read(home_delivery(), shop=shop, recipient=replace(LUCIA, locale=locale)).language == spoken


def test_an_unknown_language_gets_the_shops_dates_too() -> None:
    message = read(home_delivery(), recipient=replace(LUCIA, locale="de-DE"))
    assert "miércoles 25 de marzo" in message.text
    assert "Mittwoch" not in message.text


def test_a_dialect_says_otherwise_only_what_its_file_says(messages: Path) -> None:
    (messages / "es-AR.toml").write_text(
        '[language]\nbase = "es"\n[shipped]\nheadline = "¡Ya está viajando!"\n', encoding="utf-8"
    )
    words = load_catalog(messages, ())
    there = read(home_delivery(), recipient=replace(LUCIA, locale="es-AR"), words=words)
    elsewhere = read(home_delivery(), recipient=replace(LUCIA, locale="es-CL"), words=words)
    assert there.language == "es-AR"
    assert "¡Ya está viajando!" in there.text
    assert "SEUR ya tiene tu pedido A-1001" in there.text
    assert elsewhere.language == "es"
    assert "¡Ya va en camino!" in elsewhere.text


def test_a_dialects_plain_words_do_not_hide_what_the_language_says_of_a_variant(messages: Path) -> None:
    (messages / "es-AR.toml").write_text(
        '[language]\nbase = "es"\n[delivered]\nheadline = "¡Llegó!"\n', encoding="utf-8"
    )
    words = load_catalog(messages, ())
    argentine, neighbour = replace(LUCIA, locale="es-AR"), home_delivery(Step.DELIVERED, "neighbour")
    assert "Lo tiene un vecino" in read(neighbour, recipient=argentine, words=words).text
    assert "¡Llegó!" in read(home_delivery(Step.DELIVERED), recipient=argentine, words=words).text


def test_a_sister_language_is_better_than_a_foreign_one(messages: Path) -> None:
    (messages / "en.toml").rename(messages / "en-GB.toml")
    american = replace(LUCIA, locale="en-US")
    assert read(home_delivery(), recipient=american, words=load_catalog(messages, ())).language == "en-GB"


def test_a_shops_words_win_and_keep_their_gaps() -> None:
    shop = FARO.model_copy(update={"texts": {"es.shipped.subject": "¡{{ Parcel }} viaja con {{ carrier }}!"}})
    assert read(home_delivery(), shop=shop).subject == "¡Tu pedido A-1001 viaja con SEUR!"
    assert read(home_delivery(), shop=shop, recipient=replace(LUCIA, locale="en")).subject == (
        "Your order A-1001 is on its way"
    )


def test_a_shops_plain_words_do_not_hide_what_happened_to_this_parcel() -> None:
    shop = FARO.model_copy(update={"texts": {"es.delivered.headline": "¡A disfrutar!"}})
    assert "Lo tiene un vecino" in read(home_delivery(Step.DELIVERED, "neighbour"), shop=shop).text


def test_a_shop_without_a_language_file_is_named() -> None:
    with pytest.raises(CatalogError, match="shop faro: there is no language file for its language fr"):
        catalog().speech("de", FARO.model_copy(update={"language": "fr"}))


def test_amounts_are_written_as_the_buyer_writes_them() -> None:
    paid = Payment(state=PaymentState.PAID, total=Money(amount=129_990, currency="EUR"))
    step = with_order(home_delivery(Step.PAYMENT_RECEIVED), payment=paid)
    assert "tu pago de 1.299,90 €" in read(step).text
    assert "your payment of €1,299.90" in read(step, recipient=replace(LUCIA, locale="en")).text


@pytest.mark.parametrize(
    ("amount", "currency", "said"),
    [
        (4990, "EUR", "49,90 €"),
        (12_345, "CLP", "12.345 CLP"),
        (1250, "RSD", "12,50 RSD"),
        (12_345, "KWD", "12,345 KWD"),
    ],
)
def test_minor_units_are_those_of_the_currency(amount: int, currency: str, said: str) -> None:
    payment = Payment(state=PaymentState.REFUNDED, total=Money(amount=amount, currency=currency))
    assert f"la devolución de {said}" in read(with_order(home_delivery(Step.REFUNDED), payment=payment)).text


@pytest.mark.parametrize("step", [Step.ORDER_CONFIRMED, Step.DELIVERED])
def test_returns_and_warranty_are_told_with_time_and_link(step: Step) -> None:
    policies = Policies(
        returns=Policy(version="1", url="https://faro.example/devoluciones", days=1),
        warranty=Policy(version="1", url="https://faro.example/garantia", months=18),
    )
    reached = with_order(home_delivery(step), policies=policies)
    text = read(reached).text
    assert "Tienes 1 día para devolverlo y 18 meses de garantía." in text
    assert "https://faro.example/devoluciones" in text
    assert "https://faro.example/garantia" in (read(reached).html or "")
    assert "Tienes 1 día para devolverlo y 18 meses de garantía." in read(reached, Channel.WHATSAPP).text
    assert "Tienes 1 dia para devolverlo." in read(reached, Channel.SMS).text


def test_without_policies_no_right_is_invented() -> None:
    text = read(with_order(home_delivery(Step.DELIVERED), policies=None)).text
    assert "garantía" not in text
    assert "solo tienes que decírnoslo" in text


@pytest.mark.parametrize(
    ("name", "greeted"),
    [
        ("Lucía Prado", "Lucía"),
        ("LUCÍA PRADO", "Lucía"),
        ("josé", "José"),
        ("O'BRIEN", "O'Brien"),
        ("Mª Carmen", "Mª"),
        ("https://evil.example gana", None),
        ("evil.example", None),
        ("600 123 123", None),
        ("\u202eaicuL", "aicuL"),
        ("   ", None),
        (None, None),
    ],
)
def test_only_what_looks_like_a_name_is_greeted(name: str | None, greeted: str | None) -> None:
    assert first_name(name) == greeted
    hello = f"Hola, {greeted}:" if greeted else "Hola:"
    assert hello in read(home_delivery(), recipient=replace(LUCIA, name=name)).text


def test_the_files_that_come_with_hito_are_all_read() -> None:
    assert set(read_catalog(MESSAGES).languages) == {file.stem for file in MESSAGES.glob("*.toml")}
    assert {"es", "en"} <= {language.tag for language in catalog().complete}
