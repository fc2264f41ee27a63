"""Conditional answers (RFC 9110, 13): whoever holds an answer already gets 304 without a body.

The tag is strong: the same tag means the same bytes. Answers about orders are for the one who asked, so they may be
kept by that client alone, and only to ask again with them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from types import MappingProxyType

from fastapi import Request, Response

ASK_AGAIN = "private, no-cache"
_NOTHING_MORE: Mapping[str, str] = MappingProxyType({})


def tag_of(body: bytes) -> str:
    """An ETag for these bytes: a quoted part of their SHA-256."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def conditional(
    request: Request,
    body: bytes,
    media_type: str = "application/json",
    *,
    headers: Mapping[str, str] = _NOTHING_MORE,
) -> Response:
    """200 with the body, or 304 when `If-None-Match` names its tag."""
    tag = tag_of(body)
    told = {**headers, "ETag": tag, "Cache-Control": ASK_AGAIN}
    if _holds(request.headers.get("if-none-match"), tag):
        return Response(status_code=304, headers=told)
    return Response(body, media_type=media_type, headers=told)


def _holds(if_none_match: str | None, tag: str) -> bool:
    """Weak comparison, as RFC 9110 asks for If-None-Match: a proxy that compresses makes our tag weak."""
    if if_none_match is None:
        return False
    held = {each.strip().removeprefix("W/") for each in if_none_match.split(",")}
    return tag in held or "*" in held
