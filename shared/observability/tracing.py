"""W3C trace context (w3.org/TR/trace-context) from webhook to provider: in Kafka headers, outbox rows, the ledger.

A `traceparent` from outside is carried on for whoever sent it while we record no spans; where we do, it is kept as a
link, and never decides what we sample or call our own (spans.py).
"""

from __future__ import annotations

import re
import secrets
from contextvars import ContextVar

_FORMAT = re.compile(r"^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$")
_current: ContextVar[str | None] = ContextVar("traceparent", default=None)


def valid(traceparent: str | None) -> str | None:
    """The value itself when it is a well-formed version 00 traceparent, else None."""
    return traceparent if traceparent and _FORMAT.fullmatch(traceparent) else None


def new_trace() -> str:
    """A new root."""
    drawn = secrets.token_hex(24)
    return f"00-{drawn[:32]}-{drawn[32:]}-01"


def child_of(traceparent: str | None) -> str:
    """A new span in the same trace; a new trace when there is none."""
    parent = valid(traceparent)
    if parent is None:
        return new_trace()
    return f"{parent[:36]}{secrets.token_hex(8)}{parent[52:]}"


def trace_id(traceparent: str | None) -> str | None:
    return traceparent[3:35] if traceparent and valid(traceparent) else None


def span_id(traceparent: str | None) -> str | None:
    return traceparent[36:52] if traceparent and valid(traceparent) else None


def ids(traceparent: str) -> tuple[str, str]:
    """(trace id, span id) of one that is well formed, as `current` is."""
    return traceparent[3:35], traceparent[36:52]


def set_current(traceparent: str | None) -> None:
    """For the task that runs now: what it logs and publishes belongs to this trace."""
    _current.set(valid(traceparent))


def restore(before: str | None) -> None:
    """What `current` answered before `set_current`."""
    _current.set(before)


def current() -> str | None:
    return _current.get()
