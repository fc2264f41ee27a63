"""How a carrier is asked about one parcel, and what its HTTP status says when there is no answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import httpx

from services.carrier_gateway.parts.base import Parsed, Refusal
from services.carrier_gateway.parts.bearer import TokenCall


@dataclass(frozen=True)
class Query:
    """The parcel in question; where it goes helps some carriers to tell equal numbers apart."""

    reference: str
    country: str | None = None
    postal_code: str | None = None

    def is_for(self, number: str) -> bool:
        """Whether a carrier's number is the one we ask about, but for capitals and blanks."""
        return _bare(number) == _bare(self.reference)


def _bare(number: str) -> str:
    return "".join(number.split()).upper()


@dataclass(frozen=True)
class Pull:
    """One carrier's tracking call and the limits it sets."""

    url: str
    """Base of its API; `CARRIER_<ID>_URL` overrides it."""
    request: Callable[[Query, str, str], httpx.Request]
    """(query, base URL, API key or bearer token)."""
    read: Callable[[Query, bytes], Parsed]
    """A successful answer. Raises Malformed."""
    minimum_gap: timedelta
    daily_quota: int
    concurrency: int = 1
    """Questions on their way at once. These three can be set anew (see `polling/limits.py`)."""
    key_parts: tuple[str, ...] = ()
    """The names of what the key is made of, where that is several things: `user=...&password=...`."""
    token: TokenCall | None = None
    """Where the key buys a bearer token, which `request` is then given in its place (see `TokenCall.hand`)."""


def refusal_of(status: int) -> Refusal | None:
    """What an HTTP status alone says; None for 2xx. A redirect is an outage: nobody told us to follow it."""
    if 200 <= status < 300:
        return None
    known = {
        404: Refusal.NOT_FOUND,
        400: Refusal.BAD_REFERENCE,
        422: Refusal.BAD_REFERENCE,
        401: Refusal.NOT_ALLOWED,
        403: Refusal.NOT_ALLOWED,
        429: Refusal.QUOTA,
    }
    return known.get(status, Refusal.OUTAGE)
