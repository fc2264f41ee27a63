"""Whoever dribbles a request, byte by byte, holds a connection for no longer than an honest caller needs.

The server's own idle timeout ends with the first byte. This one is for the whole of a request, head and body, and
begins when the connection is made or its first byte is heard; who has not finished by then reads 408.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

ARRIVAL_DEADLINE = timedelta(seconds=20)
"""A phone's bad line brings a megabyte in that time; a provider in another continent brings its callback in one."""
_ANSWER = (
    b"HTTP/1.1 408 Request Timeout\r\ncontent-type: application/problem+json\r\nconnection: close\r\n"
    b"content-length: 90\r\n\r\n"
    b'{"type":"about:blank","title":"Request Timeout","status":408,"detail":"sent too slowly"}  '
)
_ARRIVING = (h11.IDLE, h11.SEND_BODY)


def within(deadline: timedelta = ARRIVAL_DEADLINE) -> type[H11Protocol]:
    """uvicorn's connection with a deadline for the arrival of each request."""

    class Impatient(H11Protocol):
        _timer: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            self._wait()

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            if self.conn.their_state not in _ARRIVING:
                self._rest()
            elif self._timer is None:
                self._wait()

        def connection_lost(self, exc: Exception | None) -> None:
            self._rest()
            super().connection_lost(exc)

        def _wait(self) -> None:
            self._timer = self.loop.call_later(deadline.total_seconds(), self._give_up)

        def _rest(self) -> None:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None

        def _give_up(self) -> None:
            self._timer = None
            if self.transport.is_closing() or self.conn.their_state not in _ARRIVING:
                return
            if self.cycle is None or self.cycle.response_complete or not self.cycle.response_started:
                self.transport.write(_ANSWER)
            self.transport.close()

    return Impatient
