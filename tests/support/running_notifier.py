"""The fixtures of a notifier on an empty database of its own, with providers that run once for the module."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from sandbox.providers import Providers, providers
from shared.database import Database
from tests.support.notifier_world import Notifier, a_notifier, templates

PUBLIC_URL = "http://127.0.0.1:1"
"""Nobody listens there: a test that wants receipts posts them itself, or serves them on an address of its own."""
DEADLINES = ("SMTP_FINAL_DOT_DEADLINE", "TWILIO_DEADLINE", "WHATSAPP_DEADLINE")
PATIENCE_SECONDS = "5"
"""Short, for providers that hang; long enough that a busy machine does not look like one."""


@pytest.fixture(scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Providers]:
    async with providers(tmp_path_factory.mktemp("providers"), templates=templates()) as servers:
        yield servers


@pytest.fixture
async def notifier(
    running: Providers, notifier_database: Database, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Notifier]:
    for name, value in {**running.environment, "NOTIFIER_PUBLIC_URL": PUBLIC_URL}.items():
        monkeypatch.setenv(name, value)
    for name in DEADLINES:
        monkeypatch.setenv(name, PATIENCE_SECONDS)
    async with a_notifier(notifier_database, running) as opened:
        yield opened
    running.faults.clear()
