"""Schemathesis against tracking's real API on loopback: its command, as anybody would run it against theirs."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from fastapi import FastAPI

from sandbox.backends.ports import free_port
from shared.processes import Runtime, serve

DEADLINE = timedelta(hours=1)
WANTED = os.environ.get("HITO_FUZZ_EXAMPLES")
"""`make fuzz-api` sets it: so many examples of each operation, and every phase for every kind of caller."""
EXAMPLES = int(WANTED or "5")
EVERY_PHASE = "examples,coverage,fuzzing"
CHECKS = """
[checks]
positive_data_acceptance.enabled = false
use_after_free.enabled = false
ensure_resource_availability.enabled = false
object_level_authorization.enabled = false

[[operations]]
include-operation-id = "searchOrders"
checks.allow_header_conformance.enabled = false

[[operations]]
include-operation-id = "tellOrders"
checks.negative_data_rejection.enabled = false
"""
"""Every check, but for what no schema can say (which cursors we gave out) and what calls here do not do (make and
delete). An order may be called `search`, so GET is allowed at that address, too. Shops' programs write `"2"` for 2 and
0 for false, and are understood, though the schema is stricter.
"""


@contextlib.asynccontextmanager
async def served(app: FastAPI) -> AsyncIterator[str]:
    """The address at which the application answers."""
    runtime, port = Runtime("tracking", ("api",)), free_port()
    serving = asyncio.create_task(serve(app, runtime, "127.0.0.1", port))
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        runtime.stop.set()
        await asyncio.wait_for(serving, 20)


@dataclass(frozen=True)
class Report:
    """How a run ended: the exit code (0: nothing found), and what schemathesis printed."""

    code: int
    text: str


async def fuzz(address: str, folder: Path, settings: str, phases: str) -> Report:
    """`settings` is the text of a schemathesis.toml, `phases` those of a quick run."""
    file = folder / "schemathesis.toml"
    file.write_text(settings + CHECKS, "utf-8")
    command = [
        str(Path(sys.executable).with_name("schemathesis")), "--config-file", str(file), "run",
        f"{address}/openapi.json", "--max-examples", str(EXAMPLES), "--warnings", "off",
        "--phases", EVERY_PHASE if WANTED else phases,
    ]  # fmt: skip
    environment: Mapping[str, str] = {**os.environ, "NO_COLOR": "1", "PYTHONWARNINGS": "ignore"}
    running = await asyncio.create_subprocess_exec(
        *command, cwd=folder, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    try:
        printed, _ = await asyncio.wait_for(running.communicate(), DEADLINE.total_seconds())
    finally:
        if running.returncode is None:
            running.kill()
            await running.wait()
    return Report(running.returncode or 0, printed.decode(errors="replace"))
