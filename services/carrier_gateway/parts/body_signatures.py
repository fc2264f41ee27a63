"""Signatures over the raw body that aggregators send in one header of their own, each as its owner documents it.

Without a signed time a body can be sent again by whoever has seen it; that changes nothing here, as the same facts have
the same ids.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from services.carrier_gateway.parts.base import Check, Signature
from shared.signatures import TOLERANCE, BadSignature, check_token

SHORTEST_SECRET = 16
Seal = Callable[[bytes, bytes], str]
"""(secret, raw body) -> the header's value."""
_TIMED = re.compile(r"t=(?P<time>\d{1,12}),v1=(?P<seal>[0-9a-f]{64})", re.ASCII)


def as_keys(secrets: Sequence[str]) -> tuple[bytes, ...]:
    """Raises ValueError, without quoting it, for one that cannot be a secret. ASCII: its Unicode form is then sure."""
    if not secrets or any(len(secret) < SHORTEST_SECRET or not secret.isascii() for secret in secrets):
        raise ValueError(f"a secret has at least {SHORTEST_SECRET} ASCII characters")
    return tuple(secret.encode() for secret in secrets)


def sealed_body(header: str, seal: Seal) -> Signature:
    """The header holds `seal(secret, raw body)`."""

    def check_with(secrets: Sequence[str]) -> Check:
        keys = as_keys(secrets)

        def check(body: bytes, headers: Mapping[str, str], now: datetime) -> None:
            check_token(headers.get(header.lower()), [seal(key, body) for key in keys])

        return check

    def sign(body: bytes, secret: str, message_id: str, now: datetime) -> dict[str, str]:
        return {header.lower(): seal(secret.encode(), body)}

    return Signature(check_with, sign)


def hmac_hex(prefix: str = "") -> Seal:
    """Hexadecimal HMAC-SHA256 after `prefix`."""
    return lambda key, body: prefix + hmac.new(key, body, hashlib.sha256).hexdigest()


def hmac_base64(key: bytes, body: bytes) -> str:
    """Base64 HMAC-SHA256."""
    return base64.b64encode(hmac.new(key, body, hashlib.sha256).digest()).decode()


def hash_with_key(key: bytes, body: bytes) -> str:
    """Hexadecimal SHA-256 of body, slash, key: no HMAC, but what 17TRACK sends."""
    return hashlib.sha256(body + b"/" + key).hexdigest()


def timed_hmac(header: str) -> Signature:
    """The header holds `t=<unix seconds>,v1=<hex HMAC-SHA256 of "<t>.<raw body>">`; good for five minutes."""

    def seal(key: bytes, time: str, body: bytes) -> str:
        return hmac.new(key, time.encode() + b"." + body, hashlib.sha256).hexdigest()

    def check_with(secrets: Sequence[str]) -> Check:
        keys = as_keys(secrets)

        def check(body: bytes, headers: Mapping[str, str], now: datetime) -> None:
            given = _TIMED.fullmatch(headers.get(header.lower(), ""))
            if given is None:
                raise BadSignature(f"{header} is missing or not t=...,v1=...")
            if abs(now.timestamp() - int(given["time"])) > TOLERANCE.total_seconds():
                raise BadSignature(f"{header} is too far from now")
            check_token(given["seal"], [seal(key, given["time"], body) for key in keys])

        return check

    def sign(body: bytes, secret: str, message_id: str, now: datetime) -> dict[str, str]:
        time = str(int(now.timestamp()))
        return {header.lower(): f"t={time},v1={seal(secret.encode(), time, body)}"}

    return Signature(check_with, sign)
