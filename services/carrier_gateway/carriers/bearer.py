"""The call that buys a bearer token, for carriers that take no API key as it is: OAuth 2.0 client credentials (RFC
6749, 4.4). Data and two pure functions; `services.carrier_gateway.tokens` keeps what they yield.

Such a carrier's CARRIER_<ID>_KEY is `client id:client secret`.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from datetime import timedelta

import httpx
from pydantic import BaseModel, Field

from services.carrier_gateway.carriers.base import read_body

UNSAID_LIFETIME = timedelta(minutes=10)
LONGEST_LIFETIME = timedelta(days=1)


@dataclass(frozen=True)
class BearerToken:
    text: str = field(repr=False)
    lifetime: timedelta


@dataclass(frozen=True)
class TokenCall:
    """Where a carrier sells its tokens. The client stands in the form, or in a Basic header where `basic` says so."""

    path: str
    """Under the base of the carrier's API."""
    basic: bool = False

    def request(self, url: str, key: str) -> httpx.Request:
        """`key` has passed `is_client`."""
        client, _, secret = key.partition(":")
        form, headers = {"grant_type": "client_credentials"}, {"Accept": "application/json"}
        if self.basic:
            headers["Authorization"] = "Basic " + base64.b64encode(key.encode()).decode()
        else:
            form |= {"client_id": client, "client_secret": secret}
        return httpx.Request("POST", url.rstrip("/") + self.path, data=form, headers=headers)

    def read(self, body: bytes) -> BearerToken:
        """A successful answer. Raises Malformed, which never quotes it."""
        return read_token(body)


class _Answer(BaseModel):
    access_token: str = Field(min_length=1, max_length=16_000, pattern=r"^[\x21-\x7e]+$")
    expires_in: int | None = Field(default=None, ge=0, le=10**9)
    """Seconds. UPS and others write the number as a text."""


def is_client(key: str) -> bool:
    """Whether the key is a client id and a secret joined by a colon, as an id itself holds none (RFC 7617)."""
    client, _, secret = key.partition(":")
    return bool(client and secret)


def read_token(body: bytes) -> BearerToken:
    """A successful answer (RFC 6749, 5.1). Raises Malformed, which never quotes it."""
    answer = read_body(_Answer, body)
    told = UNSAID_LIFETIME if answer.expires_in is None else timedelta(seconds=answer.expires_in)
    return BearerToken(answer.access_token, min(told, LONGEST_LIFETIME))
