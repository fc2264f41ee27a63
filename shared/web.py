"""The HTTP side that every service shares: problem+json errors (RFC 9457), body limits, health and metrics endpoints.

Only pure ASGI middleware: a middleware that wraps the request in a task leaks database connections on cancellation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.asgi import header_of
from shared.health import Health
from shared.messaging.failures import BrokerAway, is_infrastructure
from shared.observability.logs import get_logger
from shared.observability.requests import METHODS, Observed

PROBLEM = "application/problem+json"
WEBHOOK_LIMIT_BYTES = 64 * 1024
BATCH_LIMIT_BYTES = 1024 * 1024
LONGEST_NUMBER = 18
RETRY_AFTER = timedelta(seconds=5)


class Problem(HTTPException):
    """An answer that is no success. `detail` tells the caller what is wrong and what to do.

    An HTTPException, because FastAPI turns anything else that is raised while it reads a body into a 400.
    """

    def __init__(
        self,
        status: int,
        title: str,
        detail: str,
        *,
        errors: list[dict[str, str]] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(status, detail, headers)
        self.status, self.title, self.errors = status, title, errors


def unavailable(what: str) -> Problem:
    """503 with Retry-After: nothing was stored, try again."""
    seconds = str(int(RETRY_AFTER.total_seconds()))
    return Problem(
        503,
        "Temporarily unavailable",
        f"{what} is away; nothing was stored, try again",
        headers={"Retry-After": seconds},
    )


def problem_response(problem: Problem) -> JSONResponse:
    about = {"type": "about:blank", "title": problem.title}
    body: dict[str, Any] = {**about, "status": problem.status, "detail": problem.detail}
    if problem.errors:
        body["errors"] = problem.errors
    return JSONResponse(body, problem.status, headers=problem.headers, media_type=PROBLEM)


def field_errors(errors: Any) -> list[dict[str, str]]:
    """Pydantic's errors as `{field, message}`; the value itself is never echoed."""
    return [{"field": _field_of(item), "message": item["msg"]} for item in list(errors)[:50]]


def _field_of(item: Any) -> str:
    if item["type"] == "json_invalid":  # FastAPI puts the position in the text where a field's name belongs
        return "body"
    return ".".join(str(part) for part in item["loc"] if part != "body") or "body"


def invalid(errors: Any, what: str = "The request") -> Problem:
    """422 naming each field."""
    named = field_errors(errors)
    first = named[0] if named else {"field": "body", "message": "invalid"}
    return Problem(422, "Invalid", f"{what}: {first['field']}: {first['message']}", errors=named)


class BodyLimit:
    """Refuses bodies over the limit with 413, counted as they come in, whatever Content-Length says."""

    def __init__(self, app: ASGIApp, limit_bytes: int) -> None:
        self._app, self._limit = app, limit_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        declared = header_of(scope, b"content-length") or b"0"
        if declared.isdigit() and (len(declared) > LONGEST_NUMBER or int(declared) > self._limit):
            await self._refuse(scope, receive, send)
            return
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self._limit:
                raise Problem(413, "Body too large", self._detail)
            return message

        await self._app(scope, counted, send)

    @property
    def _detail(self) -> str:
        return f"the body may have at most {self._limit} bytes"

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        await problem_response(Problem(413, "Body too large", self._detail))(scope, receive, send)


class AwayAnswered:
    """Turns a failure that passes (database, broker) into 503 with Retry-After, unless an answer has begun already.

    A caller who hangs up in the middle of a body is a line in the log, no crash.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def noted(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, noted)
        except ClientDisconnect:  # there is nobody to answer
            get_logger().info("caller_hung_up")
        except Exception as error:
            if scope["type"] != "http" or begun or not is_infrastructure(error):
                raise
            get_logger().warning("request_waits", error_type=type(error).__name__)
            what = "the broker" if isinstance(error, BrokerAway) else "the database"
            await problem_response(unavailable(what))(scope, receive, send)


Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[Any]]


def create_app(
    title: str,
    health: Health,
    *,
    lifespan: Lifespan | None = None,
    body_limit_bytes: int = BATCH_LIMIT_BYTES,
    description: str = "",
    first: Sequence[BaseRoute] = (),
    documented: bool = True,
) -> FastAPI:
    """An application with our error format, limits and the three operational endpoints. `first` is looked at first.

    Nothing is redirected to an address with the Host that the caller made up.
    """
    about: dict[str, Any] = {"title": title, "version": "1", "description": description}
    if not documented:
        about["openapi_url"] = None
    app = FastAPI(**about, lifespan=lifespan, redoc_url=None, redirect_slashes=False, routes=list(first))
    app.add_middleware(AwayAnswered)
    app.add_middleware(BodyLimit, limit_bytes=body_limit_bytes)
    app.add_middleware(Observed)
    app.add_exception_handler(Problem, _answer_problem)
    app.add_exception_handler(RequestValidationError, _answer_invalid)
    app.add_exception_handler(HTTPException, _answer_http)
    app.add_exception_handler(Exception, _answer_crash)
    add_operational_routes(app, health)
    return app


def add_operational_routes(app: FastAPI, health: Health) -> None:
    """/livez, /readyz and /metrics."""

    @app.get("/livez", include_in_schema=False)
    async def livez() -> dict[str, str]:
        return {"status": "alive"}

    @app.get("/readyz", include_in_schema=False)
    async def readyz() -> JSONResponse:
        reasons = await health.unready()
        return JSONResponse({"status": "unready" if reasons else "ready", "reasons": reasons}, 503 if reasons else 200)

    @app.get("/metrics", include_in_schema=False)
    async def metrics() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


async def _answer_problem(_: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return problem_response(error)


async def _answer_invalid(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return problem_response(invalid(error.errors()))


async def _answer_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    headers = dict(error.headers or {})
    if error.status_code == 405:
        headers["Allow"] = ", ".join(sorted(_methods_at(request)))
    return problem_response(Problem(error.status_code, str(error.detail), str(error.detail), headers=headers))


def _methods_at(request: Request) -> set[str]:
    """That some route with this path takes; Starlette names only those of the first."""
    routes = request.app.routes
    return {m for m in METHODS if any(r.matches({**request.scope, "method": m})[0] is Match.FULL for r in routes)}


async def _answer_crash(request: Request, error: Exception) -> Response:
    route = getattr(request.scope.get("route"), "path", "unmatched")
    get_logger().error("request_crashed", route=route, exc_info=error)
    return problem_response(Problem(500, "Internal error", "this is a fault of ours; it was logged"))
