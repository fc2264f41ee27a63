"""Places for faults: off unless asked for, refused when misspelt, and true to what was asked."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
from datetime import timedelta

import pytest

from shared.failpoints import POINTS, FailpointReached, Failpoints, arm, failpoint, read_wishes
from shared.settings import EXIT_BROKEN_CONFIGURATION, BrokenConfiguration
from tests.support.source_files import ROOT

HERE = POINTS[0]


def failpoints(text: str, seed: int = 1) -> Failpoints:
    return Failpoints(read_wishes(text), random.Random(seed))


async def run_past_five_places(wish: str) -> tuple[int | None, str, str]:
    """The exit code, what the process said, and its log."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.support.small_service", "pass"),
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "FAILPOINTS": wish},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said, log = await asyncio.wait_for(process.communicate(), 30)
    return process.returncode, said.decode(), log.decode()


async def test_a_process_without_the_variable_passes_every_place() -> None:
    code, said, log = await run_past_five_places("")

    assert (code, said.count("passing")) == (0, 5)
    assert "failpoint" not in log


async def test_a_process_dies_at_the_nth_time_and_its_log_says_where() -> None:
    code, said, log = await run_past_five_places("consume.after_commit=kill@3")

    assert (code, said.count("passing")) == (-signal.SIGKILL, 3)
    assert '"where": "consume.after_commit"' in log


async def test_a_process_does_not_start_when_a_place_does_not_exist() -> None:
    code, said, log = await run_past_five_places("consume.after_comit=kill")

    assert (code, said) == (EXIT_BROKEN_CONFIGURATION, "")
    assert "there is no place called 'consume.after_comit'" in log


async def test_a_connection_is_cut_where_there_is_one() -> None:
    code, said, _ = await run_past_five_places("consume.after_commit=drop@2")

    assert (code, said.count("dropped")) == (0, 1)


def test_an_environment_without_wishes_leaves_every_place_free_to_pass() -> None:
    arm({})
    for name in POINTS:
        failpoint(name)


@pytest.mark.parametrize(
    "wish", ["", "explode", "kill:2", "kill:0.1:0.2", "sleep", "sleep:x", "kill@0", "sleep:1.2.3", "raise:1:1"]
)
def test_what_is_not_understood_is_refused_by_name(wish: str) -> None:
    with pytest.raises(BrokenConfiguration, match=f"FAILPOINTS: {HERE}"):
        read_wishes(f"{HERE}={wish}")


def test_what_comes_too_early_happens_at_the_next_time_and_once() -> None:
    now = [0.0]
    places = Failpoints(read_wishes(f"{HERE}=raise@2"), random.Random(1), timedelta(seconds=5), clock=lambda: now[0])
    for _ in range(4):
        places.reached(HERE, None)
    now[0] = 5.0
    with pytest.raises(FailpointReached):
        places.reached(HERE, None)
    places.reached(HERE, None)


def test_a_time_that_is_no_number_of_seconds_is_refused() -> None:
    with pytest.raises(BrokenConfiguration, match="FAILPOINTS_AFTER: 'soon'"):
        arm({"FAILPOINTS": f"{HERE}=raise@2", "FAILPOINTS_AFTER": "soon"})


def test_a_chance_is_kept_over_many_times_and_is_the_same_for_the_same_seed() -> None:
    def failures(seed: int) -> list[int]:
        found, places = [], failpoints(f"{HERE}=raise:0.1", seed)
        for nth in range(2000):
            try:
                places.reached(HERE, None)
            except FailpointReached:
                found.append(nth)
        return found

    assert 150 < len(failures(7)) < 250
    assert failures(7) == failures(7) != failures(8)


def test_a_place_that_nobody_wished_anything_for_is_passed() -> None:
    failpoints(f"{HERE}=raise").reached(POINTS[1], None)


def test_where_there_is_no_connection_to_drop_the_place_fails_instead() -> None:
    with pytest.raises(FailpointReached, match=f"{HERE} drop"):
        failpoints(f"{HERE}=drop").reached(HERE, None)


def test_a_sleep_has_its_seconds_and_then_its_chance() -> None:
    (wish,) = read_wishes(f"{HERE}=sleep:1.5:0.25").values()

    assert (wish.pause, wish.chance) == (timedelta(seconds=1.5), 0.25)
