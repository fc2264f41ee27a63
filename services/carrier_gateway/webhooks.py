"""`POST /webhooks/{carrier}` and `GET /carriers`.

The signature is checked on the raw bytes before anything is read from them; 202 is answered after all replicas of the
broker have the events. A carrier that hears anything else may send again: nothing is taken in twice.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from fastapi import FastAPI, Request, Response
from pydantic import BaseModel

from services.carrier_gateway.directory import list_carriers
from services.carrier_gateway.parts import url_token
from services.carrier_gateway.parts.base import Malformed, Parsed
from services.carrier_gateway.publishing import Publishes, announce
from services.carrier_gateway.settings import CarrierAccess
from shared.contracts.directory import CarrierList
from shared.health import Health
from shared.messaging.failures import BrokerAway
from shared.observability.logs import get_logger
from shared.signatures import BadSignature
from shared.web import WEBHOOK_LIMIT_BYTES, Problem, create_app, unavailable

BODY_DEADLINE = timedelta(seconds=10)
DIRECTORY_LIFETIME = timedelta(minutes=5)
Clock = Callable[[], datetime]


class Accepted(BaseModel):
    """How many events were published. Known codes that are no shipment event are not among them."""

    accepted: int


def create_gateway(publisher: Publishes, access: Mapping[str, CarrierAccess], health: Health, clock: Clock) -> FastAPI:
    """The gateway's HTTP side. `clock` answers an aware datetime."""
    app = create_app("Hito carrier gateway", health, body_limit_bytes=WEBHOOK_LIMIT_BYTES, description=_DESCRIPTION)
    _add_webhooks(app, publisher, access, clock)
    _add_directory(app, access)
    return app


def _add_webhooks(app: FastAPI, publisher: Publishes, access: Mapping[str, CarrierAccess], clock: Clock) -> None:
    @app.post(
        "/webhooks/{carrier}", status_code=202, response_model=Accepted, responses=_PROBLEMS, openapi_extra=_ANY_JSON
    )
    async def take_webhook(carrier: str, request: Request) -> Accepted:
        """Events of one carrier, signed in its own way and in its own format."""
        body = await _read_raw(request)
        parsed = _check_and_parse(access.get(carrier), body, request, clock())
        try:
            accepted = await announce(publisher, parsed.events, clock())
        except BrokerAway as error:
            raise unavailable("the broker") from error
        get_logger().info("webhook_taken", carrier=carrier, count=accepted)
        return Accepted(accepted=accepted)


def _add_directory(app: FastAPI, access: Mapping[str, CarrierAccess]) -> None:
    listing = list_carriers(known.carrier for known in access.values()).to_json()
    headers = {
        "ETag": f'"{hashlib.sha256(listing).hexdigest()[:32]}"',
        "Cache-Control": f"public, max-age={int(DIRECTORY_LIFETIME.total_seconds())}",
    }

    @app.get("/carriers", response_model=CarrierList, responses={304: {"description": "As you know it"}})
    async def carriers(request: Request) -> Response:
        """Names, phones and tracking pages. A phone is for buyers only while it is `confirmed`."""
        known = {tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")}
        if headers["ETag"] in known or "*" in known:
            return Response(status_code=304, headers=headers)
        return Response(listing, media_type="application/json", headers=headers)


async def _read_raw(request: Request) -> bytes:
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise Problem(415, "Unsupported encoding", "send the body uncompressed, without Content-Encoding")
    try:
        async with asyncio.timeout(BODY_DEADLINE.total_seconds()):
            return await request.body()
    except TimeoutError as error:
        raise Problem(408, "Too slow", "the body did not arrive in time; send it again") from error


def _check_and_parse(known: CarrierAccess | None, body: bytes, request: Request, now: datetime) -> Parsed:
    if known is None or known.check is None:
        raise Problem(404, "No such carrier", "this carrier is not known here, or not set up; see GET /carriers")
    carrier = known.carrier.id
    try:
        known.check(body, _proofs(request), now)
        parsed = known.carrier.parse(body)
    except BadSignature as error:
        get_logger().warning("webhook_refused", carrier=carrier, reason=str(error))
        raise Problem(401, "Not signed", "the signature is missing, wrong or too old; sign the body as sent") from error
    except Malformed as error:
        get_logger().warning("webhook_malformed", carrier=carrier, reason=",".join(f for f, _ in error.errors)[:200])
        raise _unreadable(error) from error
    if parsed.refusal is not None:
        raise _unreadable(Malformed([("body", "is an error answer, not events")]))
    return parsed


def _proofs(request: Request) -> Mapping[str, str]:
    """The headers, with a token from the address among them: some carriers can prove themselves only there."""
    token = request.query_params.get(url_token.PARAMETER)
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
