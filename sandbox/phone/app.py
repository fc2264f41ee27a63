"""The phone's HTTP side: one page, its data as JSON, live updates as server-sent events, mails in a frame of their own.

What carriers and shops write is taken for hostile: the page builds text nodes only, and a mail's HTML runs no script.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, Response, StreamingResponse

from sandbox.phone.mailroom import Mailroom, Update
from shared.health import Health
from shared.web import Problem, create_app

PAGE = Path(__file__).parent / "page"
ASSETS = {"phone.css": "text/css", "screens.css": "text/css", "app.js": "text/javascript",
          "screens.js": "text/javascript", "dom.js": "text/javascript"}  # fmt: skip
HEARTBEAT = timedelta(seconds=15)
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
MAIL_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; "
    "img-src data:; form-action 'none'; frame-ancestors 'self'"
)
_GUARDS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}
_OPEN_OUTSIDE = '<base target="_blank">'


def phone_app(mailroom: Mailroom) -> FastAPI:
    """The application; `mailroom` is fed by whoever reads the accept log."""
    app = create_app("Hito: el teléfono del comprador", Health())

    @app.get("/", include_in_schema=False)
    async def page() -> Response:
        return FileResponse(PAGE / "index.html", headers={**_GUARDS, "Content-Security-Policy": PAGE_POLICY})

    @app.get("/assets/{name}", include_in_schema=False)
    async def asset(name: str) -> Response:
        if name not in ASSETS:
            raise _not_found("asset")
        return FileResponse(PAGE / name, media_type=ASSETS[name], headers=_GUARDS)

    @app.get("/api/people")
    async def people() -> Response:
        return JSONResponse(mailroom.people(), headers=_GUARDS)

    @app.get("/api/people/{person_id}/messages")
    async def messages(person_id: str) -> Response:
        try:
            return JSONResponse(mailroom.messages_of(person_id), headers=_GUARDS)
        except KeyError:
            raise _not_found("person") from None

    @app.get("/mails/{message_id}")
    async def mail(message_id: str) -> Response:
        message = mailroom.message(message_id)
        if message is None or message.html is None:
            raise _not_found("mail")
        return HTMLResponse(
            opening_links_outside(message.html), headers={**_GUARDS, "Content-Security-Policy": MAIL_POLICY}
        )

    @app.get("/api/stream")
    async def stream() -> Response:
        return StreamingResponse(live(mailroom), media_type="text/event-stream", headers=_GUARDS)

    return app


def _not_found(what: str) -> Problem:
    return Problem(404, "Not found", f"no such {what} here; it may be from an earlier run")


def opening_links_outside(html: str) -> str:
    """The mail as it came, with its links opening in a new tab: inside the frame no page may load."""
    start = html.lower().find("<head")
    end = html.find(">", start) + 1
    return html[:end] + _OPEN_OUTSIDE + html[end:] if start >= 0 and end > 0 else _OPEN_OUTSIDE + html


async def live(mailroom: Mailroom) -> AsyncIterator[str]:
    """Server-sent events: one per message or status, a comment now and then to keep the line open."""
    async with mailroom.page_open() as queue:
        yield "retry: 1000\n\n"
        while True:
            try:
                update = await asyncio.wait_for(queue.get(), HEARTBEAT.total_seconds())
            except TimeoutError:
                yield ": still here\n\n"
                continue
            if update is None:
                return
            yield event(update)


def event(update: Update) -> str:
    """One event; JSON escapes line breaks, so that no text can end it early."""
    return f"event: message\ndata: {json.dumps(update, ensure_ascii=True)}\n\n"
