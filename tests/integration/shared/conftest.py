"""A database with nothing but the tables of messaging."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from shared.database import Database, run
from shared.messaging.tables import MESSAGING
from tests.support.consuming import store
from tests.support.migrated import opened
from tests.support.plain_logs import plain_logs

__all__ = ["messaging", "plain_logs", "store"]


@pytest.fixture
async def messaging(database: str) -> AsyncIterator[Database]:
    async with opened(database) as opened_database:
        async with opened_database.transaction() as tx:
            for statement in MESSAGING:
                await run(tx, statement)
        yield opened_database
