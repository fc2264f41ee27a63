"""Carriers that push: some connections kept alive, one signed push after the other on each, every answer checked.

`python -m tests.bench.carrier_gateway.pushers <port> <kind> <connections> <first number> <seconds>`, the carrier's
secret in SECRET; prints one JSON object. Requests are written before the clock starts, and answers are read off the
socket as they are: on a small machine the pushers must cost little beside what they measure.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from statistics import quantiles
from typing import cast

import uvloop

from sandbox.backends.ports import LOOPBACK
from tests.bench.carrier_gateway.pushes import PUSHES

WARM_UP_SECONDS = 0.7
MOST_A_SECOND = 8_000
SECRET = "SECRET"
_TAKEN = b"HTTP/1.1 202 "


class WrongAnswer(RuntimeError):
    """Something else than 202, or none."""


@dataclass
class Course:
    """One run: what is left to push, and how long each answer took."""

    requests: Iterator[bytes]
    begin: float
    end: float
    latencies: list[float] = field(default_factory=list)
    answered: int = 0


class Pushing(asyncio.Protocol):
    """One connection. `done` ends with the last answer."""

    def __init__(self, course: Course, done: asyncio.Future[None]) -> None:
        self._course, self._done = course, done
        self._transport: asyncio.Transport | None = None
        self._received, self._started = b"", 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._push()

    def _push(self) -> None:
        assert self._transport is not None
        self._started = time.perf_counter()
        if self._started >= self._course.end:
            self._transport.close()
            self._done.set_result(None)
        else:
            self._transport.write(next(self._course.requests))

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, found, body = self._received.partition(b"\r\n\r\n")
        if not found or not body.endswith(b"}"):
            return
        if not head.startswith(_TAKEN):
            self._done.set_exception(WrongAnswer(f"{head[:80]!r}: {body[:200]!r}"))
            return
        self._received = b""
        self._course.answered += 1
        if self._started >= self._course.begin:
            self._course.latencies.append(time.perf_counter() - self._started)
        self._push()

    def connection_lost(self, error: Exception | None) -> None:
        if not self._done.done():
            self._done.set_exception(WrongAnswer(f"the connection ended: {error}"))


async def push(port: int, kind: str, connections: int, first: int, seconds: float) -> dict[str, float]:
    """Pushes a second, latencies in milliseconds, and how many were answered, the warm-up included."""
    now, secret, most = datetime.now(UTC), os.environ[SECRET], int(MOST_A_SECOND * (seconds + WARM_UP_SECONDS))
    ready = [PUSHES[kind].request(number, secret, now) for number in range(first, first + most)]
    begin = time.perf_counter() + WARM_UP_SECONDS
    course = Course(iter(ready), begin, begin + seconds)
    loop = asyncio.get_running_loop()
    ends = [loop.create_future() for _ in range(connections)]
    for end in ends:
        await loop.create_connection(partial(Pushing, course, end), LOOPBACK, port)
    await asyncio.gather(*ends)
    cuts = quantiles((latency * 1000 for latency in course.latencies), n=100)
    rate = len(course.latencies) / seconds
    return {"rate": rate, "p50": cuts[49], "p99": cuts[98], "answered": course.answered}


if __name__ == "__main__":
    port, kind, connections, first, seconds = sys.argv[1:]
    print(json.dumps(uvloop.run(push(int(port), kind, int(connections), int(first), float(seconds)))))
