"""What dies is started again and noted, with what it died of; what is stopped on purpose stays stopped."""

from __future__ import annotations

import json
import os
import random
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sandbox.backends.ports import LOOPBACK, free_port
from sandbox.os_process import KeepsDying
from tests.rig.journal import Lines
from tests.rig.supervisor import Supervised, Supervisor
from tests.support.source_files import ROOT
from tests.support.waiting import until

NAME = "worker"


@dataclass
class Watched:
    """A supervisor with one worker; `next` are the variables of its next starts, `fired` what it died of."""

    supervisor: Supervisor
    ops: Path
    next: list[Mapping[str, str]]
    fired: list[tuple[str, str]] = field(default_factory=list)

    @property
    def process(self) -> Supervised:
        return self.supervisor.processes[NAME]

    def said(self) -> list[tuple[str, str | None]]:
        """What was done and why, in order."""
        lines: list[dict[str, Any]] = [json.loads(line) for line in self.ops.read_text().splitlines()]
        return [(line["what"], line.get("detail")) for line in lines]

    async def until_said(self, *words: str) -> None:
        async def all_said() -> bool:
            return [what for what, _ in self.said()][-len(words) :] == list(words)

        await until(all_said, f"ops end with {words}", timedelta(seconds=60))


@pytest.fixture
async def watched(tmp_path: Path) -> AsyncIterator[Callable[..., Watched]]:
    made: list[Watched] = []

    def make(*starts: Mapping[str, str], work: str = "work") -> Watched:
        port = free_port()
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "OPS_HOST": LOOPBACK, "OPS_PORT": str(port)}
        command = [sys.executable, "-m", "tests.support.small_service", work]
        process = Supervised(NAME, command, environment, tmp_path, f"http://{LOOPBACK}:{port}")
        ops, upcoming = Lines(tmp_path / "ops.jsonl"), list(starts)
        fired: list[tuple[str, str]] = []
        supervisor = Supervisor(
            [process],
            ops,
            random.Random(1),
            arm=lambda _: upcoming.pop(0) if upcoming else {},
            fired=lambda name, place: fired.append((name, place)),
        )
        made.append(Watched(supervisor, ops.path, upcoming, fired))
        return made[-1]

    yield make
    for each in made:
        await each.supervisor.stop()


async def test_a_killed_process_is_started_again_and_back_once_it_is_ready(watched: Callable[..., Watched]) -> None:
    system = watched()
    system.supervisor.start_all()
    await system.supervisor.all_ready()

    assert system.supervisor.kill(NAME, "kill -9")
    await system.until_said("kill", "restart", "back")

    assert system.said() == [("kill", "kill -9"), ("restart", None), ("back", None)]


async def test_a_death_at_a_failpoint_is_told_by_its_place(watched: Callable[..., Watched]) -> None:
    system = watched({"FAILPOINTS": "consume.after_commit=kill@2"}, work="pass")
    system.supervisor.start_all()
    await system.until_said("kill", "restart")

    assert system.said()[0] == ("kill", "consume.after_commit")
    assert system.fired == [(NAME, "consume.after_commit")]


async def test_a_process_that_is_paused_comes_back_and_is_not_hit_twice(watched: Callable[..., Watched]) -> None:
    system = watched()
    system.supervisor.start_all()
    await system.supervisor.all_ready()

    assert system.supervisor.pause(NAME, timedelta(milliseconds=200))
    assert not system.supervisor.pause(NAME, timedelta(milliseconds=200))
    assert not system.supervisor.kill(NAME, "kill -9")
    await system.until_said("pause", "resume", "back")


async def test_after_a_server_is_back_only_those_are_waited_for_that_were_at_work(
    watched: Callable[..., Watched],
) -> None:
    system = watched()
    system.supervisor.start_all()
    await system.supervisor.survivors_ready()
    assert not await system.supervisor.is_ready(NAME)

    await system.supervisor.all_ready()
    await system.supervisor.survivors_ready()
    assert await system.supervisor.is_ready(NAME)


async def test_a_restart_in_good_order_is_no_death(watched: Callable[..., Watched]) -> None:
    system = watched()
    system.supervisor.start_all()
    await system.supervisor.all_ready()
    await system.supervisor.restart(NAME)

    assert await system.supervisor.is_ready(NAME)
    assert system.said() == [("restart", "SIGTERM")]
    assert "drained" in system.process.log.read_text()


async def test_who_leaves_stays_away(watched: Callable[..., Watched]) -> None:
    system = watched()
    system.supervisor.start_all()
    await system.supervisor.all_ready()
    await system.supervisor.leave(NAME)

    assert system.process.pid is None
    assert system.said() == []


async def test_what_ends_by_itself_again_and_again_is_given_up_with_its_log(watched: Callable[..., Watched]) -> None:
    system = watched(work="lacking")
    system.supervisor.start_all()

    with pytest.raises(KeepsDying, match="SMALL_SERVICE_LACKS"):
        await system.supervisor.all_ready()
