"""Nothing of the buyer's person is on the page, and nothing a carrier says can become more than text."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from services.tracking.api.page_links import phone_link, web_link
from shared.contracts.directory import CarrierEntry, CarrierPhone, TrackingLink
from shared.contracts.orders import Buyer
from shared.contracts.vocabulary import Stage
from tests.unit.tracking.facts import at, says, scan
from tests.unit.tracking.page_story import CARRIERS, announcer, html, page, shipped, story

CANARIES = ("Lucía Canaria", "lucia.canaria", "600987654", "Calle del Canario 7", "28013", "Ring twice")
BUYER = Buyer(name="Lucía Canaria", email="lucia.canaria@example.com", phone="+34600987654", locale="es-ES")
ATTACK = "<script>alert(1)</script>\"' onload=x"
TALKATIVE = scan("delivered", 6, city="Madrid", to="neighbour")._replace(
    postal_code="28013",
    code="Ring twice",
    text="Entregado a Lucía Canaria, Calle del Canario 7",
)


class Seen(HTMLParser):
    """Every element with its attributes, as a browser would see them."""

    def __init__(self, document: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(document)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))


@pytest.mark.parametrize("canary", CANARIES)
def test_no_name_address_or_number_of_the_buyer_is_on_the_page(canary: str) -> None:
    told = story(says("confirmed", 1), shipped(), seur=[scan("accepted", 3), TALKATIVE], buyer=BUYER, items=2)
    assert canary.lower() not in html(told).lower()
    assert canary.lower() not in page(told).model_dump_json().lower()


def test_what_is_inside_is_counted_not_named() -> None:
    told = story(shipped(), seur=[scan("accepted", 3)], items=2)
    assert page(told).parcels[0].items == 2
    assert "2 artículos" in html(told)
    assert "Cuaderno" not in html(told) + page(told).model_dump_json()


def hostile() -> str:
    carrier = CarrierEntry(
        id="seur",
        name=ATTACK,
        zone="Europe/Madrid",
        phones=(
            CarrierPhone(
                country="ES", number=ATTACK, source="x", checked_on=at(1).date(), confirmed=True, hours=ATTACK
            ),
        ),
    )
    scans = [scan("in_transit", 4, city=ATTACK), scan("in_transit", 5, city="Évil\u202e\x1b[0m")._replace(country="ES")]
    return html(story(shipped(), seur=scans), by=announcer(carrier))


def test_hostile_names_places_and_numbers_stay_text() -> None:
    seen = Seen(hostile())
    assert [(attrs.get("src") or "").startswith("/t/assets/") for tag, attrs in seen.elements if tag == "script"] == [
        True
    ]
    assert not [attrs for _, attrs in seen.elements if any(name.startswith("on") for name in attrs)]
    assert "&lt;script&gt;" in hostile().lower()


def test_a_number_that_cannot_be_dialled_is_no_link_and_control_characters_are_gone() -> None:
    links = [attrs.get("href") or "" for tag, attrs in Seen(hostile()).elements if tag == "a"]
    assert [link for link in links if link.startswith("tel:")] == ["tel:+34910000001"]
    assert "\u202e" not in hostile() and "\x1b" not in hostile()


def test_no_style_or_script_stands_in_the_page_but_the_shops_colour() -> None:
    seen = Seen(html(story(shipped(), seur=[scan("accepted", 3)])))
    assert not [attrs for _, attrs in seen.elements if "style" in attrs]
    assert [tag for tag, _ in seen.elements].count("style") == 1


def test_nothing_is_fetched_from_elsewhere() -> None:
    seen = Seen(html(story(shipped(), seur=[scan("accepted", 3)])))
    fetched = [
        attrs.get("src") or attrs.get("href") for tag, attrs in seen.elements if tag in ("script", "link", "img")
    ]
    assert fetched and all(address and address.startswith(("/t/assets/", "data:")) for address in fetched)


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JAVASCRIPT:alert(1)",
        "data:text/html,x",
        "//carrier.example/x",
        "/x",
        "ftp://carrier.example/x",
        "https://carrier.example@evil.example/",
        "https:///x",
        "https://carrier.example/\nx",
        "https://carrier.example\\@evil.example/",
        "http://[::1",
        "",
        None,
    ],
)
def test_only_plain_web_addresses_become_links(address: str | None) -> None:
    assert web_link(address) is None


def test_web_addresses_of_carriers_become_links() -> None:
    assert web_link("https://carrier.example:8443/t?ref=1%2F2") == "https://carrier.example:8443/t?ref=1%2F2"


def test_a_carriers_bad_template_costs_the_link_not_the_page() -> None:
    seur = CARRIERS[0].model_copy(update={"links": (TrackingLink(template="https://a@evil.example/{reference}"),)})
    told = story(shipped(), seur=[scan("accepted", 3)])
    assert page(told, by=announcer(seur)).parcels[0].carrier_url is None
    assert page(told, by=announcer(seur)).parcels[0].stage is Stage.ACCEPTED


@pytest.mark.parametrize(
    ("phone", "link"),
    [
        ("+34 910 000 001", "tel:+34910000001"),
        ("902 10 10 10", "tel:902101010"),
        ("(011) 4000-1234", "tel:01140001234"),
        ("0800-FLOWERS", None),
        ("+34;ext=1", None),
        ("12", None),
    ],
)
def test_phones_are_dialled_as_they_are_written(phone: str, link: str | None) -> None:
    assert phone_link(phone) == link
