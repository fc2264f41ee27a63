"""The OpenAPI document where FastAPI cannot see for itself: bodies read raw, problems, and whose key opens what."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel

from services.tracking.api.documented import PROBLEM_SCHEMA
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
_NEVER_INVALID = "/t/"
"""Whatever stands there is a link that leads somewhere or nowhere."""
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
        schemas.pop("HTTPValidationError", None)
        for path, operations in described["paths"].items():
            if path.startswith(_NEVER_INVALID):
                for operation in operations.values():
                    operation["responses"].pop("422", None)
            for key in (key for beginning, key in _OPENED_BY if path.startswith(beginning)):
                for operation in operations.values():
                    operation["security"] = [{key: []}]
        return described

    app.openapi = openapi  # type: ignore[method-assign]
