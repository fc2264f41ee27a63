"""The buyer's page, opened by a link that cannot be guessed: state, parcels, whom to call, what comes next.

No name, no phone of theirs, no address is on it. A link that never existed and one that has expired answer the same.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from services.tracking.api.conditional import conditional, tag_of
from services.tracking.api.documented import kept_as, problems, problems_as
from services.tracking.api.page_answers import PageAnswer
from services.tracking.api.page_brand import brand_style, style_source
from services.tracking.api.page_dates import Calendar
from services.tracking.api.page_html import ASSETS, render_notice, render_page
from services.tracking.api.page_language import Words, words_for
from services.tracking.api.page_view import calendar_of, describe_page
from services.tracking.api.state import ApiState, state_of
from services.tracking.queries import OrderStory, order_of_token, order_story
from services.tracking.tokens import TOKEN_LENGTH, hash_of
from shared.link_misses import note_miss
from shared.messaging.failures import is_infrastructure
from shared.web import RETRY_AFTER, Problem, problem_response

router = APIRouter(tags=["page"])

LINK_LIVES = timedelta(days=90)
"""So long after its order is finished a link still opens."""

_TOKEN = re.compile(rf"[A-Za-z0-9_-]{{{TOKEN_LENGTH}}}")
_PRIVATE = {
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "X-Content-Type-Options": "nosniff",
}
_POLICY = (
    "default-src 'none'; style-src 'self'{style}; script-src 'self'; connect-src 'self'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def read_clock() -> datetime:
    return datetime.now(UTC)


Now = Annotated[datetime, Depends(read_clock)]


@router.get("/t/assets/{name}", include_in_schema=False)
async def read_asset(request: Request, name: str) -> Response:
    return ASSETS.answer(name, request)


@router.head("/t/{token}.json", include_in_schema=False)
@router.get(
    "/t/{token}.json",
    operation_id="readPageAsJson",
    summary="What the buyer's page shows",
    response_model=PageAnswer,
    responses={**kept_as("application/json"), **problems(404, 429)},
)
async def read_page_answer(request: Request, token: str, now: Now, lang: str | None = None) -> Response:
    """What the page shows, as JSON, with an ETag for conditional requests. `lang`: `es`, `en`, `pt-BR`."""
    try:
        story = await _open(request, token, now)
    except _Away:
        return problem_response(_private(_away()))
    if story is None:
        return problem_response(_private(_miss(request, now)))
    page, _ = _describe(request, story, lang, now)
    body = page.model_dump_json().encode()
    return conditional(request, body, headers=_PRIVATE)


@router.head("/t/{token}", include_in_schema=False)
@router.get(
    "/t/{token}",
    operation_id="readPage",
    summary="The buyer's page",
    responses={**kept_as("text/html"), **problems_as("text/html", 404, 429)},
    response_class=Response,
)
async def read_page(request: Request, token: str, now: Now, lang: str | None = None) -> Response:
    """The page itself. Unknown and expired links: the same 404."""
    words = _words_of_browser(request, lang)
    try:
        story = await _open(request, token, now)
    except _Away:
        return _notice(words, "away", _away())
    if story is None:
        problem = _miss(request, now)
        return _notice(words, "gone" if problem.status == 404 else "too_many", problem)
    page, calendar = _describe(request, story, lang, now)
    style = brand_style(state_of(request).announcer.shops[story.order.shop].colour)
    body = render_page(page, calendar, style, tag_of(page.model_dump_json().encode())).encode()
    headers = _PRIVATE | {"Content-Security-Policy": _POLICY.format(style=f" {style_source(style)}")}
    return conditional(request, body, "text/html; charset=utf-8", headers=headers)


class _Away(Exception):
    """The database is away, which passes."""


async def _open(request: Request, token: str, now: datetime) -> OrderStory | None:
    """The order behind the link, None when there is none (any more). Raises _Away."""
    if not _TOKEN.fullmatch(token):
        return None
    try:
        return await _read(state_of(request), token, now)
    except Exception as error:
        if is_infrastructure(error):
            raise _Away from error
        raise


async def _read(state: ApiState, token: str, now: datetime) -> OrderStory | None:
    async with state.database.transaction() as tx:
        found = await order_of_token(tx, hash_of(token))
    if found is None:
        return None
    shop, order_id, finished_at = found
    expired = finished_at is not None and now >= finished_at + LINK_LIVES
    if expired or shop not in state.announcer.shops:
        return None
    async with state.database.reading(shop) as reading:
        return await order_story(reading, shop, order_id)


def _describe(request: Request, story: OrderStory, lang: str | None, now: datetime) -> tuple[PageAnswer, Calendar]:
    announcer = state_of(request).announcer
    calendar = calendar_of(story, announcer, lang, now)
    return describe_page(story, announcer, calendar), calendar


def _miss(request: Request, now: datetime) -> Problem:
    """404, or 429 for an address that has tried too many."""
    wait = note_miss(request, now)
    if wait is None:
        return Problem(404, "Not found", "this link leads to no order, or it has expired")
    seconds = str(max(1, round(wait.total_seconds())))
    detail = "too many links that lead nowhere from this address; wait"
    return Problem(429, "Too many attempts", detail, headers={"Retry-After": seconds})


def _away() -> Problem:
    seconds = str(int(RETRY_AFTER.total_seconds()))
    return Problem(503, "Temporarily unavailable", "try again in a moment", headers={"Retry-After": seconds})


def _private(problem: Problem) -> Problem:
    problem.headers = {**_PRIVATE, "Cache-Control": "no-store", **(problem.headers or {})}
    return problem


def _notice(words: Words, said: str, problem: Problem) -> Response:
    headers = {**(_private(problem).headers or {}), "Content-Security-Policy": _POLICY.format(style="")}
    return Response(render_notice(words, said), problem.status, headers, "text/html; charset=utf-8")


def _words_of_browser(request: Request, lang: str | None) -> Words:
    """For a page without an order: the browser's first language that we speak. Never the order's: there may be none."""
    accepted = request.headers.get("accept-language", "")[:200]
    wanted = [each.partition(";")[0].strip() for each in accepted.split(",")]
    return words_for(lang, *wanted)
