"""A database comes from nothing to the newest schema, once, alone, and without waiting for ever."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy.exc import DBAPIError

from shared.database import Database, run
from shared.migrate import current_revision, migrate, newest_revision
from tests.support.migrated import MIGRATIONS, ask, opened

SERVICES = sorted(MIGRATIONS)

SHAPE = """
SELECT 'column' AS kind, table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable
       || coalesce(' ' || column_default, '') AS what
  FROM information_schema.columns WHERE table_schema = 'public'
UNION ALL SELECT 'index', indexdef FROM pg_indexes WHERE schemaname = 'public'
UNION ALL SELECT 'constraint', conrelid::regclass || ' ' || pg_get_constraintdef(oid) FROM pg_constraint
  WHERE connamespace = 'public'::regnamespace
ORDER BY 1, 2
"""


async def shape_of(database: Database) -> list[tuple[str, str]]:
    return [(str(row["kind"]), str(row["what"])) for row in await ask(database, SHAPE)]


async def revision_of(database: Database) -> str | None:
    async with database.transaction() as tx:
        return await current_revision(tx)


@pytest.mark.parametrize("service", SERVICES)
async def test_an_empty_database_comes_to_the_newest_revision_and_a_second_run_changes_nothing(
    service: str, database: str
) -> None:
    async with opened(database) as empty:
        assert await revision_of(empty) is None
        assert await migrate(empty, MIGRATIONS[service]) == newest_revision(MIGRATIONS[service])
        shape = await shape_of(empty)
        assert len(shape) > 50
        assert await migrate(empty, MIGRATIONS[service]) == newest_revision(MIGRATIONS[service])
        assert await shape_of(empty) == shape
        assert await revision_of(empty) == newest_revision(MIGRATIONS[service])


@pytest.mark.parametrize("service", SERVICES)
async def test_several_processes_may_migrate_at_once(service: str, database: str) -> None:
    async with opened(database) as empty:
        revisions = await asyncio.gather(*(migrate(empty, MIGRATIONS[service]) for _ in range(4)))
    assert set(revisions) == {newest_revision(MIGRATIONS[service])}


async def test_a_migration_that_fails_midway_leaves_the_database_as_it_was(database: str) -> None:
    async with opened(database) as occupied:
        async with occupied.transaction() as tx:
            await run(tx, "CREATE TABLE unmapped_codes (somebody_elses int)")
        before = await shape_of(occupied)
        with pytest.raises(DBAPIError):
            await migrate(occupied, MIGRATIONS["tracking"])
        assert await shape_of(occupied) == before
        assert await revision_of(occupied) is None
