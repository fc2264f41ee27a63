"""The rig sets the wall clock of a process that runs, and of no other."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from sandbox.backends.process import basic_environment
from tests.rig.clocks import Clocks

TELLS_TIME = "import sys, time\nfor _ in sys.stdin: print(time.time(), time.monotonic(), flush=True)"
STEP = timedelta(seconds=90)
PATIENCE = timedelta(seconds=10)


@pytest.fixture
def clocks(tmp_path: Path) -> Clocks:
    found = Clocks(tmp_path)
    if not found.can_be_set:
        pytest.skip("libfaketime (Debian's package faketime) is not installed here")
    return found


@contextmanager
def process(clocks: Clocks, name: str) -> Iterator[subprocess.Popen[str]]:
    environment = {**basic_environment(), **clocks.environment(name)}
    command = [sys.executable, "-u", "-c", TELLS_TIME]
    with subprocess.Popen(command, stdin=-1, stdout=-1, text=True, env=environment) as running:
        yield running
        running.kill()


def told_by(running: subprocess.Popen[str]) -> tuple[timedelta, timedelta]:
    """How far the process's wall clock and its monotonic clock are ahead of ours."""
    assert running.stdin and running.stdout
    running.stdin.write("\n")
    running.stdin.flush()
    wall, monotonic = map(float, running.stdout.readline().split())
    return timedelta(seconds=wall - time.time()), timedelta(seconds=monotonic - time.monotonic())


def wall_clock_comes_to(wanted: timedelta, running: subprocess.Popen[str]) -> bool:
    until = time.monotonic() + PATIENCE.total_seconds()
    while time.monotonic() < until:
        if abs(told_by(running)[0] - wanted) < timedelta(seconds=5):
            return True
    return False


def test_one_clock_is_set_forward_and_back_while_the_others_and_all_monotonic_ones_stay_true(clocks: Clocks) -> None:
    with process(clocks, "one") as one, process(clocks, "other") as other:
        assert wall_clock_comes_to(timedelta(), one)
        clocks.set("one", STEP)
        assert wall_clock_comes_to(STEP, one)
        assert abs(told_by(one)[1]) < timedelta(seconds=5)
        assert wall_clock_comes_to(timedelta(), other)
        clocks.set("one", -STEP)
        assert wall_clock_comes_to(-STEP, one)
        clocks.set("one", timedelta())
        assert wall_clock_comes_to(timedelta(), one)
