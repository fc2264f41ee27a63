"""What every test may ask for, and the lines that tell which servers a run used."""

from __future__ import annotations

from typing import Any

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


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker of a parallel run hands its lines to the process that prints the summary."""
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["servers_used"] = session.config.stash.get(BACKEND_LINES, [])


def pytest_testnodedown(node: Any) -> None:
    """Called where the summary is printed, once for each worker that has ended."""
    known = node.config.stash.setdefault(BACKEND_LINES, [])
    known.extend(line for line in getattr(node, "workeroutput", {}).get("servers_used", []) if line not in known)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Always: a result means little without the servers it was had on."""
    terminalreporter.section("servers used")
    for line in config.stash.get(BACKEND_LINES, []) or ["none: no test asked for a database or a broker"]:
        terminalreporter.line(line)
