"""Servers that say exactly what a test wants, where the simulated providers are too well-behaved."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

HANG_UP = "hang up"

POLITE = {
    "greeting": "220 mail.example",
    "EHLO": "250-mail.example\r\n250 SIZE 1000000",
    "MAIL": "250 2.1.0 OK",
    "RCPT": "250 2.1.5 OK",
    "DATA": "354 go ahead",
    ".": "250 2.0.0 OK: queued as 4ZkT2m",
    "RSET": "250 2.0.0 OK",
    "QUIT": "221 2.0.0 bye",
    "AUTH": "235 2.7.0 OK",
}


@dataclass
class ScriptedSmtp:
    """Answers each verb with its line; `HANG_UP` closes the connection instead. `.` is the end of the message.

    `letters`: after so many on one connection it says 421 and goes away.
    """

    port: int
    answers: dict[str, str]
    tls: ssl.SSLContext | None = None
    letters: int | None = None
    lines: list[str] = field(default_factory=list)
    messages: list[bytes] = field(default_factory=list)
    encrypted: bool = False

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not await self._say("greeting", writer):
            return
        left = self.letters
        while line := (await reader.readline()).decode("latin-1").strip():
            self.lines.append(line)
            verb = line.split()[0].upper()
            if left == 0:
                writer.write(b"421 4.4.2 idle for too long\r\n")
                return
            if not await self._say(verb, writer) or verb == "QUIT":
                return
            if verb == "STARTTLS" and self.tls is not None:
                await writer.start_tls(self.tls)
                self.encrypted = True
            if verb == "DATA" and self.answers["DATA"].startswith("354"):
                self.messages.append(await reader.readuntil(b"\r\n.\r\n"))
                if not await self._say(".", writer):
                    return
                left = left - 1 if left is not None else None

    async def _say(self, verb: str, writer: asyncio.StreamWriter) -> bool:
        answer = self.answers.get(verb, "502 5.5.2 not implemented")
        if answer == HANG_UP:
            writer.transport.abort()
            return False
        writer.write(answer.encode() + b"\r\n")
        await writer.drain()
        return True


@asynccontextmanager
async def scripted_smtp(
    changes: Mapping[str, str] | None = None,
    tls: ssl.SSLContext | None = None,
    *,
    tls_from_the_start: bool = False,
    letters: int | None = None,
) -> AsyncIterator[ScriptedSmtp]:
    smtp = ScriptedSmtp(0, {**POLITE, **(changes or {})}, tls, letters, encrypted=tls_from_the_start)
    async with _serving(smtp.converse, tls if tls_from_the_start else None) as port:
        smtp.port = port
        yield smtp


@asynccontextmanager
async def raw_http(answer: bytes) -> AsyncIterator[str]:
    """A base URL that answers every request with these bytes, then closes the connection."""

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            (int(h.split(b":")[1]) for h in head.split(b"\r\n") if h.lower().startswith(b"content-length")), 0
        )
        await reader.readexactly(length)
        writer.write(answer)
        await writer.drain()

    async with _serving(converse) as port:
        yield f"http://127.0.0.1:{port}"


@asynccontextmanager
async def _serving(converse: Any, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    conversations: set[asyncio.Task[None]] = set()

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        conversations.add(task)
        try:
            await converse(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            return
        finally:
            writer.close()
            conversations.discard(task)

    server = await asyncio.start_server(one, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in tuple(conversations):
            task.cancel()
        await asyncio.gather(*conversations, return_exceptions=True)
