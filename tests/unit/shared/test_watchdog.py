"""A process that has work and gets nowhere ends itself, so that whoever supervises it starts it afresh."""

from __future__ import annotations

import subprocess
import sys

from shared.messaging.watchdog import EXIT_STUCK

WATCHED = """
import threading
from datetime import timedelta
from shared.messaging.watchdog import Watchdog

dog = Watchdog("test", patience=timedelta(milliseconds=600))
dog.start()
{story}
"""


def run_watched(story: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", WATCHED.format(story=story)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_a_process_without_progress_ends_with_a_code_of_its_own() -> None:
    ended = run_watched("threading.Event().wait(30)")
    assert ended.returncode == EXIT_STUCK
    assert "watchdog_exit" in ended.stdout + ended.stderr


def test_an_event_loop_that_is_stuck_is_no_excuse() -> None:
    blocking = "import asyncio, time\nasync def main():\n    time.sleep(30)\nasyncio.run(main())"
    assert run_watched(blocking).returncode == EXIT_STUCK


def test_progress_keeps_the_process_alive() -> None:
    steady = "for _ in range(12):\n    dog.beat()\n    threading.Event().wait(0.2)"
    assert run_watched(steady).returncode == 0


def test_a_watchdog_that_was_stopped_ends_nobody() -> None:
    assert run_watched("dog.stop()\nthreading.Event().wait(2.5)").returncode == 0
