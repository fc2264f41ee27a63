"""Tokens of carriers whose login is none of OAuth's: user and password as Basic, more in a JSON body where it is asked
for, and a token that comes back in a field of its own or in a header.

The key's parts are `user`, `password` and those in `json_parts`.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import parse_qsl

import httpx
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from services.carrier_gateway.parts.base import Malformed, read_body
from services.carrier_gateway.parts.bearer import BearerToken, TokenCall

ABOUT_A_DAY = timedelta(hours=20)


class _Answer(BaseModel):
    model_config = ConfigDict(hide_input_in_errors=True)

    token: str = Field(min_length=1, max_length=16_000, pattern=r"^[\x21-\x7e]+$")


@dataclass(frozen=True)
class Login(TokenCall):
    """`lifetime` stands for what such carriers only promise in words; one that ends early is noticed by its refusal."""

    method: str = "POST"
    json_parts: tuple[str, ...] = ()
    token_header: str | None = None
    """Where the token comes back; None: in the field `token` of the body."""
    lifetime: timedelta = ABOUT_A_DAY

    def request(self, url: str, key: str) -> httpx.Request:
        given = dict(parse_qsl(key))
        client = base64.b64encode(f"{given['user']}:{given['password']}".encode()).decode()
        return httpx.Request(
            self.method,
            url.rstrip("/") + self.path,
            json={name: given[name] for name in self.json_parts} if self.json_parts else None,
            headers={"Authorization": f"Basic {client}", "Accept": "application/json"},
        )

    def read(self, headers: Mapping[str, str], body: bytes) -> BearerToken:
        if self.token_header is None:
            return BearerToken(read_body(_Answer, body).token, self.lifetime)
        try:
            return BearerToken(_Answer(token=headers.get(self.token_header, "")).token, self.lifetime)
        except ValidationError as error:
            raise Malformed([(self.token_header, "is missing or no token")]) from error
