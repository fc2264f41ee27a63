"""A caller who keeps to no rule of HTTP: it sends bytes when it likes, until the other side has had enough."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import httpx
from fastapi import FastAPI

from sandbox.providers.http_server import listen, port_of
from shared.processes import Runtime, serve

PATIENCE_SECONDS = 30
PAGE_BYTES = 4096


class Served(NamedTuple):
    """An application behind the server that the services use, on loopback."""

    host: str
    port: int

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"


@asynccontextmanager
async def served(app: FastAPI, arrival: timedelta) -> AsyncIterator[Served]:
    listener = listen()
    port = port_of(listener)
    listener.close()
    runtime = Runtime("attacked", ("api",))
    serving = asyncio.create_task(serve(app, runtime, "127.0.0.1", port, arrival))
    address = Served("127.0.0.1", port)
    try:
        await _until_it_answers(address, serving)
        yield address
    finally:
        runtime.stop.set()
        await serving


async def _until_it_answers(address: Served, serving: asyncio.Task[None]) -> None:
    async with httpx.AsyncClient() as client, asyncio.timeout(PATIENCE_SECONDS):
        while not serving.done():
            with contextlib.suppress(httpx.TransportError):
                await client.get(f"{address.url}/livez")
                return
    await serving


async def answer_to(address: Served, *pieces: bytes) -> bytes:
    """What is answered to these bytes until the connection is closed; nobody sends more than the other side reads."""
    reader, writer = await asyncio.open_connection(address.host, address.port)
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            with contextlib.suppress(ConnectionError):
                for piece in pieces:
                    writer.write(piece)
                    await writer.drain()
            with contextlib.suppress(ConnectionError):
                return await reader.read()
            return b""
    finally:
        writer.transport.abort()


async def dribbled(address: Served, head: bytes) -> bytes:
    """The head, then a byte each time the loop comes round, until somebody has enough of it."""
    reader, writer = await asyncio.open_connection(address.host, address.port)
    writer.write(head)
    heard = asyncio.create_task(reader.read())
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not heard.done():
                await asyncio.wait({heard}, timeout=0.02)
                writer.write(b"x")
            with contextlib.suppress(ConnectionError):
                return await heard
            return b""
    finally:
        writer.transport.abort()


def resident_bytes() -> int:
    """Of this process, now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE_BYTES
