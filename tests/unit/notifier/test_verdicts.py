"""What became of a message can be read in the log afterwards, by its id and its trace, and tells nothing of anybody."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from services.notifier import verdicts
from shared.observability.logs import configure_logs
from tests.support.figures import figure

ROW = {
    "id": "5f0c9a52-7d0b-4a43-9d3e-2f6b1c8e4a11",
    "shop": "demo",
    "order_id": "A-1001",
    "address": "lucia@example.com",
    "step": "delivered",
    "channel": "email",
    "state": "accepted",
    "reason": "smtp_accepted",
    "provider": "smtp",
    "attempts": 2,
    "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
}


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    stream, root = io.StringIO(), logging.getLogger()
    before = (root.handlers[:], root.level)
    configure_logs("notifier", "INFO", stream)
    yield stream
    root.handlers[:], root.level = before
    structlog.reset_defaults()


def test_a_verdict_is_one_line_and_one_count(log: io.StringIO) -> None:
    before = figure("otn_messages_total", channel="email", step="delivered", state="accepted")
    verdicts.note([ROW])
    line = json.loads(log.getvalue())
    assert (line["event"], line["message_id"], line["state"]) == ("message_verdict", ROW["id"], "accepted")
    assert (line["trace_id"], line["attempt"]) == ("4bf92f3577b34da6a3ce929d0e0e4736", 2)
    assert not [word for word in ("lucia", "A-1001") if word in log.getvalue()]
    assert figure("otn_messages_total", channel="email", step="delivered", state="accepted") == before + 1
