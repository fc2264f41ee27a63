"""The body of somebody else's answer, never longer than we are ready to hold, however small it is packed.

Packed bytes are unpacked a bounded piece at a time: 64 KiB of gzip can hold 64 MiB, and gzip within gzip any amount. So
one layer of gzip or deflate is read, and any other encoding is refused, for nobody was asked to use one.
"""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator, Iterator

import httpx

PIECE_BYTES = 64 * 1024
_WINDOW = {"gzip": 16 + zlib.MAX_WBITS, "x-gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}
ACCEPTED = {"Accept-Encoding": "gzip, deflate"}
"""The header to ask with: httpx offers more by itself, whatever happens to be installed."""


class Unreadable(Exception):
    """Longer than we read, packed in a way that we do not read, or packed wrongly."""


async def read_body(response: httpx.Response, limit_bytes: int) -> bytes:
    """The body of a streamed answer. Raises Unreadable, and what httpx raises when the connection breaks."""
    received = bytearray()
    async for piece in _unpacked(response):
        received += piece
        if len(received) > limit_bytes:
            raise Unreadable(f"more than {limit_bytes} bytes")
    return bytes(received)


async def _unpacked(response: httpx.Response) -> AsyncIterator[bytes]:
    if response.is_stream_consumed:  # made in this process, with its body in memory from the start
        yield response.content
        return
    encoding = response.headers.get("content-encoding", "").strip().lower()
    if encoding in ("", "identity"):
        async for raw in response.aiter_raw():
            yield raw
        return
    if encoding not in _WINDOW:
        raise Unreadable("packed in a way that nobody asked for")
    unpacking = zlib.decompressobj(_WINDOW[encoding])
    async for raw in response.aiter_raw():
        for piece in _pieces(unpacking, raw):
            yield piece
    if not unpacking.eof:
        raise Unreadable("packed, and cut off")


def _pieces(unpacking: zlib._Decompress, raw: bytes) -> Iterator[bytes]:
    while raw and not unpacking.eof:
        try:
            piece = unpacking.decompress(raw, PIECE_BYTES)
        except zlib.error as error:
            raise Unreadable("packed wrongly") from error
        raw = unpacking.unconsumed_tail
        if piece:
            yield piece
