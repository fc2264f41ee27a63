"""How late the event loop is: everything that answers in this process is late by as much.

The gauge shows the worst of the last few seconds, so that a scrape that comes after a hiccup still sees it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from datetime import timedelta

from shared.observability.metrics import LOOP_LAG

EVERY = timedelta(seconds=1)
REMEMBERED = 30


async def measure_loop_lag(every: timedelta = EVERY) -> None:
    """Until it is cancelled."""
    loop, seen = asyncio.get_running_loop(), deque[float](maxlen=REMEMBERED)
    while True:
        due = loop.time() + every.total_seconds()
        await asyncio.sleep(every.total_seconds())
        seen.append(max(0.0, loop.time() - due))
        LOOP_LAG.set(max(seen))
