"""What the attacks need: each service on a database of its own, and providers that write down what reached them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from shared.database import Database
from tests.support.attacks import MANY
from tests.support.migrated import notifier_database, notifier_template, tracking_database, tracking_template
from tests.support.plain_logs import plain_logs
from tests.support.running_notifier import notifier, running
from tests.support.tracking_pages import Tracking

__all__ = [
    "notifier",
    "notifier_database",
    "notifier_template",
    "plain_logs",
    "running",
    "tracking_database",
    "tracking_template",
]


def pytest_report_header() -> str:
    return f"attacks: {'in full number' if MANY else 'a few of each; `make attacks` tries many'}"


@pytest.fixture
async def tracking(tracking_database: Database) -> AsyncIterator[Tracking]:
    world = Tracking(tracking_database)
    async with world.page, world.console:
        yield world
