"""Lines of JSON in a file, each handed to the kernel before `write` returns: a rig that dies leaves what it saw."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

Clock = Callable[[], datetime]


def now() -> datetime:
    return datetime.now(UTC)


class Lines:
    """One file of lines. `at` is added to each unless it is given."""

    def __init__(self, path: Path, clock: Clock = now) -> None:
        self.path, self._clock = path, clock
        self._file = path.open("a", encoding="utf-8", buffering=1)

    def write(self, **fields: Any) -> None:
        """What is None is left out."""
        line = {"at": self._clock().isoformat(), **fields}
        told = {name: value for name, value in line.items() if value is not None}
        self._file.write(json.dumps(told, ensure_ascii=False, default=str) + "\n")

    def close(self) -> None:
        self._file.close()
