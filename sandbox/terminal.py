"""What the sandbox says in the terminal: one line that moves while it works, and what a person wants to copy."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TextIO

from sandbox.play import Progress
from sandbox.world import World


class Terminal:
    """On a real terminal the progress line is written over; elsewhere each state is a line of its own."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._begun = time.monotonic()
        self._open_line = False

    def line(self, text: str) -> None:
        if self._open_line:
            self._out.write("\n")
            self._open_line = False
        self._out.write(f"{text}\n")
        self._out.flush()

    def starting(self, what: str) -> None:
        self._moving(f"{self._seconds} starting: {what}")

    def progress(self, progress: Progress, messages: int) -> None:
        self._moving(
            f"{self._seconds} round {progress.round}/{progress.rounds}   "
            f"orders {progress.finished}/{progress.orders}   messages {messages}"
        )

    def done(self) -> None:
        self.line(f"{self._seconds} the story is told")

    @asynccontextmanager
    async def stopping(self) -> AsyncIterator[None]:
        """Around everything that runs: says when all of it is gone, however it ended."""
        try:
            yield
        finally:
            self.line(f"{self._seconds} stopped; nothing is left running")

    def addresses(self, world: World) -> None:
        """Where to look, and the keys of this run for who wants to ask by hand."""
        at, keys = world.addresses, world.system.keys
        order = f"{at.url('tracking')}/v1/shops/{world.system.shop}/orders"
        self.line(f"{self._seconds} everything is ready: {world.postgres.description}; {world.broker.description}")
        for name in at.moved:
            self.line(f"  the usual port of {name} is taken; it is at {at.url(name)}")
        self.line("")
        self.line(f"  the buyer's phone     {at.url('phone')}/")
        self.line(f"  operators' console    {at.url('console')}/")
        self.line(f"  API descriptions      {at.url('tracking')}/docs   {at.url('gateway')}/docs")
        self.line("")
        self.line("  where an order is, and why its buyer heard or did not:")
        self.line(f"    KEY={keys.shop_key}")
        self.line(f'    curl -s -H "Authorization: Bearer $KEY" "{order}?limit=5"')
        self.line(f'    curl -s -H "Authorization: Bearer $KEY" {order}/LF-10001')
        self.line(f'    curl -s -H "Authorization: Bearer $KEY" {order}/LF-10001/why')
        self.line(f"  operators' key for {at.url('tracking')}/v1/ops/unmapped: {keys.ops_key}")
        self.line("")

    @property
    def _seconds(self) -> str:
        return f"{time.monotonic() - self._begun:5.1f} s"

    def _moving(self, text: str) -> None:
        if not self._out.isatty():
            self.line(text)
            return
        self._out.write(f"\r\x1b[2K{text}")
        self._out.flush()
        self._open_line = True
