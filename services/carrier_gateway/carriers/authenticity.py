"""How carriers prove who they are, for adapters to choose from. All of it works on the raw bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from services.carrier_gateway.carriers.base import Check, Signature
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


def token_header(name: str) -> Signature:
    """A shared token in a header: for carriers that do not sign. It says who speaks, not that the body is theirs."""

    def with_tokens(tokens: Sequence[str]) -> Check:
        if not tokens or any(len(token) < SHORTEST_TOKEN or not token.isascii() for token in tokens):
            raise ValueError(f"a token has at least {SHORTEST_TOKEN} ASCII characters")

        def check(body: bytes, headers: Mapping[str, str], now: datetime) -> None:
            check_token(headers.get(name.lower()), tokens)

        return check

    def send(body: bytes, token: str, message_id: str, now: datetime) -> dict[str, str]:
        return {name.lower(): token}

    return Signature(with_tokens, send)
