"""Logs as the services write them. Unconfigured, structlog draws tracebacks with all locals, which takes seconds."""

from __future__ import annotations

import sys

import pytest

from shared.observability.logs import configure_logs


class CurrentStderr:
    """Whatever stderr is at the moment of writing: pytest changes it from test to test."""

    def write(self, text: str) -> int:
        return sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()


@pytest.fixture(scope="session", autouse=True)
def plain_logs() -> None:
    configure_logs("tests", "INFO", CurrentStderr())
