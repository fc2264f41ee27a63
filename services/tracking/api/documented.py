"""What the OpenAPI document says of answers beside their schema: every status that can happen, its headers, an example.

An example is validated when this service starts, so that none shows what the service would never answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from services.tracking.api.answers import Answer
from shared.web import PROBLEM

Responses = dict[int | str, dict[str, Any]]

SHOPS_KEY = (401, 403, 404)
"""What a call can answer that only this shop's key opens."""
OPS_KEY = (401,)

PROBLEM_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "title": "Problem",
    "description": "Why it was not done and what to do about it (RFC 9457).",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "const": "about:blank"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "description": "Each field that is wrong; the value itself is never repeated.",
            "items": {
                "type": "object",
                "required": ["field", "message"],
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
}

_RETRY_AFTER = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 1}}}
_BEARER = {"WWW-Authenticate": {"description": "`Bearer`", "schema": {"type": "string"}}}


@dataclass(frozen=True)
class _Documented:
    """One kind of problem: when it happens, and what it says then."""

    when: str
    title: str
    detail: str
    headers: Mapping[str, Any] = field(default_factory=dict)
    errors: Sequence[Mapping[str, str]] = ()


_PROBLEMS: Mapping[int, _Documented] = {
    401: _Documented(
        "The key is missing or not known.",
        "Unauthorized",
        "send this shop's API key as `Authorization: Bearer <key>`",
        _BEARER,
    ),
    403: _Documented(
        "The key is this shop's and its scopes do not allow this.",
        "Forbidden",
        "this key lacks the scope `orders.read`",
    ),
    404: _Documented("There is no such thing, or it is another shop's.", "Not found", "there is no such thing here"),
    409: _Documented(
        "It was done before, or it cannot be done.",
        "Already replayed",
        "replayed at 2026-03-04T09:00:00Z; ask with `again=true` if that is meant",
    ),
    413: _Documented("Too large; nothing was stored.", "Body too large", "the body may have at most 1048576 bytes"),
    422: _Documented(
        "Something in the request is wrong; `errors` names each field.",
        "Invalid",
        "The request: query.limit: Input should be less than or equal to 200",
        errors=({"field": "query.limit", "message": "Input should be less than or equal to 200"},),
    ),
    429: _Documented(
        "Too many links that lead nowhere from this address.",
        "Too many attempts",
        "too many links that lead nowhere from this address; wait",
        _RETRY_AFTER,
    ),
    503: _Documented(
        "The database or the broker is away; nothing was stored. Try again.",
        "Temporarily unavailable",
        "the database is away; nothing was stored, try again",
        _RETRY_AFTER,
    ),
}

_KEPT = {
    "ETag": {
        "description": "Give it as `If-None-Match` to hear whether something changed.",
        "schema": {"type": "string"},
    },
    "Cache-Control": {"description": "`private, no-cache`", "schema": {"type": "string"}},
}


def problems(*statuses: int) -> Responses:
    """These answers as problem+json; 503 can always happen."""
    return {status: _problem(status) for status in (*statuses, 503)}


def problems_as(media_type: str, *statuses: int) -> Responses:
    """The same, said to a person."""
    return {status: {**told, "content": {media_type: {}}} for status, told in problems(*statuses).items()}


def _problem(status: int) -> dict[str, Any]:
    kind = _PROBLEMS[status]
    example: dict[str, Any] = {"type": "about:blank", "title": kind.title, "status": status, "detail": kind.detail}
    if kind.errors:
        example["errors"] = list(kind.errors)
    content = {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}, "example": example}}
    described: dict[str, Any] = {"description": kind.when, "content": content}
    return {**described, "headers": dict(kind.headers)} if kind.headers else described


def answered(example: Answer, status: int = 200) -> Responses:
    """A success with its example."""
    content = {"application/json": {"example": example.model_dump(mode="json")}}
    return {status: {"description": _first_line(type(example)), "content": content}}


def kept(example: Answer) -> Responses:
    """A success that can be asked for conditionally."""
    (told,) = answered(example).values()
    return {200: {**told, "headers": _KEPT}, 304: {"description": "It has not changed.", "headers": _KEPT}}


def kept_as(media_type: str) -> Responses:
    """The same, without an example."""
    described = {"content": {media_type: {}}, "headers": _KEPT}
    return {200: described, 304: {"description": "It has not changed.", "headers": _KEPT}}


def _first_line(answer: type[Answer]) -> str:
    return (answer.__doc__ or "Done.").strip().splitlines()[0]
