"""A DHL tracking API on loopback: knows some parcels, answers 404 for the rest, and remembers what it was asked."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit


@dataclass
class SimulatedDhl:
    url: str = ""
    events: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    """By tracking number, newest first, as DHL writes them."""
    asked: list[str] = field(default_factory=list)

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        number = parse_qs(urlsplit(request.split()[1]).query)["trackingNumber"][0]
        self.asked.append(number)
        writer.write(self._answer(number))
        await writer.drain()
        writer.close()

    def _answer(self, number: str) -> bytes:
        known = self.events.get(number)
        shipments = {"shipments": [{"id": number, "events": known}]}
        body = json.dumps({"status": 404, "title": "No result"} if known is None else shipments).encode()
        status = "404 Not Found" if known is None else "200 OK"
        head = f"HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n"
        return f"{head}connection: close\r\n\r\n".encode() + body


@asynccontextmanager
async def simulated_dhl() -> AsyncIterator[SimulatedDhl]:
    dhl = SimulatedDhl()
    server = await asyncio.start_server(dhl.converse, "127.0.0.1", 0)
    dhl.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield dhl
    finally:
        server.close()
        await server.wait_closed()
