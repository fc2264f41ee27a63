"""Each HTTP request is timed under the pattern of its address, never the address itself, and belongs to a trace."""

from __future__ import annotations

import functools
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.observability import tracing
from shared.observability.metrics import HTTP_DURATION

_duration_of = functools.cache(HTTP_DURATION.labels)
"""Looked up with every request, which is dear; there are no more of them than the metric itself keeps."""
METHODS = frozenset("GET HEAD POST PUT PATCH DELETE OPTIONS".split())


class Observed:
    """Times each request by its route template and opens a trace for it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        tracing.set_current(tracing.child_of(dict(scope["headers"]).get(b"traceparent", b"").decode("latin-1")))
        started, status = time.perf_counter(), "500"

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = str(message["status"])
            await send(message)

        try:
            await self._app(scope, receive, noted)
        finally:
            route = getattr(scope.get("route"), "path", "unmatched")
            method = scope["method"] if scope["method"] in METHODS else "other"  # anybody can make up methods
            _duration_of(route, method, status).observe(time.perf_counter() - started)
