"""Tracking with an empty database of its own for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from shared.database import Database
from tests.support.consuming import store
from tests.support.migrated import tracking_database, tracking_template
from tests.support.plain_logs import plain_logs
from tests.support.tracking_api import Api
from tests.support.tracking_world import FARO, OTHER, Tracking, announcer_for

__all__ = ["api", "plain_logs", "store", "tracking", "tracking_database", "tracking_template"]


@pytest.fixture
def tracking(tracking_database: Database) -> Tracking:
    return Tracking(tracking_database, announcer_for(FARO, OTHER))


@pytest.fixture
async def api(tracking: Tracking) -> AsyncIterator[Api]:
    world = Api(tracking)
    async with world.client:
        yield world
