"""A shop tells of its orders over HTTP: checked here in full, then onto the same topic as those who speak Kafka.

202 means the broker has it on all replicas. A list is taken whole or not at all.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header, Path, Request
from fastapi.responses import JSONResponse
from pydantic import ValidationError

from services.tracking.api import examples
from services.tracking.api.answers import Accepted, ReferenceWarning
from services.tracking.api.documented import SHOPS_KEY, answered, problems
from services.tracking.api.state import state_of
from services.tracking.doubts import warnings_of
from shared.contracts.envelope import BATCH, STRUCTURED, NotAnEvent, Outgoing, event_uuid, parse_time
from shared.contracts.orders import Order, OrderSnapshot
from shared.contracts.topics import SHOP_ORDERS
from shared.failpoints import failpoint
from shared.key_entries import Scope
from shared.messaging.failures import BrokerAway
from shared.messaging.traced_sends import publishing
from shared.observability import tracing
from shared.web import Problem, invalid, unavailable

router = APIRouter(tags=["orders"])
MAX_ORDERS = 500
ORDER_LIMIT_BYTES = 512 * 1024
"""Of one order, as it travels on Kafka: what is accepted here must fit wherever it goes."""

_SNAPSHOT = {"$ref": "#/components/schemas/OrderSnapshot"}
_EVENT = {
    "type": "object",
    "description": "A CloudEvent 1.0 around a snapshot. `source` and `id` together say which event it is.",
    "required": ["specversion", "id", "source", "type", "data"],
    "properties": {
        "specversion": {"const": "1.0"},
        "id": {"type": "string", "minLength": 1, "maxLength": 200},
        "source": {"type": "string", "minLength": 1, "maxLength": 200},
        "type": {"const": SHOP_ORDERS.event_type},
        "time": {"type": "string", "format": "date-time"},
        "data": _SNAPSHOT,
    },
}
_EVENT_EXAMPLE = {
    "specversion": "1.0",
    "id": "evt-8127",
    "source": "/erp",
    "type": SHOP_ORDERS.event_type,
    "time": "2026-03-02T08:00:01Z",
    "data": examples.ORDER_IN,
}


def _list_of(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": schema, "minItems": 1, "maxItems": MAX_ORDERS}


_REQUEST = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {"oneOf": [_SNAPSHOT, _list_of(_SNAPSHOT)]},
                "examples": {
                    "one": {"summary": "One order", "value": examples.ORDER_IN},
                    "several": {"summary": "A list", "value": [examples.ORDER_IN]},
                },
            },
            STRUCTURED: {"schema": _EVENT, "example": _EVENT_EXAMPLE},
            BATCH: {"schema": _list_of(_EVENT), "example": [_EVENT_EXAMPLE]},
        },
    }
}


@dataclass(frozen=True)
class Told:
    """One order as the shop told it. Without a CloudEvent around it, id and time are ours."""

    snapshot: OrderSnapshot
    id: str | None = None
    time: datetime | None = None


@router.post(
    "/v1/shops/{shop}/orders",
    status_code=202,
    operation_id="tellOrders",
    summary="Tell of orders",
    response_model=Accepted,
    responses={**answered(examples.ACCEPTED, 202), **problems(*SHOPS_KEY, 413, 422)},
    openapi_extra=_REQUEST,
)
async def take_orders(
    request: Request,
    shop: Annotated[str, Path(max_length=40, description="The shop's id.", examples=[examples.SHOP])],
    authorization: Annotated[str | None, Header(include_in_schema=False)] = None,
) -> JSONResponse:
    """The full order as it stands, never a delta; a higher `sequence` replaces a lower one.

    One snapshot or a list, plain or as CloudEvents (structured or batch). 202 once the broker has it on all replicas; a
    list is taken whole or not at all. The same order sent again is told to nobody again.
    """
    state = state_of(request)
    state.keys.open_shop(shop, authorization, Scope.ORDERS_WRITE)
    told = read_orders(await request.body(), request.headers.get("content-type", ""))
    with publishing(SHOP_ORDERS.name, len(told)):
        messages = [_message(shop, order, datetime.now(UTC)) for order in told]
        if any(len(message.value or b"") > ORDER_LIMIT_BYTES for message in messages):
            raise Problem(
                413, "Order too large", f"one order may have at most {ORDER_LIMIT_BYTES} bytes; nothing was stored"
            )
        try:
            await state.publisher.publish(messages)
        except BrokerAway as error:
            raise unavailable("the broker") from error
    failpoint("tracking.before_202")
    answer = Accepted(accepted=len(messages), warnings=tuple(_doubts(told)))
    return JSONResponse(answer.model_dump(mode="json", exclude_defaults=True), 202)


def _doubts(told: Sequence[Told]) -> Iterator[ReferenceWarning]:
    for order in (each.snapshot for each in told):
        for sent in order.shipments:
            if warnings := warnings_of(sent.carrier, sent.reference):
                yield ReferenceWarning(
                    order_id=order.order_id, carrier=sent.carrier, reference=sent.reference, warnings=warnings
                )


def _message(shop: str, told: Told, now: datetime) -> Outgoing:
    order = Order.model_validate({**told.snapshot.model_dump(), "shop": shop})
    source = f"/shops/{shop}"
    identifier: UUID = order.event_id if told.id is None else event_uuid(source, f"shop:{told.id}")
    return Outgoing.of(
        SHOP_ORDERS,
        order,
        key=order.key,
        id=identifier,
        time=told.time or now,
        source=source,
        traceparent=tracing.current(),
    )


def read_orders(body: bytes, content_type: str) -> list[Told]:
    """Raises Problem 422 that names the field, with the position in a list before it."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Problem(422, "Invalid", "the body is not JSON") from error
    media_type = content_type.split(";")[0].strip().lower()
    if media_type == STRUCTURED:
        return [_from_event(value, "")]
    items = value if isinstance(value, list) else [value]
    if not 1 <= len(items) <= MAX_ORDERS:
        raise Problem(422, "Invalid", f"send between 1 and {MAX_ORDERS} orders at a time")
    places = [f"{n}." if isinstance(value, list) else "" for n in range(len(items))]
    if media_type == BATCH:
        return [_from_event(item, place) for item, place in zip(items, places, strict=True)]
    return [Told(_snapshot(item, place)) for item, place in zip(items, places, strict=True)]


def _from_event(value: Any, place: str) -> Told:
    if not isinstance(value, Mapping):
        raise _wrong(f"{place or 'body'}", "a CloudEvent is a JSON object")
    for name in ("id", "source", "type"):
        if not isinstance(value.get(name), str) or not value[name] or len(value[name]) > 200:
            raise _wrong(f"{place}{name}", "a string of 1 to 200 characters is required")
    if value.get("specversion") != "1.0":
        raise _wrong(f"{place}specversion", "must be 1.0")
    if value["type"] != SHOP_ORDERS.event_type:
        raise _wrong(f"{place}type", f"must be {SHOP_ORDERS.event_type}")
    return Told(_snapshot(value.get("data"), f"{place}data."), value["id"], _time(value.get("time"), place))


def _time(value: Any, place: str) -> datetime | None:
    if value is None:
        return None
    try:
        return parse_time(str(value))
    except NotAnEvent as error:
        raise _wrong(f"{place}time", "must be RFC 3339 with an offset") from error


def _snapshot(value: Any, place: str) -> OrderSnapshot:
    try:
        return OrderSnapshot.model_validate_json(json.dumps(value))
    except ValidationError as error:
        raise _prefixed(error.errors(include_url=False, include_input=False, include_context=False), place) from error


def _prefixed(errors: Sequence[Any], place: str) -> Problem:
    problem = invalid(errors, "the order")
    for item in problem.errors or ():
        item["field"] = f"{place}{item['field']}" if item["field"] != "body" else (place.rstrip(".") or "body")
    first = (problem.errors or [{"field": "body", "message": "invalid"}])[0]
    problem.detail = f"{first['field']}: {first['message']}; nothing was stored"
    return problem


def _wrong(field: str, message: str) -> Problem:
    return Problem(
        422, "Invalid", f"{field}: {message}; nothing was stored", errors=[{"field": field, "message": message}]
    )
