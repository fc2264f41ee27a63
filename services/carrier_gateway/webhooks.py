"""`POST /webhooks/{carrier}`; beside it `GET /carriers`, see `listing`.

The signature is checked on the raw bytes before anything is read from them; 202 is answered after all replicas of the
broker have the events. A carrier that hears anything else may send again: nothing is taken in twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.types import Receive, Scope, Send

from services.carrier_gateway.health.heard import Heard
from services.carrier_gateway.listing import add_listing
from services.carrier_gateway.parts import url_token
from services.carrier_gateway.parts.base import Carrier, Check, Malformed, Parsed
from services.carrier_gateway.publishing import Publishes, announce
from services.carrier_gateway.settings import CarrierAccess
from shared.failpoints import failpoint
from shared.health import Health
from shared.messaging.failures import BrokerAway
from shared.observability.logs import get_logger
from shared.signatures import BadSignature
from shared.web import WEBHOOK_LIMIT_BYTES, Problem, create_app, unavailable

Clock = Callable[[], datetime]


class Accepted(BaseModel):
    """How many events were published. Known codes that are no shipment event are not among them."""

    accepted: int


def create_gateway(
    publisher: Publishes, access: Mapping[str, CarrierAccess], health: Health, clock: Clock, heard: Heard
) -> FastAPI:
    """The gateway's HTTP side. `clock` answers an aware datetime."""
    app = create_app(
        "Hito carrier gateway",
        health,
        body_limit_bytes=WEBHOOK_LIMIT_BYTES,
        description=_DESCRIPTION,
        first=_webhooks(publisher, access, clock, heard).routes,
    )
    add_listing(app, access, heard)
    return app


class PushRoute(APIRoute):
    """The short way to the endpoint: there is nothing that FastAPI would have to find out of a push.

    The endpoint is still declared to FastAPI, which describes it, and which answers other methods.
    """

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] not in (self.methods or ()):
            await super().handle(scope, receive, send)
            return
        response = await self.endpoint(scope["path_params"]["carrier"], Request(scope, receive))
        await response(scope, receive, send)


def _webhooks(publisher: Publishes, access: Mapping[str, CarrierAccess], clock: Clock, heard: Heard) -> APIRouter:
    router = APIRouter(route_class=PushRoute)

    @router.post(
        "/webhooks/{carrier}", status_code=202, response_model=Accepted, responses=_PROBLEMS, openapi_extra=_ANY_JSON
    )
    async def take_webhook(carrier: str, request: Request) -> Response:
        """Events of one carrier, signed in its own way and in its own format."""
        if request.headers.get("content-encoding", "identity").lower() != "identity":
            raise Problem(415, "Unsupported encoding", "send the body uncompressed, without Content-Encoding")
        body = await request.body()
        known = access.get(carrier)
        if known is None or known.check is None:
            raise Problem(404, "No such carrier", "this carrier is not known here, or not set up; see GET /carriers")
        await _abreast()
        parsed = _check_and_parse(known.carrier, known.check, body, request, clock(), heard)
        try:
            accepted = await announce(publisher, parsed.events, clock())
        except BrokerAway as error:
            raise unavailable("the broker") from error
        heard.pushed(known.carrier, body, parsed.events)
        failpoint("gateway.before_202")
        get_logger().debug("webhook_taken", carrier=carrier, count=accepted)
        return Response(b'{"accepted":%d}' % accepted, 202, media_type="application/json")

    return router


async def _abreast() -> None:
    """Lets the pushes that arrived together come to this step together, and take it one after the other: its code and
    data are in the processor's cache then. Not once more before publishing: the producer's linger would begin late.
    """
    await asyncio.sleep(0)


def _check_and_parse(
    carrier: Carrier, check: Check, body: bytes, request: Request, now: datetime, heard: Heard
) -> Parsed:
    try:
        check(body, _proofs(request), now)
        failpoint("gateway.after_verify")
    except BadSignature as error:
        heard.not_signed(carrier)
        get_logger().warning("webhook_refused", carrier=carrier.id, reason=str(error))
        raise Problem(401, "Not signed", "the signature is missing, wrong or too old; sign the body as sent") from error
    try:
        return _parse(carrier, body)
    except Malformed as error:
        heard.malformed(carrier, error)
        get_logger().warning("webhook_malformed", carrier=carrier.id, reason=",".join(f for f, _ in error.errors)[:200])
        raise _unreadable(error) from error


def _parse(carrier: Carrier, body: bytes) -> Parsed:
    parsed = carrier.parse(body)
    if parsed.refusal is not None:
        raise Malformed([("body", "is an error answer, not events")])
    return parsed


def _proofs(request: Request) -> Mapping[str, str]:
    """The headers, with a token from the address among them: some carriers can prove themselves only there."""
    token = request.query_params.get(url_token.PARAMETER) if request.scope["query_string"] else None
    return {**request.headers, url_token.HEADER.lower(): token} if token else request.headers


def _unreadable(error: Malformed) -> Problem:
    named = [{"field": field, "message": message} for field, message in error.errors]
    return Problem(422, "Malformed", f"The payload: {error}", errors=named)


_DESCRIPTION = "Takes in what carriers report. Errors are problem+json (RFC 9457)."
_ANY_JSON: dict[str, Any] = {
    "requestBody": {"required": True, "content": {"application/json": {"schema": {"type": ["object", "array"]}}}}
}
_PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"description": text, "content": {"application/problem+json": {}}}
    for status, text in (
        (401, "The signature is missing, wrong or too old"),
        (404, "The carrier is not known here, or not set up"),
        (408, "The body did not arrive in time"),
        (413, "The body is too large"),
        (415, "The body is compressed"),
        (422, "The payload is malformed; `errors` names each field"),
        (503, "The broker is away; send again after `Retry-After` seconds"),
    )
}
