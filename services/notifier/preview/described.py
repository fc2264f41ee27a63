"""How the OpenAPI document shows `POST /v1/preview`: a body that is read raw, every problem, whose key opens it."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

from services.notifier.preview.answers import Asked
from shared.web import PROBLEM

_SCHEMAS = "#/components/schemas/"
_KEYS = {"shopKey": {"type": "http", "scheme": "bearer", "description": "A key of the step's shop."}}

STEP_EXAMPLE: dict[str, Any] = {
    "shop": "demo",
    "order_id": "A-1001",
    "step": "shipped",
    "sequence": 2,
    "occurred_at": "2026-03-24T11:40:00Z",
    "tracking_url": "https://track.example.com/t/Zk3vQ8mN1xT7rB5wLc0yHd",
    "parcel": {
        "carrier": "seur",
        "carrier_name": "SEUR",
        "reference": "12345678901234",
        "contact": {"phone": "+34 910 000 111", "of_shop": False},
        "stage": "accepted",
    },
    "order": {"placed_at": "2026-03-23T18:02:00Z", "parcels_total": 1, "parcels_delivered": 0},
    "buyer": {"name": "Lucía Prado", "phone": "+34600000001", "locale": "es-ES", "timezone": "Europe/Madrid"},
}
ASKED_EXAMPLE: dict[str, Any] = {"step": STEP_EXAMPLE, "channel": "sms", "at": "2026-03-24T11:41:00Z"}


EXAMPLES: dict[str, Any] = {
    "security": [{"shopKey": []}],
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {"oneOf": [{"$ref": f"{_SCHEMAS}StepReached"}, {"$ref": f"{_SCHEMAS}Asked"}]},
                "examples": {
                    "step": {"summary": "A step, everything", "value": STEP_EXAMPLE},
                    "part": {"summary": "One channel, as of an instant", "value": ASKED_EXAMPLE},
                },
            }
        },
    },
}


def _problem(when: str, title: str, status: int, detail: str) -> dict[str, Any]:
    example = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    return {"description": when, "content": {PROBLEM: {"example": example}}}


DESCRIBED: dict[int | str, dict[str, Any]] = {
    401: _problem(
        "The key is missing, unknown or expired.",
        "Unauthorized",
        401,
        "send an API key as `Authorization: Bearer <key>`",
    ),
    403: _problem(
        "The key lacks the scope.", "Forbidden", 403, "this key may not do this: it needs the scope orders.read"
    ),
    404: _problem("It is another shop's step.", "Not found", 404, "there is no such thing here"),
    413: _problem("Too large.", "Body too large", 413, "the body may have at most 524288 bytes"),
    422: _problem("Something is wrong; `errors` names each field.", "Invalid", 422, "The step: step: Field required"),
    503: _problem(
        "The database is away; try again.",
        "Temporarily unavailable",
        503,
        "the database is away; nothing was stored, try again",
    ),
}


def describe_preview(app: FastAPI) -> None:
    """Complete what /openapi.json answers with the shapes of the body."""
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        described = generate()
        components = described.setdefault("components", {})
        components["securitySchemes"] = _KEYS
        asked = Asked.model_json_schema(ref_template=f"{_SCHEMAS}{{model}}")
        for name, part in {**asked.pop("$defs"), "Asked": asked}.items():
            components.setdefault("schemas", {}).setdefault(name, part)
        return described

    app.openapi = openapi  # type: ignore[method-assign]
