"""Append-only files of JSON lines, each on disk before `append` returns: the ground truth of the simulated world.

A line torn by a crash is no line: it is left out when reading and cut off before the next append.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO, Generic, TypeVar

from pydantic import BaseModel

POLL = timedelta(milliseconds=200)
"""How soon a follower sees a new line that another process wrote; one of its own process wakes it at once."""

E = TypeVar("E", bound=BaseModel)


class Journal(Generic[E]):
    """One file, one kind of entry, one writer. Entries that come while the disk is busy share its next sync."""

    def __init__(self, path: Path, entry: type[E]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._entry = entry
        self._file: BinaryIO = path.open("ab")
        _cut_torn_line(path)
        self._next = _Batch()
        self._writer: asyncio.Task[None] | None = None
        self._appended = asyncio.Event()

    async def append(self, entry: E) -> None:
        """On disk when it returns. Raises OSError when the disk refuses it."""
        batch = self._next
        batch.lines.append(entry.model_dump_json(exclude_none=True).encode() + b"\n")
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write())
        await batch.written.wait()
        if batch.failure is not None:
            raise batch.failure

    async def _write(self) -> None:
        while self._next.lines:
            batch, self._next = self._next, _Batch()
            try:
                await asyncio.to_thread(self._sync, b"".join(batch.lines))
            except OSError as error:
                batch.failure = error
            batch.written.set()
            self._appended.set()
            self._appended = asyncio.Event()

    def _sync(self, lines: bytes) -> None:
        self._file.write(lines)
        self._file.flush()
        os.fsync(self._file.fileno())

    @property
    def position(self) -> int:
        """Where the next entry will stand: `read(since=position)` gives what comes after now."""
        return _size(self.path)

    def read(self, *, since: int = 0) -> list[E]:
        return _read_from(self.path, self._entry, since)[0]

    async def tail(self, *, from_start: bool = True) -> AsyncIterator[E]:
        """Entries as they come, until the caller stops asking."""
        offset = 0 if from_start else self.position
        while True:
            appended = self._appended
            entries, offset = _read_from(self.path, self._entry, offset)
            for entry in entries:
                yield entry
            if not entries:
                await _wait(appended)

    async def close(self) -> None:
        """After the last entry is on disk."""
        if self._writer is not None:
            await self._writer
        self._file.close()


class _Batch:
    """Lines that reach the disk together."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []
        self.written = asyncio.Event()
        self.failure: OSError | None = None


def read_entries(path: Path, entry: type[E]) -> Iterator[E]:
    """All complete lines. Raises pydantic.ValidationError for a complete line that is no such entry."""
    yield from _read_from(path, entry, 0)[0]


async def follow(path: Path, entry: type[E], *, from_start: bool = True) -> AsyncIterator[E]:
    """Entries of a journal that another process writes, until the caller stops asking."""
    offset = 0 if from_start else _size(path)
    while True:
        entries, offset = _read_from(path, entry, offset)
        for found in entries:
            yield found
        if not entries:
            await asyncio.sleep(POLL.total_seconds())


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _read_from(path: Path, entry: type[E], offset: int) -> tuple[list[E], int]:
    try:
        with path.open("rb") as file:
            file.seek(offset)
            content = file.read()
    except FileNotFoundError:
        return [], 0
    complete = content[: content.rfind(b"\n") + 1]
    return [entry.model_validate_json(line) for line in complete.splitlines()], offset + len(complete)


async def _wait(appended: asyncio.Event) -> None:
    try:
        async with asyncio.timeout(POLL.total_seconds()):
            await appended.wait()
    except TimeoutError:
        return


def _cut_torn_line(path: Path) -> None:
    content = path.read_bytes()
    if content and not content.endswith(b"\n"):
        os.truncate(path, content.rfind(b"\n") + 1)
