"""The call that buys a bearer token, for carriers that take no API key as it is: OAuth 2.0 client credentials (RFC
6749, 4.4). Data and two pure functions; `services.carrier_gateway.polling.tokens` keeps what they yield.

Such a carrier's CARRIER_<ID>_KEY is `client id:client secret`, or has the parts that `Pull.key_parts` names.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import parse_qsl, urlencode

import httpx
from pydantic import BaseModel, Field

from services.carrier_gateway.parts.base import read_body

UNSAID_LIFETIME = timedelta(minutes=10)
LONGEST_LIFETIME = timedelta(days=1)
_JSON = {"Accept": "application/json"}


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
    grant: str = "client_credentials"
    parts: tuple[str, ...] = ()
    """The key's parts that stand in the form, where the key has parts."""
    kept: tuple[str, ...] = ()
    """The key's parts that the question needs beside the token."""

    def request(self, url: str, key: str) -> httpx.Request:
        """`key` has passed `is_client`, or `key_parts`."""
        if self.parts:
            given = dict(parse_qsl(key))
            parted = {"grant_type": self.grant, **{name: given[name] for name in self.parts}}
            return httpx.Request("POST", url.rstrip("/") + self.path, data=parted, headers=_JSON)
        client, _, secret = key.partition(":")
        form, headers = {"grant_type": self.grant}, dict(_JSON)
        if self.basic:
            headers["Authorization"] = "Basic " + base64.b64encode(key.encode()).decode()
        else:
            form |= {"client_id": client, "client_secret": secret}
        return httpx.Request("POST", url.rstrip("/") + self.path, data=form, headers=headers)

    def read(self, headers: Mapping[str, str], body: bytes) -> BearerToken:
        """A successful answer. Raises Malformed, which never quotes it."""
        return read_token(body)

    def hand(self, key: str, token: str) -> str:
        """What `Pull.request` is given for its key: the token, or `token=...` with the parts it is said to need."""
        if not self.kept:
            return token
        given = dict(parse_qsl(key))
        return urlencode({"token": token, **{name: given[name] for name in self.kept}})


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
