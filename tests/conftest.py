"""What every test may ask for, and the lines that tell which servers a run used."""

from __future__ import annotations

import hypothesis
import pytest

from tests.support.backends import (
    BACKEND_LINES,
    broker,
    consumer_group,
    database,
    fresh_database,
    new_topic,
    postgres,
)

hypothesis.settings.register_profile("hito", deadline=None)  # a noisy machine is no failure
hypothesis.settings.load_profile("hito")

__all__ = ["broker", "consumer_group", "database", "fresh_database", "new_topic", "postgres"]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Always: a result means little without the servers it was had on."""
    terminalreporter.section("servers used")
    for line in config.stash.get(BACKEND_LINES, ["none: no test asked for a database or a broker"]):
        terminalreporter.line(line)
