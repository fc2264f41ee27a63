"""The buyer's page in a real browser: it keeps itself true, fits any screen, and breaks no rule of its own policy."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise

import pytest
from playwright.async_api import Browser, Page

from sandbox.providers.http_server import HttpServer, listen, port_of
from shared.contracts.shipments import Location
from shared.database import Database
from tests.support.browser import browser, needs_browser
from tests.support.deliveries import CORREOS, SEUR, order, scan
from tests.support.migrated import tracking_database, tracking_template
from tests.support.tracking_pages import Tracking

__all__ = ["browser", "tracking_database", "tracking_template"]

pytestmark = needs_browser


@asynccontextmanager
async def served(database: Database) -> AsyncIterator[tuple[Tracking, str]]:
    """A tracking with one parcel under way, and the address of its buyer's page."""
    tracking = Tracking(database)
    listener = listen()
    server = HttpServer(tracking.api, listener)
    server.start()
    await tracking.hears(order("shipped", 2, parcels=[SEUR]), scan("accepted", 3, location=Location(city="Madrid")))
    try:
        yield tracking, f"http://127.0.0.1:{port_of(listener)}{tracking.link()}"
    finally:
        await server.stop()


def complaints(page: Page) -> list[str]:
    """What the browser has to say against the page: refused by its policy, or failed."""
    heard: list[str] = []
    page.on("console", lambda message: heard.append(message.text))
    page.on("pageerror", lambda error: heard.append(str(error)))
    return heard


async def test_an_open_page_follows_the_parcel_without_a_reload(browser: Browser, tracking_database: Database) -> None:
    async with served(tracking_database) as (tracking, address):
        page = await browser.new_page()
        heard = complaints(page)
        await page.clock.install()
        await page.goto(address)
        await page.get_by_text("Esta página se actualiza sola.").wait_for()
        await page.evaluate("window.sameDocument = true")
        await tracking.hears(scan("out_for_delivery", 6))
        await page.clock.fast_forward(20_000)
        await page.get_by_role("heading", name="Está en reparto").wait_for()
        assert (await page.title()).startswith("Está en reparto")
        assert await page.evaluate("window.sameDocument")
        assert heard == []


async def test_a_page_that_cannot_ask_any_more_says_so_and_keeps_what_it_shows(
    browser: Browser, tracking_database: Database
) -> None:
    async with served(tracking_database) as (_, address):
        page = await browser.new_page()
        await page.clock.install()
        await page.goto(address)
        await page.get_by_text("Esta página se actualiza sola.").wait_for()
        await page.context.set_offline(True)
        for _ in range(3):
            async with page.expect_event("requestfailed"):
                await page.clock.fast_forward(120_000)
        await page.get_by_text("Sin conexión").wait_for()
        assert await page.get_by_role("heading", name="Ya va en camino").is_visible()


async def test_the_page_is_complete_without_script(browser: Browser, tracking_database: Database) -> None:
    async with served(tracking_database) as (_, address):
        context = await browser.new_context(java_script_enabled=False)
        page = await context.new_page()
        await page.goto(address)
        assert await page.get_by_role("heading", name="Ya va en camino").is_visible()
        assert await page.get_by_role("link", name="+34 910 000 100").get_attribute("href") == "tel:+34910000100"
        assert await page.get_by_text(SEUR[1], exact=True).is_visible()
        assert await page.get_by_text("Esta página se actualiza sola.").count() == 0


@pytest.mark.parametrize("width", [320, 360, 1280])
async def test_the_page_is_never_wider_than_the_window(
    browser: Browser, tracking_database: Database, width: int
) -> None:
    async with served(tracking_database) as (tracking, address):
        long_place = Location(city="Santa Perpetua de Mogoda" * 4, country="DE")
        await tracking.hears(
            order("shipped", 3, parcels=[SEUR, CORREOS]),
            scan("ready_for_pickup", 5, of=CORREOS, location=long_place),
            scan("out_for_delivery", 6),
        )
        page = await browser.new_page(viewport={"width": width, "height": 800})
        for language in ("es", "en", "pt-BR"):
            await page.goto(f"{address}?lang={language}")
            assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), language


async def test_a_keyboard_reaches_every_link_and_headings_go_down_step_by_step(
    browser: Browser, tracking_database: Database
) -> None:
    async with served(tracking_database) as (_, address):
        page = await browser.new_page()
        await page.goto(address)
        links = await page.evaluate("[...document.links].map((link) => link.href)")
        reached = []
        for _ in links:
            await page.keyboard.press("Tab")
            reached.append(await page.evaluate("document.activeElement.href"))
        assert reached == links
        levels = await page.evaluate("[...document.querySelectorAll('h1,h2,h3')].map((h) => +h.tagName[1])")
        assert levels[0] == 1 and all(after - before <= 1 for before, after in pairwise(levels))
        for landmark in ("main", "banner", "contentinfo", "navigation"):
            assert await page.get_by_role(landmark).count() == 1
