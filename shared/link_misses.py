"""Slows down whoever tries links that lead nowhere. A link that is good opens always, from whatever address.

128 bits cannot be guessed; this keeps those who try cheap. Per OS process and in bounded memory, nothing is written.
"""

from __future__ import annotations

import ipaddress
from datetime import datetime, timedelta

from fastapi import Request

ALLOWED = 60
WINDOW = timedelta(minutes=1)
ADDRESSES = 10_000


class Misses:
    """Counts misses by address in windows of a minute. An IPv6 client is its /64, for one client owns them all."""

    def __init__(self, allowed: int = ALLOWED, window: timedelta = WINDOW, addresses: int = ADDRESSES) -> None:
        self._allowed, self._window, self._addresses = allowed, window, addresses
        self._seen: dict[str, tuple[datetime, int]] = {}

    def note(self, address: str, now: datetime) -> timedelta | None:
        """Count one more miss. Answers how long to wait when there were too many, else None."""
        client = _client(address)
        since, count = self._seen.pop(client, (now, 0))
        if now - since >= self._window:
            since, count = now, 0
        self._seen[client] = (since, count + 1)
        if len(self._seen) > self._addresses:
            del self._seen[next(iter(self._seen))]
        return since + self._window - now if count >= self._allowed else None


def note_miss(request: Request, now: datetime) -> timedelta | None:
    """One more link that leads nowhere, by the address that tried it; one count for each application."""
    state = request.app.state
    if not hasattr(state, "link_misses"):
        state.link_misses = Misses()
    misses = state.link_misses
    assert isinstance(misses, Misses)
    return misses.note(request.client.host if request.client is not None else "", now)


def _client(address: str) -> str:
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is None:
        return str(ipaddress.ip_network((int(parsed), 64), strict=False))
    return address
