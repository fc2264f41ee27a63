"""`/preferences/{token}`: a page that works without scripts, and the one click of RFC 8058 beside it.

The token is the capability: whoever has it may choose, and nothing else is asked for; there are no cookies, so no other
site can choose in anybody's name. GET changes nothing: mail scanners open every link. A link that never was and one
that has expired answer the same; whoever tries many is slowed down, and a good link opens all the same.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse, RedirectResponse
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifier.people.consents import Source
from services.notifier.preferences.choices import Visitor, choose, chosen, visitor_of, without_extras
from services.notifier.preferences.forms import Unclear, asks_to_unsubscribe, read_body, read_choices
from services.notifier.preferences.links import find
from services.notifier.preferences.view import describe, language_now, offered_channels, render_notice, render_page
from services.notifier.preferences.wording import PageWords, page_words
from services.notifier.wording.catalog import Catalog
from shared.contracts.vocabulary import Channel
from shared.database import Database
from shared.link_misses import note_miss
from shared.messaging.failures import is_infrastructure
from shared.observability.logs import get_logger
from shared.shops import Shop, Shops
from shared.web import RETRY_AFTER

router = APIRouter(tags=["preferences"], include_in_schema=False)
PRIVATE = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
}
"""The address is a secret: it is neither kept, nor told to the next site, nor found by a search."""


@dataclass(frozen=True)
class PreferencesState:
    database: Database
    shops: Shops
    installed: frozenset[Channel]
    catalog: Catalog
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)


Act = Callable[[AsyncConnection, PreferencesState, Visitor, Shop], Awaitable[Response]]


@router.head("/preferences/{token}")
@router.get("/preferences/{token}")
async def show(request: Request, token: str, saved: str | None = None) -> Response:
    async def act(tx: AsyncConnection, state: PreferencesState, visitor: Visitor, shop: Shop) -> Response:
        choices = await chosen(tx, visitor)
        words = page_words(language_now(visitor, choices, state.catalog, shop))
        view = describe(token, visitor, choices, shop, state.installed, state.catalog)
        return _html(*render_page(view, shop, words, saved=saved is not None))

    return await _open(request, token, act)


@router.post("/preferences/{token}")
async def change(request: Request, token: str) -> Response:
    """The page's own form: every box that is not ticked counts as unticked."""
    body = await read_body(request)

    async def act(tx: AsyncConnection, state: PreferencesState, visitor: Visitor, shop: Shop) -> Response:
        now = language_now(visitor, await chosen(tx, visitor), state.catalog, shop)
        offered = offered_channels(visitor, shop, state.installed)
        wish = read_choices(body, offered, state.catalog.languages.keys(), now)
        await choose(tx, visitor, wish, Source.PREFERENCES, state.clock())
        return RedirectResponse(f"{token}?saved", 303, PRIVATE)

    return await _open(request, token, act)


@router.post("/preferences/{token}/unsubscribe")
async def unsubscribe(request: Request, token: str) -> Response:
    """What a mail client posts when its reader presses "unsubscribe": no more messages that are optional."""
    body = await read_body(request)
    if not asks_to_unsubscribe(request.headers.get("content-type", ""), body):
        return _notice(_words_of_browser(request), "unclear", 422)

    async def act(tx: AsyncConnection, state: PreferencesState, visitor: Visitor, _: Shop) -> Response:
        await choose(tx, visitor, without_extras, Source.UNSUBSCRIBE, state.clock())
        return PlainTextResponse("OK\n", headers=PRIVATE)

    return await _open(request, token, act)


@router.head("/preferences/{token}/unsubscribe")
@router.get("/preferences/{token}/unsubscribe")
async def look_before_unsubscribing(token: str) -> Response:
    """Whoever opens the address instead of posting to it is shown what there is to choose."""
    return RedirectResponse("../" + token, 303, PRIVATE)


async def _open(request: Request, token: str, act: Act) -> Response:
    """Let the visitor in and act, in one transaction; or say why not."""
    state: PreferencesState = request.app.state.preferences
    words = _words_of_browser(request)
    try:
        async with state.database.transaction() as tx:
            link = await find(tx, token, state.clock())
            visitor = await visitor_of(tx, link) if link is not None else None
            shop = state.shops.get(visitor.link.shop) if visitor is not None else None
            if visitor is None or shop is None:
                return _miss(request, words, state.clock())
            return await act(tx, state, visitor, shop)
    except Unclear:
        return _notice(words, "unclear", 422)
    except Exception as error:
        if not is_infrastructure(error):
            raise
        get_logger().warning("request_waits", error_type=type(error).__name__)
        return _notice(words, "away", 503, {"Retry-After": str(int(RETRY_AFTER.total_seconds()))})


def _miss(request: Request, words: PageWords, now: datetime) -> Response:
    """404, or 429 for an address that has tried too many."""
    wait = note_miss(request, now)
    if wait is None:
        return _notice(words, "gone", 404)
    return _notice(words, "too_many", 429, {"Retry-After": str(max(1, round(wait.total_seconds())))})


def _notice(words: PageWords, said: str, status: int, headers: dict[str, str] | None = None) -> Response:
    return _html(*render_notice(words, said), status, headers)


def _html(page: str, policy: str, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    sent = {**PRIVATE, "Content-Security-Policy": policy, **(headers or {})}
    return Response(page, status, sent, "text/html; charset=utf-8")


def _words_of_browser(request: Request) -> PageWords:
    """For a page that belongs to nobody: the browser's first language that we speak."""
    accepted = request.headers.get("accept-language", "")[:200]
    return page_words(*(each.partition(";")[0].strip() for each in accepted.split(",")))
