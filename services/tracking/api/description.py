"""The OpenAPI document where FastAPI cannot see for itself: bodies read raw, problems, and whose key opens what."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.routing import RouteContext, iter_route_contexts
from pydantic import BaseModel

from services.tracking.api.documented import PROBLEM_SCHEMA, Responses
from services.tracking.api.status import OrderSearch
from shared.contracts.orders import OrderSnapshot

ABOUT = """Orders in; state, timeline and reasons out.

Every call about a shop's orders carries that shop's key: `Authorization: Bearer <key>`. Instants are UTC (RFC 3339),
money is in the currency's minor unit, phones are E.164. Errors are `application/problem+json` (RFC 9457): `detail` says
what is wrong and what to do. Lists are paged: give `next` as `cursor` to go on; it is null on the last page.
"""
_KEYS = {
    "shopKey": {"type": "http", "scheme": "bearer", "description": "A key of the shop in the path. It opens no other."},
    "opsKey": {"type": "http", "scheme": "bearer", "description": "The operators' key."},
}
_OPENED_BY = (("/v1/shops/", "shopKey"), ("/v1/ops/", "opsKey"))
_OF_FASTAPI = ("HTTPValidationError", "ValidationError")
_READ_RAW: tuple[type[BaseModel], ...] = (OrderSnapshot, OrderSearch)


def describe_api(app: FastAPI) -> None:
    """Complete what /openapi.json answers."""
    generate = app.openapi
    app.description = ABOUT

    def openapi() -> dict[str, Any]:
        described = generate()
        components = described.setdefault("components", {})
        components["securitySchemes"] = _KEYS
        schemas = components.setdefault("schemas", {})
        schemas["Problem"] = dict(PROBLEM_SCHEMA)
        for model in _READ_RAW:
            schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
            for name, part in {**schema.pop("$defs", {}), model.__name__: schema}.items():
                schemas.setdefault(name, part)
        for name in _OF_FASTAPI:
            schemas.pop(name, None)
        answers = {route.operation_id: route.responses for route in _documented(app)}
        for path, operations in described["paths"].items():
            for operation in operations.values():
                keys = [key for beginning, key in _OPENED_BY if path.startswith(beginning)]
                _complete(operation, keys, answers[operation["operationId"]])
        return described

    app.openapi = openapi  # type: ignore[method-assign]


def _documented(app: FastAPI) -> Iterator[RouteContext]:
    return (route for route in iter_route_contexts(app.routes) if getattr(route, "operation_id", None))


def _complete(operation: dict[str, Any], keys: list[str], given: Responses) -> None:
    """`given` are the answers as the route declares them: FastAPI takes every null out of their examples."""
    if keys:
        operation["security"] = [{key: []} for key in keys]
    answers = operation["responses"]
    if "application/json" in answers.get("422", {}).get("content", {}):
        del answers["422"]  # FastAPI's own, where nothing that is sent can be wrong
    for status, answer in given.items():
        for media_type, content in answer.get("content", {}).items():
            if "example" in content:
                answers[str(status)]["content"][media_type]["example"] = content["example"]
