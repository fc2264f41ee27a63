"""The OpenAPI description, with the one schema that FastAPI cannot see: orders are read from the raw body."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

from shared.contracts.orders import OrderSnapshot


def describe_orders(app: FastAPI) -> None:
    """Add the schema of an order to what /openapi.json answers."""
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        described = generate()
        order = OrderSnapshot.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas = described.setdefault("components", {}).setdefault("schemas", {})
        for name, schema in {**order.pop("$defs", {}), "OrderSnapshot": order}.items():
            schemas.setdefault(name, schema)
        return described

    app.openapi = openapi  # type: ignore[method-assign]
