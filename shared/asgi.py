"""What ASGI leaves to whoever reads a scope by hand, as a middleware does before there is a Request."""

from __future__ import annotations

from starlette.types import Scope


def header_of(scope: Scope, name: bytes) -> bytes | None:
    """The first header of this name, which is in lower case as servers give it; None when there is none."""
    for given, value in scope["headers"]:
        if given == name:
            return bytes(value)
    return None
