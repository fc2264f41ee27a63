"""Waiting grows with each failure, is spread by chance, and is cut short when the process stops."""

from __future__ import annotations

import asyncio
import random
import time
from datetime import timedelta

from shared.messaging.backoff import FIRST, LONGEST, Backoff


class Recorded(Backoff):
    """Says how long it would wait instead of waiting."""

    def __init__(self, seed: int) -> None:
        super().__init__(asyncio.Event(), random.Random(seed))
        self.pauses: list[timedelta] = []

    async def pause(self, duration: timedelta) -> None:
        self.pauses.append(duration)


async def test_each_failure_doubles_the_wait_up_to_five_seconds() -> None:
    backoff = Recorded(seed=1)
    for _ in range(40):
        await backoff.wait()
    for nth, pause in enumerate(backoff.pauses):
        ceiling = min(FIRST * 2**nth, LONGEST)
        assert ceiling / 2 <= pause <= ceiling


async def test_two_consumers_do_not_knock_in_step() -> None:
    ours, theirs = Recorded(seed=1), Recorded(seed=2)
    for _ in range(5):
        await ours.wait()
        await theirs.wait()
    assert not set(ours.pauses) & set(theirs.pauses)


async def test_a_success_makes_the_next_wait_short_again() -> None:
    backoff = Recorded(seed=1)
    for _ in range(8):
        await backoff.wait()
    backoff.reset()
    await backoff.wait()
    assert backoff.pauses[-1] <= FIRST < backoff.pauses[-2]


async def test_a_process_that_stops_does_not_wait_to_the_end() -> None:
    stop = asyncio.Event()
    waiting = asyncio.create_task(Backoff(stop).pause(timedelta(minutes=10)))
    started = time.monotonic()
    stop.set()
    await waiting
    assert time.monotonic() - started < 5


async def test_a_pause_lasts_as_long_as_it_says() -> None:
    started = time.monotonic()
    await Backoff(asyncio.Event()).pause(timedelta(milliseconds=30))
    assert time.monotonic() - started >= 0.025
