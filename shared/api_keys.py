"""Who may ask: a shop's key opens that shop alone and what its scopes allow, an operators' key opens `/v1/ops`.

A missing, unknown or expired key is 401. A good key on another shop's path is 404, the same as for a shop that does not
exist; one without the scope is 403 and names the scope. Every use is counted under the key's name.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta

from shared.key_entries import KeyEntry, Scope, digest_of
from shared.observability.logs import get_logger
from shared.observability.metrics import KEY_ENDS, KEY_USES
from shared.web import Problem

NOBODY = "-"
"""Stands in metrics for the shop of an operators' key, and for a key nobody knows."""
_Owned = tuple[str, KeyEntry]


def unauthorized(why: str = "send an API key as `Authorization: Bearer <key>`", error: str = "") -> Problem:
    """`error` is the code of RFC 6750, section 3.1; without a key there is none."""
    challenge = f'Bearer error="{error}"' if error else "Bearer"
    return Problem(401, "Unauthorized", why, headers={"WWW-Authenticate": challenge})


def not_found() -> Problem:
    return Problem(404, "Not found", "there is no such thing here")


def forbidden(scope: Scope) -> Problem:
    challenge = f'Bearer error="insufficient_scope", scope="{scope}"'
    detail = f"this key may not do this: it needs the scope {scope}"
    return Problem(403, "Forbidden", detail, headers={"WWW-Authenticate": challenge})


class Keys:
    """All keys as hashes, compared in constant time, every one of them at each call. `clock` says what is expired."""

    def __init__(
        self, shops: Mapping[str, Sequence[KeyEntry]], ops: Sequence[KeyEntry], clock: Callable[[], datetime]
    ) -> None:
        self._shops = [(shop, entry) for shop, entries in shops.items() for entry in entries]
        self._ops = [(NOBODY, entry) for entry in ops]
        self._clock = clock
        for owner, entry in (*self._shops, *self._ops):
            if entry.last_day is not None:
                KEY_ENDS.labels(owner, entry.name).set(_end_of(entry.last_day).timestamp())

    def recognise(self, authorization: str | None) -> None:
        """Before the body is read that names the shop. Raises the problem 401."""
        self._living(self._shops, _bearer(authorization))

    def open_shop(self, shop: str, authorization: str | None, scope: Scope) -> str:
        """Answer the shop, or raise the problem: 401, 404 or 403."""
        living = self._living(self._shops, _bearer(authorization))
        own = [entry for owner, entry in living if owner == shop]
        if not own:
            _refuse(living[0], "other_shop")
            raise not_found()
        able = [entry for entry in own if scope in entry.scopes]
        if not able:
            _refuse((shop, own[0]), "scope")
            raise forbidden(scope)
        KEY_USES.labels(shop, able[0].name, "opened").inc()
        return shop

    def open_ops(self, authorization: str | None) -> None:
        """Raises the problem 401."""
        self._open_ops(_bearer(authorization))

    def opens_ops(self, key: str) -> bool:
        """For the console, where an operators' key is the password."""
        try:
            self._open_ops(key)
        except Problem:
            return False
        return True

    def _open_ops(self, key: str) -> None:
        _, entry = self._living(self._ops, key)[0]
        KEY_USES.labels(NOBODY, entry.name, "opened").inc()

    def _living(self, known: Sequence[_Owned], key: str) -> Sequence[_Owned]:
        """What this key opens today, at least one. Raises the problem 401."""
        given = digest_of(key)
        found = [owned for owned in known if hmac.compare_digest(owned[1].digest, given)]
        if not found:
            KEY_USES.labels(NOBODY, NOBODY, "unknown").inc()
            raise unauthorized("this key is not known here", "invalid_token")
        today = self._clock().astimezone(UTC).date()
        living = [owned for owned in found if owned[1].lives_on(today)]
        if not living:
            _refuse(found[0], "expired")
            raise unauthorized(f"this key ended with {found[0][1].last_day}; ask for a new one", "invalid_token")
        return living


def _refuse(owned: _Owned, reason: str) -> None:
    owner, entry = owned
    KEY_USES.labels(owner, entry.name, reason).inc()
    get_logger().warning("key_refused", shop=owner, key_name=entry.name, reason=reason)


def _end_of(day: date) -> datetime:
    return datetime.combine(day, time(), UTC) + timedelta(days=1)


def _bearer(authorization: str | None) -> str:
    scheme, _, key = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        raise unauthorized()
    return key.strip()
