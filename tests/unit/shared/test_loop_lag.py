"""A process that does one thing for too long at a time is seen to."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta

from shared.observability.loop_lag import measure_loop_lag
from tests.support.figures import figure
from tests.support.waiting import until


async def test_the_event_loop_is_late_by_what_one_task_takes() -> None:
    measuring = asyncio.create_task(measure_loop_lag(timedelta(milliseconds=1)))
    await asyncio.sleep(0)
    busy_until = time.monotonic() + 0.3
    while time.monotonic() < busy_until:
        pass

    async def seen() -> bool:
        return figure("otn_event_loop_lag_seconds") >= 0.25

    await until(seen, "the lag is measured")
    measuring.cancel()
