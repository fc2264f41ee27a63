"""What carriers and shops write runs nowhere: in a real browser, on the buyer's page and on the operators' console.

The pages' own policy would stop most of it, so they are looked at without it as well: it is the writing that holds.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from itertools import islice

import pytest
from fastapi import FastAPI
from playwright.async_api import Browser, Page

from sandbox.providers.http_server import HttpServer, listen, port_of
from shared.contracts.orders import Line
from shared.contracts.shipments import Location
from tests.support.browser import browser, needs_browser
from tests.support.deliveries import at, order, scan
from tests.support.markup_payloads import PROBE, markup_payloads
from tests.support.tracking_pages import OPS_KEY, Tracking

__all__ = ["browser"]
pytestmark = needs_browser

WANTED, A_PARCEL = 500, 100
EVENTS = ("mouseover", "focus", "click", "toggle")


@asynccontextmanager
async def served(app: FastAPI) -> AsyncIterator[str]:
    listener = listen()
    server = HttpServer(app, listener)
    server.start()
    try:
        yield f"http://127.0.0.1:{port_of(listener)}"
    finally:
        await server.stop()


def complaints(page: Page) -> list[str]:
    """What the browser has to say against the page: a script refused by its policy would be such a thing."""
    heard: list[str] = []
    page.on("console", lambda message: heard.append(message.text))
    page.on("pageerror", lambda error: heard.append(str(error)))
    return heard


async def told_with_markup(tracking: Tracking) -> None:
    """Five parcels with a hundred scans each, every place and every word of the carrier a payload of its own."""
    wanted = list(islice(markup_payloads(), WANTED))
    assert len(set(wanted)) == WANTED
    parcels = [("seur", f"1234567890{number:04}") for number in range(WANTED // A_PARCEL)]
    lines = tuple(Line(id=str(nth), title=payload, quantity=1) for nth, payload in enumerate(wanted[:50]))
    facts = [
        scan(
            "in_transit",
            3,
            of=parcels[number // A_PARCEL],
            location=Location(city=text),
            carrier_text=text,
        ).model_copy(update={"occurred_at": at(3) + timedelta(minutes=number)})
        for number, text in enumerate(wanted)
    ]
    await tracking.hears(order("shipped", 2, parcels=parcels, lines=lines))
    await tracking.hears(*facts)


@pytest.mark.parametrize("without_policy", [False, True], ids=["with the page's policy", "without it"])
async def test_no_payload_of_five_hundred_runs_on_the_buyers_page_or_the_console(
    browser: Browser, tracking: Tracking, without_policy: bool
) -> None:
    await told_with_markup(tracking)
    context = await browser.new_context(
        bypass_csp=without_policy, http_credentials={"username": "ops", "password": OPS_KEY}
    )
    async with served(tracking.api) as page_url, served(tracking.desk) as console_url:
        for address in (f"{page_url}{tracking.link()}", f"{console_url}/orders/demo/A-1001"):
            page = await context.new_page()
            heard = complaints(page)
            answer = await page.goto(address, wait_until="load")
            assert answer is not None and answer.ok, address
            shown = await page.locator("body").text_content() or ""
            assert shown.count(PROBE) > A_PARCEL / 2 and "<img src=x onerror=" in shown
            await page.evaluate(
                "names => document.querySelectorAll('body *').forEach("
                "element => names.forEach(name => element.dispatchEvent(new Event(name))))",
                EVENTS,
            )
            assert await page.evaluate("window.__pwn") is None, address
            assert await page.locator("iframe, object, embed, svg script, marquee, base").count() == 0
            assert [text for text in heard if "favicon" not in text] == []
    await context.close()
