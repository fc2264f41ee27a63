"""The whole of Hito, as `make demo ONCE=1` runs it: a shop, carriers, providers and every buyer's phone."""

from __future__ import annotations

import asyncio
import re
import sys

import pytest

from sandbox.environment import ROOT
from sandbox.story import KINDS


@pytest.mark.timeout(180)
async def test_every_buyer_hears_what_they_must_hear_once_and_with_all_the_facts() -> None:
    running = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "sandbox", "--once", "--orders", str(len(KINDS)), "--seed", "11"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        cwd=ROOT,
    )
    said = (await running.communicate())[0].decode()
    assert running.returncode == 0, said
    assert "All is well" in said
    found = re.search(r"(\d+) messages expected; the five facts looked for in (\d+) messages", said)
    assert found, said
    assert int(found[1]) > 300
    assert int(found[2]) > 200
