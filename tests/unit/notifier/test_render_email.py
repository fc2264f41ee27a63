"""An e-mail says the same in text and HTML, fetches nothing, trusts no data, tells machines what it tells people."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from html import escape
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.compile_layouts import compile_layout
from services.notifier.render import render
from services.notifier.wording.brand import DARK_GROUND, LIGHT_GROUND, contrast, paint, paint_on
from services.notifier.wording.catalog import MESSAGES
from services.notifier.wording.facts import read_page
from services.notifier.wording.outside_words import quoted
from services.notifier.wording.specimens import bare, plain, rich
from services.notifier.wording.variants import all_wordings, name_of, speaks_of_parcel
from shared.contracts.orders import Line, Promise
from shared.contracts.steps import StepReached
from shared.contracts.vocabulary import Channel, Step
from tests.support.steps_reached import FARO, LUCIA, RECEIVER, catalog, home_delivery, read, with_order, with_parcel

LAYOUTS = MESSAGES / "layouts"
INVISIBLE = ("\u200b", "\u200a")
"""What fills cells that are only colour."""


def html_of(*arguments: object, **keywords: object) -> str:
    html = read(*arguments, **keywords).html  # type: ignore[arg-type]
    assert html is not None
    return html


def markup_of(html: str) -> dict[str, object]:
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', html, re.DOTALL)
    assert found is not None
    document: dict[str, object] = json.loads(found[1])
    return document


@pytest.mark.parametrize(("step", "variant"), [pytest.param(*w, id=name_of(*w)) for w in all_wordings()])
def test_text_and_html_say_the_same(step: Step, variant: str | None) -> None:
    for reached, recipient in ((rich(step, variant), LUCIA), (bare(step, variant), RECEIVER)):
        message = read(reached, recipient=recipient)
        page = read_page(message.html or "")
        seen = page.text + " " + " ".join(page.links)
        for line in message.text.splitlines():
            for part in re.split(r"\[[x ]\] | {2,}|: | \((?=http)|^- |^--$", line.removesuffix(")")):
                assert part.strip(" :)") in seen, line

        for passage in page.passages:
            assert passage.removeprefix("✓ ").removesuffix(":") in message.text or passage in INVISIBLE


def test_it_has_a_title_a_language_and_a_first_line_for_the_inbox() -> None:
    message = read(home_delivery(), recipient=replace(LUCIA, locale="en"))
    html = message.html or ""
    assert message.subject is not None
    assert f"<title>{escape(message.subject)}</title>" in html
    assert '<html lang="en"' in html
    first_line = re.search(r'<body[^>]*><div style="display:none[^>]*>([^<]*)<', html)
    assert first_line is not None
    assert first_line[1] == "SEUR now has your order A-1001 and is bringing it to you."


def test_tables_that_only_arrange_are_no_tables_to_a_screen_reader() -> None:
    tables = re.findall(r"<table[^>]*>", re.sub(r"<!--.*?-->", "", html_of(home_delivery()), flags=re.DOTALL))
    assert len([table for table in tables if 'role="presentation"' not in table]) == 2  # the facts and the policies
    assert '<th class="label" scope="row"' in html_of(home_delivery())


def test_the_biggest_message_is_shown_whole_by_gmail() -> None:
    """Gmail cuts what is longer than 102 KB."""
    everything = with_order(
        with_parcel(home_delivery(Step.DELIVERED), carrier_name="<" * 200, reference="&" * 64),
        lines=tuple(Line(id=str(number), title="<" * 200, quantity=1_000_000) for number in range(500)),
    )
    message = read(everything, shop=FARO.model_copy(update={"name": "&" * 200}))
    assert len((message.html or "").encode()) < 102 * 1024
    assert '"name": "' + "\\u003c" * 200 in (message.html or "")


def test_the_buyer_can_choose_at_the_foot_of_an_email_only() -> None:
    pages: dict[str, Any] = {
        "preferences_url": "https://hito.example/p/abc",
        "unsubscribe_url": "https://hito.example/u/abc",
    }
    message = render(catalog(), home_delivery(), FARO, LUCIA, Channel.EMAIL, **pages)
    assert read_page(message.html or "").links[-2:] == list(pages.values())
    assert message.text.endswith(
        "Elegir qué avisos recibo: https://hito.example/p/abc\n"
        "No recibir más avisos como este: https://hito.example/u/abc\n"
    )
    for channel in (Channel.SMS, Channel.WHATSAPP):
        assert render(catalog(), home_delivery(), FARO, LUCIA, channel, **pages) == read(home_delivery(), channel)
    one = render(catalog(), home_delivery(), FARO, LUCIA, Channel.EMAIL, preferences_url=pages["preferences_url"])
    assert one.text == message.text.rsplit("No recibir", 1)[0]


@pytest.mark.parametrize("source", sorted(LAYOUTS.glob("*.mjml")), ids=lambda path: path.name)
def test_the_committed_layout_is_what_its_source_compiles_to(source: Path) -> None:
    assert source.with_suffix(".html").read_text("utf-8") == compile_layout(source.read_text("utf-8"))


def test_nothing_is_fetched_when_it_is_opened() -> None:
    html = html_of(home_delivery())
    assert not re.search(r"<img|<link|<iframe|url\(|@import|\ssrc=", html)


def test_it_declares_light_and_dark() -> None:
    html = html_of(home_delivery())
    assert '<meta name="color-scheme" content="light dark"' in html
    assert "prefers-color-scheme: dark" in html


def test_the_phone_can_be_dialled_and_the_link_followed() -> None:
    links = read_page(html_of(home_delivery())).links
    assert "tel:+34910000111" in links
    assert "https://hito.example/t/Zk3vQ8mN1xT7rB5wLc0yHd" in links


def test_machines_read_the_same_facts() -> None:
    document = markup_of(html_of(home_delivery()))
    assert document == {
        "@context": "https://schema.org",
        "@type": "ParcelDelivery",
        "carrier": {"@type": "Organization", "name": "SEUR"},
        "provider": {"@type": "Organization", "name": "SEUR"},
        "trackingNumber": "12345678901234",
        "trackingUrl": "https://hito.example/t/Zk3vQ8mN1xT7rB5wLc0yHd",
        "itemShipped": [{"@type": "Product", "name": "Cuaderno de tapa dura, 200 páginas"}],
        "partOfOrder": {
            "@type": "Order",
            "orderNumber": "A-1001",
            "merchant": {"@type": "Organization", "name": "Librería Faro"},
        },
        "expectedArrivalFrom": "2026-03-25T08:00:00Z",
        "expectedArrivalUntil": "2026-03-25T13:00:00Z",
        "deliveryAddress": {
            "@type": "PostalAddress",
            "addressCountry": "ES",
            "addressLocality": "Madrid",
            "postalCode": "28001",
        },
    }


@pytest.mark.parametrize("make", [rich, plain])
@pytest.mark.parametrize(("step", "variant"), [pytest.param(*w, id=name_of(*w)) for w in all_wordings()])
def test_the_markup_has_what_gmail_requires_of_what_is_known(
    step: Step, variant: str | None, make: Callable[[Step, str | None], StepReached]
) -> None:
    """All but street and region (developers.google.com/workspace/gmail/markup/reference/types/ParcelDelivery)."""
    html = read(make(step, variant)).html or ""
    if not speaks_of_parcel(step, variant):
        assert "ld+json" not in html
        return
    document: Any = markup_of(html)
    assert document["carrier"]["name"]
    assert all(item["name"] for item in document["itemShipped"])
    assert document["partOfOrder"]["orderNumber"] and document["partOfOrder"]["merchant"]["name"]
    assert {"addressCountry", "addressLocality", "postalCode"} <= document["deliveryAddress"].keys()
    assert datetime.fromisoformat(document["expectedArrivalUntil"])


def test_a_promised_day_is_told_to_machines_as_a_day() -> None:
    promised = with_order(home_delivery(), promise=Promise(deliver_until=date(2026, 3, 27)))
    assert markup_of(html_of(with_parcel(promised, eta=None)))["expectedArrivalUntil"] == "2026-03-27"


def test_machines_are_not_told_what_nobody_knows() -> None:
    html = html_of(with_parcel(home_delivery(), eta=None, destination=None), recipient=RECEIVER)
    document = markup_of(html)
    assert "expectedArrivalUntil" not in document
    assert "deliveryAddress" not in document
    assert document["itemShipped"] == [{"@type": "Product", "name": "El pedido A-1001"}]
    assert "ld+json" not in html_of(home_delivery(Step.ORDER_CONFIRMED))


hostile = st.text(st.sampled_from("<>&\"'/{}%scriptSCRIPT!-\u2028\u2029 áx="), min_size=1, max_size=80)


@given(title=hostile, city=hostile)
def test_no_data_becomes_markup(title: str, city: str) -> None:
    step = with_order(home_delivery(), lines=(Line(id="1", title=title, quantity=1),))
    assert step.parcel is not None
    step = with_parcel(step, location=step.parcel.location.model_copy(update={"city": city}))  # type: ignore[union-attr]
    html = html_of(step)
    quiet = html_of(with_order(home_delivery(), lines=(Line(id="1", title="x", quantity=1),)))
    assert html.count("<script") == 1
    assert html.count("</script>") == 1
    product = markup_of(html)["itemShipped"]
    assert product == [{"@type": "Product", "name": quoted(title) or "Tu pedido A-1001"}]
    tags = re.compile(r"<[a-z][^>]*>")
    assert abs(len(tags.findall(html)) - len(tags.findall(quiet))) <= len("<tr><td><td>")
    assert quoted(title) in read_page(html).text


@given(st.from_regex(r"#[0-9a-f]{6}", fullmatch=True))
def test_any_shop_colour_can_be_read(colour: str) -> None:
    header = paint(colour)
    assert header.accent == colour
    assert contrast(header.ink, header.accent) >= 4.5
    for ground in (LIGHT_GROUND, DARK_GROUND):
        button = paint_on(ground, colour)
        assert contrast(button.accent, ground) >= 3
        assert contrast(button.ink, button.accent) >= 4.5


def test_a_colour_that_stands_out_is_left_alone() -> None:
    assert paint_on(LIGHT_GROUND, "#0b5d6e").accent == "#0b5d6e"
    assert paint_on(DARK_GROUND, "#ffcc00").accent == "#ffcc00"


def test_a_white_shop_still_shows_its_marks_on_white_paper() -> None:
    html = html_of(home_delivery(), shop=FARO.model_copy(update={"colour": "#ffffff"}))
    lit = re.search(r'class="bar-lit"[^>]*background-color:(#[0-9a-f]{6})', html)
    assert lit is not None
    assert contrast(lit[1], "#ffffff") >= 3


def test_the_marks_show_how_far_it_has_come() -> None:
    assert "[x] En preparación   [x] Enviado   [ ] En reparto   [ ] Entregado" in read(home_delivery(Step.SHIPPED)).text
    assert "[x] Para recoger   [ ] Entregado" in read(home_delivery(Step.READY_FOR_PICKUP)).text
    assert "[x] Entregado" in read(home_delivery(Step.DELIVERED)).text
    assert "[ ]" not in read(home_delivery(Step.LOST)).text


def test_the_same_message_has_the_same_bytes_and_another_has_others() -> None:
    one, again, other = read(home_delivery()), read(home_delivery()), read(home_delivery(Step.LOST))
    assert one.canonical() == again.canonical()
    assert one.sha256 == again.sha256 != other.sha256
    assert len(one.sha256) == 64
