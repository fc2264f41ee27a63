"""A wall clock for each process of the product, which the rig sets while the process runs. Monotonic clocks stay true.

By libfaketime (Debian's package `faketime`). Where it is not installed no clock can be set, and whoever wanted that
says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

_LIBRARIES = Path("/usr/lib")
_LIBRARY = "*/faketime/libfaketimeMT.so.1"


class Clocks:
    """The offset of each process stands in a file of its own in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._library = next(_LIBRARIES.glob(_LIBRARY), None)

    @property
    def can_be_set(self) -> bool:
        return self._library is not None

    def environment(self, process: str) -> Mapping[str, str]:
        """What the process has to be started with so that its clock can be set; nothing where none can."""
        if self._library is None:
            return {}
        self.set(process, timedelta())
        return {
            "LD_PRELOAD": str(self._library),
            "FAKETIME_TIMESTAMP_FILE": str(self._file(process)),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    def set(self, process: str, ahead: timedelta) -> None:
        """So much ahead of the true time from now on, within a second; behind it when that is negative."""
        self._folder.mkdir(parents=True, exist_ok=True)
        draft = self._file(process).with_suffix(".draft")
        draft.write_text(f"{ahead.total_seconds():+.0f}s\n")
        draft.replace(self._file(process))

    def _file(self, process: str) -> Path:
        return self._folder.resolve() / f"{process}.offset"
