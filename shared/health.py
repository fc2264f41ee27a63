"""Liveness and readiness of one OS process, asked by /livez and /readyz.

Live means: the event loop turns and the watchdog is content. It never depends on Kafka or PostgreSQL, or an outage of
either would restart the whole fleet. Ready means: every named check says it can do its job now.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

Check = Callable[[], Awaitable[str | None]]
"""Answers None when ready, else the reason in a few words (no addresses)."""

CHECK_DEADLINE = timedelta(seconds=2)


class Health:
    """The checks of one OS process. Every part that can be unready registers one under its name."""

    def __init__(self) -> None:
        self._checks: dict[str, Check] = {}
        self.stopping = False

    def register(self, name: str, check: Check) -> None:
        self._checks[name] = check

    async def unready(self) -> dict[str, str]:
        """The reasons, by check; empty when ready."""
        if self.stopping:
            return {"process": "stopping"}
        names = list(self._checks)
        answers = await asyncio.gather(*(self._ask(self._checks[name]) for name in names))
        return {name: answer for name, answer in zip(names, answers, strict=True) if answer is not None}

    async def _ask(self, check: Check) -> str | None:
        try:
            return await asyncio.wait_for(check(), CHECK_DEADLINE.total_seconds())
        except TimeoutError:
            return "no answer in time"
        except Exception as error:  # a broken check is a reason, not a crash
            return type(error).__name__
