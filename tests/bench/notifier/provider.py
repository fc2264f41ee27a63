"""The local provider of both contenders, as fast as asyncio lets it be: it takes a message, notes when, and says yes.

    POST /2010-04-01/...   as Twilio answers: 201 and a sid
    POST anything else     as the Cloud API answers: 200 and a message id
    GET  /taken            when each message came: [[message id or "", seconds of the monotonic clock], ...]
    GET  /forget           the same, and it begins anew

`python -m tests.bench.notifier.provider <port>`. Its clock is the machine's own, the same in every process.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from itertools import count
from typing import cast

import uvloop

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_MESSAGE = re.compile(rb"(?:%3Fm%3D|biz_opaque_callback_data\":\")([0-9a-f-]{36})")
"""Our message id: in the callback's address of an SMS, in the echo field of WhatsApp."""
Taken = list[tuple[str, float]]


class Taking(asyncio.Protocol):
    """One connection, kept alive."""

    def __init__(self, taken: Taken, numbers: count[int]) -> None:
        self._taken, self._numbers = taken, numbers
        self._received = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's own is no subclass

    def data_received(self, data: bytes) -> None:
        self._received += data
        while True:
            head, found, rest = self._received.partition(b"\r\n\r\n")
            if not found:
                return
            length = _LENGTH.search(head)
            size = int(length[1]) if length else 0
            if len(rest) < size:
                return
            self._received = rest[size:]
            assert self._transport is not None
            self._transport.write(self._answer(head, rest[:size]))

    def _answer(self, head: bytes, body: bytes) -> bytes:
        if head.startswith(b"GET"):
            told = json.dumps(self._taken).encode()
            if head.startswith(b"GET /forget"):
                self._taken.clear()
            return _response(b"200 OK", told)
        ours = _MESSAGE.search(body)
        self._taken.append((ours[1].decode() if ours else "", time.monotonic()))
        number = next(self._numbers)
        if head.startswith(b"POST /2010-04-01/"):
            return _response(b"201 Created", b'{"sid":"SM%032x"}' % number)
        return _response(b"200 OK", b'{"messages":[{"id":"wamid.%d"}]}' % number)


def _response(status: bytes, body: bytes) -> bytes:
    head = b"HTTP/1.1 %b\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % (status, len(body))
    return head + body


async def serve(port: int) -> None:
    taken: Taken = []
    numbers = count(1)
    server = await asyncio.get_running_loop().create_server(lambda: Taking(taken, numbers), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
