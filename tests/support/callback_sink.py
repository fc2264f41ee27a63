"""Stands where the notifier's receipt endpoint stands, and keeps what providers post to it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from sandbox.providers.http_server import HttpServer, listen, port_of


@dataclass(frozen=True)
class Posted:
    """One callback, as it came in."""

    url: str
    body: bytes
    headers: dict[str, str]

    @property
    def form(self) -> list[tuple[str, str]]:
        return parse_qsl(self.body.decode(), keep_blank_values=True)


@dataclass
class CallbackSink:
    """`answers` are the statuses of the next callbacks; 204 when there are no more."""

    url: str
    verify_token: str | None = None
    posted: list[Posted] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)

    async def take(self, request: Request) -> Response:
        if request.method == "GET":
            known = self.verify_token is None or request.query_params["hub.verify_token"] == self.verify_token
            return PlainTextResponse(request.query_params["hub.challenge"] if known else "no", 200 if known else 403)
        path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        self.posted.append(Posted(self.url + path, await request.body(), dict(request.headers)))
        return Response(status_code=self.answers.pop(0) if self.answers else 204)


@asynccontextmanager
async def callback_sink() -> AsyncIterator[CallbackSink]:
    listener = listen()
    sink = CallbackSink(f"http://127.0.0.1:{port_of(listener)}")
    server = HttpServer(Starlette(routes=[Route("/{path:path}", sink.take, methods=["GET", "POST"])]), listener)
    server.start()
    try:
        yield sink
    finally:
        await server.stop()
