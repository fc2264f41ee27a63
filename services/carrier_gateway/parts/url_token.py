"""A token in the webhook's address, for senders that can prove themselves in no other way.

`POST /webhooks/<carrier>?token=...`: the gateway hands the token to the check as if it had come in a header, and keeps
addresses out of its logs. Proxies in front of it may not: prefer a signature wherever the carrier offers one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from services.carrier_gateway.parts.authenticity import token_header
from services.carrier_gateway.parts.base import Check, Signature
from services.carrier_gateway.parts.body_signatures import timed_hmac

PARAMETER = "token"
HEADER = "Hito-Url-Token"
"""Where a check finds what came in the address."""
PREFIX = "url:"


def signed_or_in_the_url(header: str) -> Signature:
    """A secret `url:<token>` is a token for the address; any other one signs in `header` with a time. Never both ways:
    while a signing secret is set up alone, a token proves nothing.
    """
    signed, in_url = timed_hmac(header), token_header(HEADER)

    def check_with(secrets: Sequence[str]) -> Check:
        tokens = [secret.removeprefix(PREFIX) for secret in secrets if secret.startswith(PREFIX)]
        keys = [secret for secret in secrets if not secret.startswith(PREFIX)]
        by_token = in_url.check_with(tokens) if tokens else None
        by_seal = signed.check_with(keys) if keys or not tokens else None

        def check(body: bytes, headers: Mapping[str, str], now: datetime) -> None:
            if by_seal is not None and (by_token is None or header.lower() in headers):
                by_seal(body, headers, now)
            elif by_token is not None:
                by_token(body, headers, now)

        return check

    def sign(body: bytes, secret: str, message_id: str, now: datetime) -> dict[str, str]:
        if secret.startswith(PREFIX):
            return in_url.sign(body, secret.removeprefix(PREFIX), message_id, now)
        return signed.sign(body, secret, message_id, now)

    return Signature(check_with, sign)
