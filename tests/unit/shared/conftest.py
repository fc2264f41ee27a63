"""What several of these tests need: the log as lines that can be read back."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable, Iterator

import pytest
import structlog

from shared.observability.logs import configure_logs


@pytest.fixture
def logged() -> Iterator[Callable[[], str]]:
    """Logs as a service does, and answers all that was written so far."""
    stream, root = io.StringIO(), logging.getLogger()
    before = (root.handlers[:], root.level)
    configure_logs("example", "DEBUG", stream)
    yield stream.getvalue
    root.handlers[:], root.level = before
    structlog.reset_defaults()
