"""What the figures were measured on: without it they mean nothing to anybody else."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

LIBRARIES = ("aiokafka", "asyncpg", "SQLAlchemy", "pydantic", "fastapi", "uvicorn", "uvloop", "faststream")


def machine() -> str:
    """Cores, memory, system and Python, in one line."""
    gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    python = f"Python {platform.python_version()}"
    return f"{os.cpu_count()} cores ({_processor()}), {gib:.0f} GiB, {platform.system()} {platform.machine()}, {python}"


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    names: Sequence[str] = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    return next((line.partition(":")[2].strip() for line in names if line.startswith("model name")), "unnamed")


def libraries() -> str:
    return ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
