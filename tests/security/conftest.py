"""What the attacks need: each service on a database of its own, and providers that write down what reached them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from sandbox.providers import Providers, providers
from shared.database import Database
from tests.support.attacks import MANY
from tests.support.migrated import notifier_database, notifier_template, tracking_database, tracking_template
from tests.support.notifier_world import Notifier, a_notifier, templates
from tests.support.plain_logs import plain_logs
from tests.support.tracking_pages import Tracking

__all__ = ["notifier_database", "notifier_template", "plain_logs", "tracking_database", "tracking_template"]


def pytest_report_header() -> str:
    return f"attacks: {'in full number' if MANY else 'a few of each; `make attacks` tries many'}"


@pytest.fixture(scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Providers]:
    async with providers(tmp_path_factory.mktemp("providers"), templates=templates()) as servers:
        yield servers


@pytest.fixture
async def notifier(
    running: Providers, notifier_database: Database, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Notifier]:
    for name, value in {**running.environment, "NOTIFIER_PUBLIC_URL": "http://127.0.0.1:1"}.items():
        monkeypatch.setenv(name, value)
    async with a_notifier(notifier_database, running) as opened:
        yield opened
    running.faults.clear()


@pytest.fixture
async def tracking(tracking_database: Database) -> AsyncIterator[Tracking]:
    world = Tracking(tracking_database)
    async with world.page, world.console:
        yield world
