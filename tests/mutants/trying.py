"""One try: a scenario in a tree of its own, spoilt or not, and what the oracle says of its run folder."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from tests.mutants.mutant import Mutant
from tests.mutants.tree import copy_tree
from tests.oracle import judge
from tests.oracle.run import Limits

PATIENT = Limits(service_back=timedelta(minutes=2), service_back_usually=timedelta(minutes=2))
"""How fast a process is back is not what is tried here."""
DEADLINE = timedelta(minutes=8)
TAIL = 400


@dataclass(frozen=True)
class Tried:
    """`rules`: what the oracle found. `broken`: why there is nothing to judge."""

    rules: frozenset[str]
    findings: int
    seconds: float
    broken: str = ""


async def try_out(mutant: Mutant | None, scenario: str, folder: Path) -> Tried:
    """Without a mutant, the product as it is. Raises DoesNotApply. What the run left is in `folder`."""
    shutil.rmtree(folder, ignore_errors=True)
    began, tree = time.monotonic(), folder / "tree"
    copy_tree(tree)
    if mutant is not None:
        mutant.spoil(tree)
    broken = await _play(tree, scenario, folder)
    seconds = round(time.monotonic() - began, 1)
    shutil.rmtree(tree)
    if broken:
        return Tried(frozenset(), 0, seconds, broken)
    judgement = judge(folder / "run", PATIENT)
    (folder / "findings.txt").write_text("".join(f"{finding}\n" for finding in judgement.findings))
    return Tried(frozenset(finding.rule for finding in judgement.findings), len(judgement.findings), seconds)


async def _play(tree: Path, scenario: str, folder: Path) -> str:
    """Answers the end of what it printed, if it came to no end."""
    environment = {**os.environ, "PYTHONPATH": str(tree)}
    log = folder / "scene.log"
    with log.open("wb") as printed:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.mutants.scene", scenario, str(folder)),
            cwd=tree,
            env=environment,
            stdout=printed,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            async with asyncio.timeout(DEADLINE.total_seconds()):
                await process.wait()
        except TimeoutError:
            return f"not over after {DEADLINE.total_seconds():.0f} s"
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
    return "" if process.returncode == 0 else log.read_text(errors="replace")[-TAIL:]
