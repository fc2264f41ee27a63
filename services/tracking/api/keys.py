"""Who may ask: a shop's key opens that shop alone, the operators' key opens `/v1/ops`.

A missing or wrong key is 401. A good key on another shop's path is 404, the same as for a shop that does not exist.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence

from shared.web import Problem


def unauthorized() -> Problem:
    return Problem(
        401,
        "Unauthorized",
        "send this shop's API key as `Authorization: Bearer <key>`",
        headers={"WWW-Authenticate": "Bearer"},
    )


def not_found() -> Problem:
    return Problem(404, "Not found", "there is no such thing here")


class Keys:
    """All keys as hashes; compared in constant time, every one of them at each call."""

    def __init__(self, shops: Mapping[str, Sequence[str]], ops: str) -> None:
        self._hashes = [(_hash(key), shop) for shop, keys in shops.items() for key in keys]
        self._ops = _hash(ops)

    def open_shop(self, shop: str, authorization: str | None) -> str:
        """Answer the shop, or raise the problem."""
        given = _hash(_bearer(authorization))
        owners = [owner for known, owner in self._hashes if hmac.compare_digest(known, given)]
        if not owners:
            raise unauthorized()
        if shop not in owners:
            raise not_found()
        return shop

    def open_ops(self, authorization: str | None) -> None:
        if not hmac.compare_digest(self._ops, _hash(_bearer(authorization))):
            raise unauthorized()


def _bearer(authorization: str | None) -> str:
    scheme, _, key = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        raise unauthorized()
    return key.strip()


def _hash(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()
