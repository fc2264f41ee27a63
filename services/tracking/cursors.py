"""Where a page of a list ended, as a text that callers hand back unread: the next page begins right after it."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

from shared.contracts.base import rfc3339
from shared.web import Problem

LONGEST_CURSOR = 500
_LARGEST = 2**63 - 1


def write_cursor(*place: datetime | int | str) -> str:
    """The last row's place in the order of its list."""
    parts = [rfc3339(part) if isinstance(part, datetime) else part for part in place]
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode()


def read_cursor(cursor: str | None, *kinds: type) -> tuple[Any, ...] | None:
    """The place, one value for each of `kinds` (datetime, int or str), or None without a cursor.

    Raises Problem 422 for one that this list did not give out.
    """
    if cursor is None:
        return None
    try:
        parts = json.loads(base64.b64decode(cursor.encode(), altchars=b"-_", validate=True))
        return tuple(_read(part, kind) for part, kind in zip(parts, kinds, strict=True))
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        detail = "cursor: give the `next` of the page before"
        wrong = [{"field": "cursor", "message": "is not one of this list"}]
        raise Problem(422, "Invalid", detail, errors=wrong) from error


def _read(part: object, kind: type) -> datetime | int | str:
    """Raises ValueError, also for what PostgreSQL could not compare with: NUL, half a surrogate pair, a huge number."""
    if kind is datetime and isinstance(part, str):
        moment = datetime.fromisoformat(part)
        if moment.tzinfo is None:
            raise ValueError("no zone")
        return moment.astimezone(UTC)
    if kind is int and isinstance(part, int) and not isinstance(part, bool) and 0 <= part <= _LARGEST:
        return part
    if kind is str and isinstance(part, str) and "\x00" not in part:
        return part.encode().decode()
    raise ValueError("another kind of value")
