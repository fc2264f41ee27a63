"""PostgreSQL's own disk, which can be full: a file system in memory of a fixed size, mounted on its folder.

Mounting is for root alone. Where it cannot be done there is no such disk, and whoever wanted it full says so.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from sandbox.backends.process import run_command
from sandbox.backends.servers import BackendUnavailable

_DEADLINE = timedelta(seconds=10)
_BALLAST = "ballast"


class Disk:
    """Mounted at `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def fill(self) -> None:
        """To the last block: whoever writes hears ENOSPC from now on."""
        with (self.folder / _BALLAST).open("ab") as ballast, contextlib.suppress(OSError):
            while True:
                left = os.statvfs(self.folder)
                os.posix_fallocate(ballast.fileno(), os.fstat(ballast.fileno()).st_size, left.f_bavail * left.f_frsize)

    def relieve(self) -> None:
        (self.folder / _BALLAST).unlink()


@asynccontextmanager
async def disk_at(folder: Path, size_bytes: int) -> AsyncIterator[Disk | None]:
    """None where nobody may mount. What is on the disk is gone at the end."""
    mount = ["mount", "--mkdir", "-t", "tmpfs", "-o", f"size={size_bytes},mode=700", "tmpfs", str(folder)]
    try:
        await run_command("mount", mount, deadline=_DEADLINE)
    except BackendUnavailable:
        yield None
        return
    try:
        yield Disk(folder)
    finally:
        await run_command("umount", ["umount", "--lazy", str(folder)], deadline=_DEADLINE)
