"""What every test may ask for, and the lines that tell which servers a run used."""

from __future__ import annotations

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

__all__ = ["broker", "consumer_group", "database", "fresh_database", "new_topic", "postgres"]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Always: a result means little without the servers it was had on."""
    terminalreporter.section("servers used")
    for line in config.stash.get(BACKEND_LINES, ["none: no test asked for a database or a broker"]):
        terminalreporter.line(line)
