"""Any carrier's API on loopback: sells the token that its adapter buys, answers every question with what a test says,
and keeps the requests as they came over the wire.
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from services.carrier_gateway.parts.base import Carrier, Malformed
from services.carrier_gateway.parts.bearer import TokenCall
from services.carrier_gateway.parts.pull import Pull

TOKEN = "bought-token-0123456789"
_SOLD = (
    json.dumps({"access_token": TOKEN, "token": TOKEN, "expires_in": 3600}).encode(),
    f"<r><getAuthResponse><return><delisId>x</delisId><authToken>{TOKEN}</authToken></return></getAuthResponse></r>".encode(),
)
"""How tokens are sold: the adapter's own reader says which of these is its carrier's."""


@dataclass(frozen=True)
class Received:
    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    def holds(self, text: str) -> bool:
        """In the address, a header or the body; as it is, or within a Basic header."""
        told = " ".join((self.target, *self.headers.values(), self.body.decode()))
        basic = self.headers.get("authorization", "").removeprefix("Basic ")
        told += base64.b64decode(basic).decode() if basic != self.headers.get("authorization", "") else ""
        return text in told


@dataclass
class CarrierApi:
    """`status`, `headers` and `body` are what every question gets."""

    pull: Pull
    port: int = 0
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    sold: list[Received] = field(default_factory=list)
    asked: list[Received] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Where the adapter has no address of its own, the whole address of the call."""
        return f"http://127.0.0.1:{self.port}/base" + ("" if self.pull.url else "/track/{reference}")

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await _read(reader)
        if self.pull.token is not None and request.target == f"/base{self.pull.token.path}":
            self.sold.append(request)
            writer.write(_written(200, *_sale(self.pull.token)))
        else:
            self.asked.append(request)
            writer.write(_written(self.status, self.headers, self.body))
        await writer.drain()
        writer.close()


def _sale(call: TokenCall) -> tuple[dict[str, str], bytes]:
    named = getattr(call, "token_header", None)
    headers = {named: TOKEN} if isinstance(named, str) else {}
    for body in _SOLD:
        try:
            call.read(headers, body)
        except Malformed:
            continue
        return headers, body
    raise LookupError("no known way of selling a token is this carrier's: add it here")


async def _read(reader: asyncio.StreamReader) -> Received:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("ascii")
    line, *lines = head.rstrip("\r\n").split("\r\n")
    method, target, version = line.split(" ")
    assert version == "HTTP/1.1"
    headers = {name.lower(): value.strip() for name, _, value in (each.partition(":") for each in lines)}
    return Received(method, target, headers, await reader.readexactly(int(headers.get("content-length", "0"))))


def _written(status: int, headers: Mapping[str, str], body: bytes) -> bytes:
    named = {**headers, "content-length": str(len(body)), "connection": "close"}
    head = "".join(f"{name}: {value}\r\n" for name, value in named.items())
    return f"HTTP/1.1 {status} As Told\r\n{head}\r\n".encode() + body


def key_of(carrier: Carrier) -> dict[str, str]:
    """The parts of a key in the form that the adapter asks for, each to be recognised wherever it turns up. Whoever
    takes its key as it is gets `client:secret` as well.
    """
    assert carrier.pull is not None
    names = carrier.pull.key_parts or ("client", "secret")
    return {name: f"canary-{name}-{number}" for number, name in enumerate(names)}


def key_text(carrier: Carrier) -> str:
    parts, pull = key_of(carrier), carrier.pull
    assert pull is not None
    return "&".join(f"{n}={v}" for n, v in parts.items()) if pull.key_parts else ":".join(parts.values())


@asynccontextmanager
async def carrier_api(pull: Pull) -> AsyncIterator[CarrierApi]:
    api = CarrierApi(pull)
    server = await asyncio.start_server(api.converse, "127.0.0.1", 0)
    api.port = server.sockets[0].getsockname()[1]
    try:
        yield api
    finally:
        server.close()
        await server.wait_closed()
