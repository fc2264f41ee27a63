"""What a request tells: how long it took by its route's template, and a span that begins a story."""

from __future__ import annotations

import functools
import time
from contextlib import AbstractContextManager

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.asgi import header_of
from shared.observability import spans, tracing
from shared.observability.metrics import HTTP_DURATION

OPERATIONAL = frozenset({"/livez", "/readyz", "/metrics"})
METHODS = frozenset("GET HEAD POST PUT PATCH DELETE OPTIONS".split())
_duration_of = functools.cache(HTTP_DURATION.labels)
"""Looked up with every request, which is dear; there are no more of them than the metric itself keeps."""


class Observed:
    """Times each request by its route template and opens a trace for it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = time.perf_counter(), 500

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        with _request_span(scope) as span:
            try:
                await self._app(scope, receive, noted)
            finally:
                route = getattr(scope.get("route"), "path", "unmatched")
                method = scope["method"] if scope["method"] in METHODS else "other"  # anybody can make up methods
                _duration_of(route, method, status).observe(time.perf_counter() - started)
                if spans.on():
                    span.update_name(f"{method} {route}")
                    span.set_attributes({"http.route": route, "http.response.status_code": status})


def _request_span(scope: Scope) -> AbstractContextManager[spans.Span]:
    """A caller's own trace is carried on while we record none; else it is a link: it must not decide what we keep."""
    given = (header_of(scope, b"traceparent") or b"").decode("latin-1")
    if not spans.on():
        return spans.span("", spans.SpanKind.SERVER, parent=tracing.child_of(given))
    if scope["path"] in OPERATIONAL:
        return spans.unseen()
    attributes = {"http.request.method": scope["method"] if scope["method"] in METHODS else "_OTHER"}
    return spans.root("request", spans.SpanKind.SERVER, attributes, links=(given,))
