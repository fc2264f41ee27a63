"""The baseline: httpx posts bodies that are ready, so many at a time, and reads each answer. Nothing else.

`python -m tests.bench.notifier.bare_loop <url> <content type> <authorization> <how many at a time> <file>`: the file
has a body a line, in base64.
"""

from __future__ import annotations

import asyncio
import base64
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import uvloop

DEADLINE_SECONDS = 30.0


async def post_all(url: str, headers: dict[str, str], at_a_time: int, bodies: Iterator[bytes]) -> None:
    """Raises httpx.HTTPStatusError for an answer that is no success."""

    async def post_on(client: httpx.AsyncClient) -> None:
        for body in bodies:
            answer = await client.post(url, content=body, headers=headers)
            answer.raise_for_status()
            answer.json()

    limits = httpx.Limits(max_connections=at_a_time, max_keepalive_connections=at_a_time)
    async with httpx.AsyncClient(timeout=DEADLINE_SECONDS, limits=limits, trust_env=False) as client:
        await asyncio.gather(*(post_on(client) for _ in range(at_a_time)))


def main() -> None:
    url, kind, authorization, at_a_time, file = sys.argv[1:]
    bodies = iter([base64.b64decode(line) for line in Path(file).read_bytes().splitlines()])
    headers = {"Content-Type": kind, "Authorization": authorization, "User-Agent": "bare-loop"}
    uvloop.run(post_all(url, headers, int(at_a_time), bodies))


if __name__ == "__main__":
    main()
