"""Callers of a status endpoint: some connections kept alive, random orders, one request after the other on each.

`python -m tests.bench.tracking.callers <port> <orders> <seconds>` prints one JSON object. Bytes are read off the socket
as they are: on a small machine the callers must cost little beside what they measure. Every answer is checked.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
import time
from statistics import quantiles

import uvloop

from sandbox.backends.ports import LOOPBACK
from tests.bench.tracking.workload import SHOP, order_id_of

CONNECTIONS = 8
WARM_UP_SECONDS = 1.0
AUTHORIZATION = "AUTHORIZATION"
_LENGTH = b"content-length: "


class WrongAnswer(RuntimeError):
    """The endpoint answered something else than the order that was asked for."""


async def call(port: int, orders: int, seconds: float) -> dict[str, float]:
    """Requests a second and the latencies in milliseconds."""
    begin = time.perf_counter() + WARM_UP_SECONDS
    end = begin + seconds
    chance = random.Random(orders)
    latencies = await asyncio.gather(*(_one_connection(port, orders, begin, end, chance) for _ in range(CONNECTIONS)))
    flat = [latency * 1000 for each in latencies for latency in each]
    cuts = quantiles(flat, n=100)
    return {"rate": len(flat) / seconds, "p50": cuts[49], "p99": cuts[98], "requests": len(flat)}


async def _one_connection(port: int, orders: int, begin: float, end: float, chance: random.Random) -> list[float]:
    reader, writer = await asyncio.open_connection(LOOPBACK, port)
    latencies = []
    while (started := time.perf_counter()) < end:
        order = order_id_of(chance.randint(1, orders))
        writer.write(_request(order))
        await _answer(reader, order)
        if started >= begin:
            latencies.append(time.perf_counter() - started)
    writer.close()
    return latencies


def _request(order: str) -> bytes:
    lines = (
        f"GET /v1/shops/{SHOP}/orders/{order} HTTP/1.1",
        f"Host: {LOOPBACK}",
        f"Authorization: {os.environ[AUTHORIZATION]}",
    )
    return "\r\n".join((*lines, "", "")).encode()


async def _answer(reader: asyncio.StreamReader, order: str) -> None:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = head.partition(_LENGTH)[2].partition(b"\r\n")[0]
    body = await reader.readexactly(int(length or 0))
    if not head.startswith(b"http/1.1 200 ") or order.encode() not in body:
        raise WrongAnswer(f"{head.splitlines()[0].decode()}: {body[:200]!r}")


if __name__ == "__main__":
    print(json.dumps(uvloop.run(call(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))))
