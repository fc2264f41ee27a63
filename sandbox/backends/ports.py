"""Ports for servers of ours on 127.0.0.1.

Below the range from which Linux takes the near ends of outgoing connections, so that a port is still free after a
restart and between asking and listening.
"""

from __future__ import annotations

import asyncio
import random
import socket
from datetime import timedelta

LOOPBACK = "127.0.0.1"
_CONNECT_DEADLINE = timedelta(seconds=1)
_LOWEST, _HIGHEST = 15_000, 32_000


def free_port() -> int:
    """A port on which nobody listens at this moment. Raises OSError when none is found."""
    for port in random.SystemRandom().sample(range(_LOWEST, _HIGHEST), k=50):
        with socket.socket() as attempt:
            attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                attempt.bind((LOOPBACK, port))
            except OSError:
                continue
            return port
    raise OSError(f"no free port between {_LOWEST} and {_HIGHEST} on {LOOPBACK}")


async def answers(host: str, port: int) -> bool:
    """True when something accepts a connection there within a second."""
    try:
        async with asyncio.timeout(_CONNECT_DEADLINE.total_seconds()):
            _, writer = await asyncio.open_connection(host, port)
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True
