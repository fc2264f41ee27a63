"""The smaller parts of the buyer's page: dates, colours, the count of bad links, and the files it loads."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from services.tracking.api.page_brand import (
    DARK,
    DARK_GROUND,
    LIGHT,
    LIGHT_GROUND,
    brand_style,
    contrast,
    readable,
    style_source,
    wash,
)
from services.tracking.api.page_dates import Calendar, place_name
from services.tracking.api.page_html import ASSETS, HERE
from services.tracking.api.page_language import words_for
from shared.contracts.orders import Promise
from shared.contracts.shipments import Eta
from shared.link_misses import Misses
from shared.web import Problem
from tests.unit.tracking.facts import at

COLOURS = st.integers(0, 0xFFFFFF).map(lambda n: f"#{n:06x}")
MINUTE = timedelta(minutes=1)


def expected(begin: datetime | None, until: datetime, now: datetime, zone: str = "Europe/Madrid") -> str | None:
    return Calendar(words_for("es"), ZoneInfo(zone), now).expected(Eta(from_=begin, until=until), None)


def test_a_window_of_hours_is_told_in_the_orders_zone() -> None:
    assert expected(at(9, "08:00"), at(9, "12:00"), at(6)) == "lunes 9 de marzo, de 9:00 a 13:00"
    mexico = expected(at(9, "16:00"), at(9, "18:00"), at(6), "America/Mexico_City")
    assert mexico == "lunes 9 de marzo, de 10:00 a 12:00"


def test_hours_that_only_mean_that_day_are_not_told() -> None:
    madrid = ZoneInfo("Europe/Madrid")
    midnight = datetime(2026, 3, 10, tzinfo=madrid)
    assert expected(datetime(2026, 3, 9, tzinfo=madrid), midnight, at(6)) == "lunes 9 de marzo"
    assert expected(None, midnight, at(6)) == "martes 10 de marzo"
    assert expected(None, datetime(2026, 3, 9, 23, 59, tzinfo=madrid), at(6)) == "lunes 9 de marzo"


def test_several_days_are_told_as_a_range_and_tomorrow_by_name() -> None:
    assert expected(at(9), at(11), at(6)) == "entre el lunes 9 de marzo y el miércoles 11 de marzo"
    assert expected(None, at(7, "12:00"), at(6)) == "mañana, sábado 7 de marzo, antes de las 13:00"


def test_the_shops_promise_stands_in_when_the_carriers_date_has_passed() -> None:
    calendar = Calendar(words_for("es"), ZoneInfo("Europe/Madrid"), at(6))
    promise = Promise(deliver_from=date(2026, 3, 9), deliver_until=date(2026, 3, 10))
    said = calendar.expected(Eta(until=at(4)), promise)
    assert said == "entre el lunes 9 de marzo y el martes 10 de marzo"


@pytest.mark.parametrize(
    ("city", "said"),
    [
        ("A CORUÑA", "A Coruña"),
        ("LAS PALMAS DE GRAN CANARIA", "Las Palmas de Gran Canaria"),
        ("Sant Boi", "Sant Boi"),
        ("  ", None),
        ("\x00\u202e", None),
        (None, None),
    ],
)
def test_cities_are_written_as_people_write_them(city: str | None, said: str | None) -> None:
    assert place_name(words_for("es"), city, "ES", "ES") == said


@given(COLOURS)
def test_any_colour_a_shop_chooses_can_be_read_on_light_and_on_dark(colour: str) -> None:
    for ground, ink in ((LIGHT_GROUND, LIGHT), (DARK_GROUND, DARK)):
        shown = readable(colour, ground)
        assert contrast(shown, ground) >= 4.5
        assert contrast(shown, wash(shown, ground)) >= 4.5
        assert contrast(shown, ink) >= 4.5


@pytest.mark.parametrize("nth", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("ink", ["ink", "soft", "good", "act", "trouble"])
def test_our_own_inks_can_be_read_on_ground_and_card(ink: str, nth: int) -> None:
    def colour(name: str) -> str:
        light_and_dark = re.findall(rf"--{name}: (#[0-9a-f]{{6}});", (HERE / "static/base.css").read_text())
        return str(light_and_dark[nth])

    assert contrast(colour(ink), colour("ground")) >= 4.5
    assert contrast(colour(ink), colour("card")) >= 4.5


def test_a_colour_that_can_be_read_already_is_left_alone() -> None:
    assert readable("#0b5d6e", LIGHT_GROUND) == "#0b5d6e"


def test_the_policy_names_exactly_the_style_that_is_on_the_page() -> None:
    style = brand_style("#0b5d6e")
    assert style_source(style) != style_source(brand_style("#0b5d6f"))
    assert style_source(style).startswith("'sha256-")


def test_bad_links_are_answered_until_there_are_too_many_and_again_after_a_minute() -> None:
    misses = Misses(allowed=3)
    now = at(6)
    assert [misses.note("203.0.113.7", now) for _ in range(3)] == [None, None, None]
    assert misses.note("203.0.113.7", now + timedelta(seconds=20)) == timedelta(seconds=40)
    assert misses.note("203.0.113.8", now) is None
    assert misses.note("203.0.113.7", now + MINUTE) is None


def test_one_client_is_one_however_many_ipv6_addresses_it_has() -> None:
    misses = Misses(allowed=1)
    assert misses.note("2001:db8:1:2::1", at(6)) is None
    assert misses.note("2001:db8:1:2:ffff::9", at(6)) is not None
    assert misses.note("2001:db8:1:3::1", at(6)) is None


def test_the_count_of_bad_links_stays_small_whoever_asks() -> None:
    misses = Misses(allowed=1, addresses=2)
    for address in ("a", "b", "c"):
        misses.note(address, at(6))
    assert misses.note("a", at(6)) is None, "the oldest was forgotten"
    assert misses.note("c", at(6)) is not None, "the newest was not"


def asking(query: str) -> Request:
    return Request({"type": "http", "method": "GET", "query_string": query.encode(), "headers": []})


def test_a_file_is_kept_for_good_only_under_the_address_of_its_content() -> None:
    version = ASSETS.url("page.css").partition("?")[2]
    assert "immutable" in ASSETS.answer("page.css", asking(version)).headers["cache-control"]
    assert ASSETS.answer("page.css", asking("v=old")).headers["cache-control"] == "no-cache"
    assert ASSETS.answer("page.js", asking("")).headers["content-type"].startswith("text/javascript")


def test_there_are_no_files_but_the_pages_own() -> None:
    with pytest.raises(Problem) as raised:
        ASSETS.answer("../page.py", asking(""))
    assert raised.value.status == 404
