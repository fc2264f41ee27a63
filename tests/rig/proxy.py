"""A network between two of our parts that can be made as bad as networks are: late, thin, silent, or cut in the middle.

One proxy stands before one server. What is wrong applies to every connection at once and can be changed while they are
open. Bytes are never changed and never reordered: TCP does not do that either.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from sandbox.backends.ports import LOOPBACK, free_port

PIECE_BYTES = 64 * 1024
CONNECT_DEADLINE = timedelta(seconds=5)
NO_TIME = timedelta(0)


@dataclass(frozen=True)
class Weather:
    """What is wrong with the network. As it is made, nothing.

    `latency` each way; `bytes_per_second` each way and connection; `blackhole`: what is sent stays in the cable until
    that is over; `refuses`: new connections are reset; `slow_close`: the other side hears of a close so much later.
    """

    latency: timedelta = NO_TIME
    bytes_per_second: int | None = None
    blackhole: bool = False
    refuses: bool = False
    slow_close: timedelta = NO_TIME


FINE = Weather()


class Proxy:
    """`port` is where to connect instead of `upstream_port`; both on this machine."""

    def __init__(self, upstream_port: int, port: int | None = None) -> None:
        self.upstream_port, self.port = upstream_port, port or free_port()
        self.cuts = 0
        self._weather = FINE
        self._changed = asyncio.Event()
        self._links: set[_Link] = set()
        self._cut_after: int | None = None
        self._cut_at: tuple[bytes, int] = (b"", 0)
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, LOOPBACK, self.port, limit=PIECE_BYTES)

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        self.reset()

    @property
    def weather(self) -> Weather:
        return self._weather

    def turn(self, weather: Weather) -> None:
        """From now on, for open connections as well."""
        self._weather = weather
        self._changed.set()
        self._changed = asyncio.Event()

    def reset(self) -> int:
        """Every open connection ends with a reset, on both sides. Answers how many."""
        found = len(self._links)
        for link in list(self._links):
            link.reset()
        return found

    def cut_after(self, count: int) -> None:
        """Reset the connection over which the `count`th byte from now to the server has gone; that byte goes."""
        self._cut_after = count

    def cut_at(self, words: bytes, times: int) -> None:
        """So many times: when the client has said these words the server gets them, and the client no answer."""
        self._cut_at = (words, times)

    async def until_it_clears(self) -> None:
        while self._weather.blackhole:
            await self._changed.wait()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._weather.refuses:
            writer.transport.abort()
            return
        try:
            async with asyncio.timeout(CONNECT_DEADLINE.total_seconds()):
                server = await asyncio.open_connection(LOOPBACK, self.upstream_port, limit=PIECE_BYTES)
        except (OSError, TimeoutError):
            writer.transport.abort()
            return
        link = _Link(self, (reader, writer), server)
        self._links.add(link)
        try:
            await link.carry()
        finally:
            self._links.discard(link)

    def passed(self, piece: bytes) -> int | None:
        """To the server: None, or how many bytes of the piece still go before the connection is cut."""
        if self._cut_after is not None:
            self._cut_after -= len(piece)
            if self._cut_after <= 0:
                kept, self._cut_after = len(piece) + self._cut_after, None
                self.cuts += 1
                return kept
        words, left = self._cut_at
        if left and words in piece:
            self._cut_at = (words, left - 1)
            self.cuts += 1
            return len(piece)
        return None


Side = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class _Link:
    """One connection and its other half."""

    def __init__(self, proxy: Proxy, client: Side, server: Side) -> None:
        self._proxy, self._client, self._server = proxy, client, server

    def reset(self) -> None:
        for _, writer in (self._client, self._server):
            writer.transport.abort()

    async def carry(self) -> None:
        there = asyncio.create_task(self._carry(self._client[0], self._server[1], to_server=True))
        back = asyncio.create_task(self._carry(self._server[0], self._client[1], to_server=False))
        try:
            await asyncio.gather(there, back)
        except OSError:
            self.reset()
        finally:
            there.cancel()
            back.cancel()
            await asyncio.gather(there, back, return_exceptions=True)
            await self._close()

    async def _close(self) -> None:
        for _, writer in (self._client, self._server):
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, to_server: bool) -> None:
        while piece := await reader.read(PIECE_BYTES):
            await self._travel(len(piece))
            kept = self._proxy.passed(piece) if to_server else None
            writer.write(piece if kept is None else piece[:kept])
            await writer.drain()
            if kept is not None:
                await self._cut(writer)
                return
        await asyncio.sleep(self._proxy.weather.slow_close.total_seconds())
        if not writer.is_closing() and writer.can_write_eof():
            writer.write_eof()

    async def _travel(self, size: int) -> None:
        await self._proxy.until_it_clears()
        weather = self._proxy.weather
        seconds = weather.latency.total_seconds()
        if weather.bytes_per_second:
            seconds += size / weather.bytes_per_second
        if seconds:
            await asyncio.sleep(seconds)

    async def _cut(self, server: asyncio.StreamWriter) -> None:
        """The server has what was said and hears that nobody listens any more; the client is reset."""
        self._client[1].transport.abort()
        server.close()


@asynccontextmanager
async def proxy_before(upstream_port: int, port: int | None = None) -> AsyncIterator[Proxy]:
    proxy = Proxy(upstream_port, port)
    await proxy.start()
    try:
        yield proxy
    finally:
        await proxy.stop()
