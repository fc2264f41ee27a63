"""How carriers prove who they are, for adapters to choose from. All of it works on the raw bytes."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime

from services.carrier_gateway.parts.base import Check, Signature
from shared.signatures import StandardWebhooks, check_token

SHORTEST_TOKEN = 16


def _check_standard_webhooks(secrets: Sequence[str]) -> Check:
    signatures = StandardWebhooks(secrets)

    def check(body: bytes, headers: Mapping[str, str], now: datetime) -> None:
        signatures.verify(body, headers, now)

    return check


def _sign_standard_webhooks(body: bytes, secret: str, message_id: str, now: datetime) -> dict[str, str]:
    return StandardWebhooks([secret]).sign(body, message_id, now)


STANDARD_WEBHOOKS = Signature(_check_standard_webhooks, _sign_standard_webhooks)
"""Standard Webhooks (standardwebhooks.com): signed content, message id and time; valid for five minutes."""


def token_header(name: str, *others: str) -> Signature:
    """A shared token in a header: for carriers that do not sign. It says who speaks, not that the body is theirs.

    `others` are what the carrier calls the header in its other versions.
    """
    names = tuple(each.lower() for each in (name, *others))

    def with_tokens(tokens: Sequence[str]) -> Check:
        _refuse_short(tokens)

        def check(body: bytes, headers: Mapping[str, str], now: datetime) -> None:
            check_token(next((headers[each] for each in names if each in headers), None), tokens)

        return check

    def send(body: bytes, token: str, message_id: str, now: datetime) -> dict[str, str]:
        return {names[0]: token}

    return Signature(with_tokens, send)


def base64_hmac_header(name: str) -> Signature:
    """HMAC-SHA256 of the raw body in a header, in base64; the same in hexadecimal is accepted as well. It holds no
    time: whoever has seen a message can send it again, which changes nothing.
    """

    def with_tokens(tokens: Sequence[str]) -> Check:
        _refuse_short(tokens)

        def check(body: bytes, headers: Mapping[str, str], now: datetime) -> None:
            digests = [hmac.new(token.encode(), body, hashlib.sha256).digest() for token in tokens]
            written = [form for digest in digests for form in (base64.b64encode(digest).decode(), digest.hex())]
            check_token(headers.get(name.lower()), written)

        return check

    def send(body: bytes, token: str, message_id: str, now: datetime) -> dict[str, str]:
        return {name.lower(): base64.b64encode(hmac.new(token.encode(), body, hashlib.sha256).digest()).decode()}

    return Signature(with_tokens, send)


def _refuse_short(tokens: Sequence[str]) -> None:
    if not tokens or any(len(token) < SHORTEST_TOKEN or not token.isascii() for token in tokens):
        raise ValueError(f"a token has at least {SHORTEST_TOKEN} ASCII characters")
