"""E-mails in a real browser: as wide as the window and no wider, readable by day and by night, fetching nothing."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from playwright.async_api import Browser, Page

from services.notifier.wording.variants import all_wordings, name_of
from shared.contracts.vocabulary import Step
from tests.support.awkward_mail import awkward_mail
from tests.support.browser import browser, needs_browser
from tests.support.steps_reached import catalog

__all__ = ["browser"]
pytestmark = needs_browser

LANGUAGES = sorted(catalog().languages)
COLOURS = ("#0b6e4f", "#ffff00", "#ffffff", "#000000", "#777777", "#e4002b", "#1b1f24", "#00d0ff")
TELLING = ((Step.ORDER_CONFIRMED, None), (Step.OUT_FOR_DELIVERY, "payment_due"), (Step.LOST, None))
"""Between them they show every part of the layout: marks lit and not, no marks, items, policies, a note."""

WIDER_THAN_THE_WINDOW = """() => {
  const ends = [...document.querySelectorAll('body *')].filter((e) => {
    const box = e.getBoundingClientRect();
    return box.width > 0 && (box.left < -0.5 || box.right > innerWidth + 0.5 || e.scrollWidth > e.clientWidth + 1
      && getComputedStyle(e).overflow !== 'visible');
  }).map((e) => e.outerHTML.slice(0, 120));
  return document.documentElement.scrollWidth > innerWidth ? ['the page', ...ends] : ends;
}"""

TEXTS = """() => {
  const parse = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const ground = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const [r, g, b, a = 1] = parse(getComputedStyle(e).backgroundColor);
      if (a > 0) return [r, g, b, a];
    }
    return [255, 255, 255, 1];
  };
  const light = ([r, g, b]) => [r, g, b].map((c) => c / 255)
    .map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) {
    const text = walker.currentNode.data.replace(/[\\s\\u200a\\u200b]/g, '');
    const element = walker.currentNode.parentElement;
    if (!text || !element.checkVisibility()) continue;
    const style = getComputedStyle(element), under = ground(element);
    const [a, b] = [light(parse(style.color)), light(under)].sort((x, y) => y - x);
    found.push({text, contrast: (a + 0.05) / (b + 0.05), opaque: under[3] === 1, size: parseFloat(style.fontSize)});
  }
  return found;
}"""


async def opened(browser: Browser, width: int, scheme: Literal["light", "dark"] = "light") -> Page:
    """A window of this width, in a room of this light."""
    context = await browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    return await context.new_page()


@pytest.mark.parametrize("language", LANGUAGES)
async def test_no_email_is_wider_than_the_window(browser: Browser, language: str) -> None:
    """All wordings on a phone, where it is tight; elsewhere those that show every part of the layout."""
    for width, wordings in ((360, tuple(all_wordings())), (320, TELLING), (800, TELLING)):
        page = await opened(browser, width)
        for wording in wordings:
            await page.set_content(awkward_mail(*wording, language))
            assert await page.evaluate(WIDER_THAN_THE_WINDOW) == [], f"{name_of(*wording)} at {width}"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("colour", COLOURS)
async def test_every_word_can_be_read_whatever_the_shops_colour(
    browser: Browser, colour: str, scheme: Literal["light", "dark"]
) -> None:
    for width in (360, 800):
        page = await opened(browser, width, scheme)
        for step, variant in TELLING:
            await page.set_content(awkward_mail(step, variant, "es", colour=colour))
            texts: list[dict[str, Any]] = await page.evaluate(TEXTS)
            assert len(texts) > 20
            hard_to_read = [t for t in texts if t["contrast"] < 4.5 or not t["opaque"] or t["size"] < 12]
            assert hard_to_read == [], f"{name_of(step, variant)} at {width}"


async def test_the_dark_one_is_dark_all_over(browser: Browser) -> None:
    page = await opened(browser, 800, "dark")
    await page.set_content(awkward_mail(Step.DELIVERED, None, "es"))
    lightest = await page.evaluate(
        "Math.max(...[...document.querySelectorAll('body, body *')].map((e) => getComputedStyle(e).backgroundColor)"
        ".map((c) => c.match(/[\\d.]+/g).map(Number)).filter(([, , , a = 1]) => a > 0).map(([r, g, b]) => r + g + b))"
    )
    assert lightest < 3 * 128


async def test_nothing_is_asked_for_and_nothing_is_amiss(browser: Browser) -> None:
    page = await opened(browser, 360)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: asked.append(message.text))
    await page.set_content(awkward_mail(Step.DELIVERED, None, "es"), wait_until="networkidle")
    assert asked == []
    assert await page.evaluate("document.compatMode") == "CSS1Compat"


async def test_the_button_can_be_hit_with_a_thumb(browser: Browser) -> None:
    page = await opened(browser, 360)
    await page.set_content(awkward_mail(Step.SHIPPED, None, "es"))
    button = await page.get_by_role("link", name="Ver el seguimiento").bounding_box()
    assert button is not None
    assert button["height"] >= 44 and button["width"] >= 44


async def test_a_screen_reader_meets_headings_in_order_and_facts_with_their_names(browser: Browser) -> None:
    page = await opened(browser, 800)
    await page.set_content(awkward_mail(Step.DELIVERED, None, "es"))
    levels = await page.evaluate("[...document.querySelectorAll('h1,h2,h3')].map((h) => +h.tagName[1])")
    assert levels[0] == 1 and set(levels[1:]) == {2}
    assert await page.get_by_role("rowheader", name="Referencia", exact=True).count() == 1
    assert await page.get_by_role("article").get_attribute("lang") == "es"
