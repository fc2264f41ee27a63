"""The page and the console on a database of their own."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from shared.database import Database
from tests.support.migrated import tracking_database, tracking_template
from tests.support.tracking_pages import Tracking

__all__ = ["tracking_database", "tracking_template"]


@pytest.fixture
async def tracking(tracking_database: Database) -> AsyncIterator[Tracking]:
    world = Tracking(tracking_database)
    async with world.page, world.console:
        yield world
