"""One database address, spelled for each driver."""

from __future__ import annotations

from sqlalchemy.engine import make_url


def plain_address(url: str) -> str:
    """As asyncpg takes it: without SQLAlchemy's `+asyncpg`. It holds the password."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
