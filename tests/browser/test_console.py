"""The operators' console in a real browser: its button works wherever it is opened, and its screens fit any width."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date

import pytest
from playwright.async_api import Browser

from sandbox.providers.http_server import HttpServer, listen, port_of
from services.tracking.ops.conflicts import mark_conflicts
from services.tracking.store import OrderKey
from shared.contracts.orders import Promise
from shared.database import Database
from shared.messaging.dead_letters import DeadLetter, bury
from tests.support.browser import chromium, needs_browser
from tests.support.deliveries import CORREOS, ORDER, SEUR, order, scan
from tests.support.migrated import count, tracking_database, tracking_template
from tests.support.tracking_pages import OPS_KEY, Tracking

__all__ = ["tracking_database", "tracking_template"]

pytestmark = needs_browser
PLAIN_HTTP = "console.test"
"""A name that a browser does not trust without TLS, unlike 127.0.0.1: it says less of where a form comes from."""


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium(f"--host-resolver-rules=MAP {PLAIN_HTTP} 127.0.0.1") as opened:
        yield opened


@asynccontextmanager
async def served(database: Database) -> AsyncIterator[int]:
    """The port of a console with something in every queue."""
    tracking = Tracking(database)
    listener = listen()
    server = HttpServer(tracking.desk, listener)
    server.start()
    await tracking.hears(
        order("shipped", 2, parcels=[SEUR], promise=Promise(deliver_until=date(2026, 3, 9))), scan("accepted", 3)
    )
    await tracking.hears(order("preparing", 2))
    await tracking.hears(order("shipped", order_id="B-2002", parcels=[CORREOS]))
    await tracking.hears(scan("unknown", 4, of=("seur", "98765432109876"), carrier_code="ZZ9", carrier_text="raro"))
    async with database.transaction() as tx:
        await mark_conflicts(tx, [OrderKey("demo", ORDER)])
        reason = "invalid: buyer: buyer.email or buyer.phone is required: without either nobody can be told"
        await bury(tx, [DeadLetter("shop.orders.v1", 3, n, b"k", b"{}", [], reason) for n in (76, 77)], "tracking")
    try:
        yield port_of(listener)
    finally:
        await server.stop()


@pytest.mark.parametrize("host", ["127.0.0.1", PLAIN_HTTP])
async def test_an_operator_sends_a_letter_back_with_a_button(
    browser: Browser, tracking_database: Database, host: str
) -> None:
    async with served(tracking_database) as port:
        context = await browser.new_context(http_credentials={"username": "ops", "password": OPS_KEY})
        page = await context.new_page()
        await page.goto(f"http://{host}:{port}/queues")
        await page.get_by_role("button", name="Volver a pasar").first.click()
        await page.get_by_role("button", name="Otra vez").wait_for()
        assert page.url == f"http://{host}:{port}/queues#dead"
        assert await count(tracking_database, "outbox", "topic = 'shop.orders.v1'") == 1


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("path", ["/", f"/orders/demo/{ORDER}", "/queues"])
async def test_a_screen_is_as_wide_as_its_window_and_breaks_no_rule_of_its_policy(
    browser: Browser, tracking_database: Database, path: str, width: int
) -> None:
    async with served(tracking_database) as port:
        context = await browser.new_context(
            http_credentials={"username": "ops", "password": OPS_KEY}, viewport={"width": width, "height": 800}
        )
        page = await context.new_page()
        heard: list[str] = []
        page.on("console", lambda message: heard.append(message.text))
        await page.goto(f"http://127.0.0.1:{port}{path}")
        assert await page.evaluate("document.documentElement.scrollWidth") <= width
        assert heard == []
