"""A form that changes something counts only when it was sent from one of our own pages.

The browser adds the operators' password by itself, whichever page sends the form; so another page must not be able to.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from fastapi import Request

from shared.web import Problem


async def from_our_own_page(request: Request) -> None:
    """Raises Problem 403 for a call from another page, and for one that does not say where it comes from.

    Browsers say it in Sec-Fetch-Site, and over plain http in Origin.
    """
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None:
        ours = site == "same-origin"
    else:
        ours = origin is not None and _host(origin) == request.headers.get("host", "").lower()
    if not ours:
        raise Problem(
            403, "Not from here", "send this form from the console's own page; programs call `POST /v1/ops/...`"
        )


def _host(origin: str) -> str | None:
    """None for what is no address, such as `null` from a page without an origin."""
    try:
        return urlsplit(origin).netloc.lower() or None
    except ValueError:
        return None
