"""The phone in a real browser: it moves by itself, fits a narrow screen, and runs nothing that a message brought."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page

from sandbox.backends.ports import LOOPBACK
from sandbox.people import PEOPLE
from sandbox.phone.address_book import AddressBook
from sandbox.phone.app import phone_app
from sandbox.phone.mailroom import Mailroom
from sandbox.providers.http_server import HttpServer, listen, port_of
from shared.contracts.vocabulary import Channel
from tests.support.accepted_messages import HOSTILE, LINK, phone_message, status_change
from tests.support.browser import browser, needs_browser

__all__ = ["browser"]
pytestmark = needs_browser


@pytest.fixture
async def mailroom() -> Mailroom:
    return Mailroom(AddressBook(PEOPLE, b"salt"))


@pytest.fixture
async def address(mailroom: Mailroom) -> AsyncIterator[str]:
    listener = listen()
    server = HttpServer(phone_app(mailroom), listener)
    server.start()
    yield f"http://{LOOPBACK}:{port_of(listener)}/"
    mailroom.close()
    await server.stop()


async def open_page(browser: Browser, address: str, width: int = 1280) -> Page:
    page = await browser.new_page(viewport={"width": width, "height": 800}, locale="es-ES")
    await page.goto(address)
    await page.get_by_text("En directo").wait_for(state="attached")
    return page


async def test_a_new_message_appears_without_a_reload_and_its_ticks_change(
    browser: Browser, address: str, mailroom: Mailroom
) -> None:
    mailroom.deliver(phone_message("m1", channel=Channel.WHATSAPP, text="Hemos recibido tu pedido"))
    page = await open_page(browser, address)
    await page.get_by_role("button", name="WhatsApp").click()
    mailroom.deliver(phone_message("m2", channel=Channel.WHATSAPP, text=f"Hoy te lo llevamos {LINK}", minutes=1))
    await page.locator(".bubble", has_text="Hoy te lo llevamos").wait_for()
    await page.get_by_label("Enviado").nth(1).wait_for()
    mailroom.tell(status_change("m2", "read"))
    await page.get_by_label("Leído").wait_for()
    assert await page.get_by_role("link", name="Abrir el seguimiento").get_attribute("href") == LINK


async def test_hostile_words_are_shown_as_words_on_every_screen(
    browser: Browser, address: str, mailroom: Mailroom
) -> None:
    html = f"<html><body><p>carta</p>{HOSTILE}</body></html>"
    mailroom.deliver(phone_message("m1", channel=Channel.EMAIL, subject=HOSTILE, text=HOSTILE, html=html))
    mailroom.deliver(phone_message("m2", channel=Channel.SMS, text=HOSTILE))
    mailroom.deliver(phone_message("m3", channel=Channel.WHATSAPP, text=HOSTILE))
    page = await open_page(browser, address)
    for app in ("Mensajes", "WhatsApp", "Correo"):
        await page.get_by_role("button", name=app).click()
        await page.get_by_text("onerror").first.wait_for()
        if app != "Correo":
            await page.get_by_role("button", name="Volver al inicio").click()
    await page.locator(".mailrow").click()
    await page.frame_locator("iframe").get_by_text("carta").wait_for()
    for frame in page.frames:
        assert await frame.evaluate("window.pwned === undefined")


@pytest.mark.parametrize("width", [360, 1280])
async def test_no_screen_is_wider_than_the_window(
    browser: Browser, address: str, mailroom: Mailroom, width: int
) -> None:
    for number, channel in enumerate(Channel):
        mailroom.deliver(phone_message(f"m{number}", channel=channel, subject="Pedido", text=f"{'largo' * 40} {LINK}"))
    page = await open_page(browser, address, width)
    for app in ("Correo", "Mensajes", "WhatsApp"):
        await page.get_by_role("button", name=app).click()
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), app
        await page.get_by_role("button", name="Volver al inicio").click()


async def test_on_a_narrow_screen_another_buyer_is_two_taps_away(
    browser: Browser, address: str, mailroom: Mailroom
) -> None:
    for number, person in enumerate(PEOPLE[:2]):
        channel = person.channels[0]
        mailroom.deliver(phone_message(f"m{number}", to=person.address(channel), channel=channel))
    page = await open_page(browser, address, width=360)
    await page.locator(".owner").click()
    await page.get_by_role("button", name=PEOPLE[0].name).first.click()
    await page.locator(".owner", has_text=PEOPLE[0].name).wait_for()
