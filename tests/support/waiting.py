"""Waiting for something to come about, without guessing how long it takes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeVar

T = TypeVar("T")
LOOK_AGAIN = timedelta(milliseconds=20)


async def until(look: Callable[[], Awaitable[T]], what: str, within: timedelta = timedelta(seconds=20)) -> T:
    """The first answer that is true. Raises AssertionError naming `what` did not come about in time."""
    deadline = time.monotonic() + within.total_seconds()
    while True:
        found = await look()
        if found:
            return found
        assert time.monotonic() < deadline, f"not within {within.total_seconds():g} s: {what}"
        await asyncio.sleep(LOOK_AGAIN.total_seconds())
