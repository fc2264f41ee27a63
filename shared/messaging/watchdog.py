"""Ends the OS process when it has work and gets nowhere, so that whoever supervises it starts it afresh.

A thread, not a task: it also sees an event loop that is stuck. Waiting for a database or broker that is away counts as
getting on, as long as the waiting itself goes round.
"""

from __future__ import annotations

import os
import threading
import time
from datetime import timedelta

from shared.observability.logs import get_logger
from shared.observability.metrics import CONSUMER_PROGRESS_AGE, WATCHDOG_EXITS

PATIENCE = timedelta(seconds=30)
EXIT_STUCK = 75


class Watchdog:
    """`beat()` on every bit of progress; after PATIENCE without one the process ends with EXIT_STUCK."""

    def __init__(self, name: str, patience: timedelta = PATIENCE) -> None:
        self._name, self._patience = name, patience
        self._last = time.monotonic()
        self._ended = threading.Event()

    def beat(self) -> None:
        self._last = time.monotonic()

    @property
    def age_seconds(self) -> float:
        return time.monotonic() - self._last

    def start(self) -> None:
        self.beat()
        threading.Thread(target=self._watch, name=f"watchdog-{self._name}", daemon=True).start()

    def stop(self) -> None:
        self._ended.set()

    def _watch(self) -> None:
        while not self._ended.wait(1.0):
            age = self.age_seconds
            CONSUMER_PROGRESS_AGE.labels(self._name).set(age)
            if age > self._patience.total_seconds():
                WATCHDOG_EXITS.labels(self._name).inc()
                get_logger().critical("watchdog_exit", handler=self._name, seconds=round(age, 1))
                os._exit(EXIT_STUCK)
