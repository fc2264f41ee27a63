"""A migration beside the traffic: it waits briefly and gives way, and what it cannot do now it leaves as it was."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from shared.database import Database, fetch, run
from shared.messaging.failures import is_infrastructure
from shared.migrate import Patience, current_revision, migrate
from shared.processes import JobFailed
from shared.settings import BrokenConfiguration
from tests.support.migrated import ask, count, opened
from tests.support.waiting import until

MILLISECOND = timedelta(milliseconds=1)
BRIEF = Patience(lock=100 * MILLISECOND, tries=3, pause=MILLISECOND, others=300 * MILLISECOND)
STUBBORN = Patience(lock=50 * MILLISECOND, tries=1_000, pause=MILLISECOND)
FIRST = [
    "CREATE TABLE parcels (reference text, size int)",
    "INSERT INTO parcels SELECT 'P' || n, n % 7 FROM generate_series(1, 500) n",
]
SECOND = ["CREATE TABLE shelves (nth int)", "ALTER TABLE parcels ADD COLUMN shelf int"]


class Revisions:
    """A service's migrations, written by the test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._newest: str | None = None
        (folder / "versions").mkdir(parents=True)

    def add(self, *statements: str, indexes: dict[str, str] | None = None) -> None:
        before, self._newest = self._newest, f"{int(self._newest or 0) + 1:04}"
        (self.folder / "versions" / f"{self._newest}_made_up.py").write_text(
            f"from alembic import op\nrevision, down_revision = {self._newest!r}, {before!r}\n"
            f"CONCURRENT_INDEXES = {indexes or {}!r}\n"
            f"def upgrade():\n    for statement in {list(statements)!r}:\n        op.execute(statement)\n"
        )


@pytest.fixture
def revisions(tmp_path: Path) -> Revisions:
    made = Revisions(tmp_path / "migrations")
    made.add(*FIRST)
    return made


@pytest.fixture
async def parcels(database: str, revisions: Revisions) -> AsyncIterator[Database]:
    """At the first of the made-up revisions."""
    async with opened(database, "test-shop") as migrated:
        await migrate(migrated, revisions.folder)
        yield migrated


async def test_a_migration_that_cannot_have_a_lock_changes_nothing_and_says_who_is_in_the_way(
    parcels: Database, revisions: Revisions
) -> None:
    revisions.add(*SECOND)
    async with parcels.transaction() as busy:
        await fetch(busy, "SELECT count(*) FROM parcels")
        with pytest.raises(
            JobFailed, match=r"revision 0002: a table it changes is in use; nothing .* was changed"
        ) as told:
            await migrate(parcels, revisions.folder, patience=BRIEF)
    assert re.search(r"\(test-shop\) for [0-9]+ s", str(told.value))
    assert "pg_terminate_backend" in str(told.value)
    assert is_infrastructure(told.value)
    assert await at(parcels) == "0001"
    assert not await exists(parcels, "shelves")
    assert await migrate(parcels, revisions.folder) == "0002"


async def test_a_migration_tries_again_until_the_lock_is_free(parcels: Database, revisions: Revisions) -> None:
    revisions.add(*SECOND)
    async with parcels.transaction() as busy:
        await fetch(busy, "SELECT count(*) FROM parcels")
        migrating = asyncio.create_task(migrate(parcels, revisions.folder, patience=STUBBORN))
        await until(lambda: waits_for_a_lock(parcels), "the migration wants the table")
    assert await migrating == "0002"


async def test_while_a_migration_waits_for_a_table_others_still_come_to_use_it(
    parcels: Database, revisions: Revisions
) -> None:
    revisions.add(*SECOND)
    async with parcels.transaction() as busy:
        await fetch(busy, "SELECT count(*) FROM parcels")
        migrating = asyncio.create_task(migrate(parcels, revisions.folder, patience=STUBBORN))
        await until(lambda: waits_for_a_lock(parcels), "the migration wants the table")
        for _ in range(5):
            assert await count(parcels, "parcels") == 500
    await migrating


async def test_revisions_before_the_one_that_fails_stay(parcels: Database, revisions: Revisions) -> None:
    revisions.add("CREATE TABLE shelves (nth int)")
    revisions.add("ALTER TABLE parcels ADD COLUMN shelf int")
    async with parcels.transaction() as busy:
        await fetch(busy, "SELECT count(*) FROM parcels")
        with pytest.raises(JobFailed, match="revision 0003"):
            await migrate(parcels, revisions.folder, patience=BRIEF)
    assert await at(parcels) == "0002"
    assert await exists(parcels, "shelves")


async def test_a_statement_that_takes_too_long_is_ended_and_changes_nothing(
    parcels: Database, revisions: Revisions
) -> None:
    revisions.add("CREATE TABLE shelves (nth int)", "SELECT pg_sleep(60)")
    with pytest.raises(JobFailed, match=r"revision 0002 was stopped after 0:00:00.100000; nothing of it was changed"):
        await migrate(parcels, revisions.folder, patience=Patience(statement=100 * MILLISECOND))
    assert not await exists(parcels, "shelves")


async def test_an_index_on_a_table_in_use_is_built_beside_the_traffic(parcels: Database, revisions: Revisions) -> None:
    revisions.add(indexes={"parcels_size": "ON parcels (size) WHERE size > 3"})
    async with parcels.transaction() as writer:
        await run(writer, "INSERT INTO parcels VALUES ('P501', 4)")
        migrating = asyncio.create_task(migrate(parcels, revisions.folder, patience=BRIEF))
        await until(lambda: waits_for_a_lock(parcels), "the index waits for the writer")
        await ask(parcels, "INSERT INTO parcels VALUES ('P502', 5) RETURNING size")
    assert await migrating == "0002"
    assert await valid_indexes(parcels) == ["parcels_size"]


async def test_several_may_migrate_at_once_also_while_an_index_is_built(
    parcels: Database, revisions: Revisions
) -> None:
    revisions.add(indexes={"parcels_size": "ON parcels (size)"})
    revisions.add(*SECOND)
    patient = Patience(others=timedelta(seconds=30))
    made = await asyncio.gather(*(migrate(parcels, revisions.folder, patience=patient) for _ in range(4)))
    assert made == ["0003"] * 4


async def test_an_index_that_could_not_be_built_leaves_the_revision_open_and_is_built_anew_the_next_time(
    parcels: Database, revisions: Revisions
) -> None:
    revisions.add("CREATE TABLE shelves (nth int)", indexes={"parcels_size": "ON parcels (size)"})
    async with parcels.transaction() as writer:
        await run(writer, "INSERT INTO parcels VALUES ('P501', 4)")
        with pytest.raises(JobFailed, match=r"index parcels_size could not be built .* \(test-shop\)"):
            await migrate(parcels, revisions.folder, patience=Patience(index=200 * MILLISECOND))
    assert await at(parcels) == "0001"
    assert not await exists(parcels, "shelves")
    assert await exists(parcels, "parcels_size")
    assert await valid_indexes(parcels) == []
    assert await migrate(parcels, revisions.folder) == "0002"
    assert await valid_indexes(parcels) == ["parcels_size"]


async def test_who_waits_too_long_for_another_migration_says_so(parcels: Database, revisions: Revisions) -> None:
    revisions.add("CREATE TABLE shelves (nth int)", "SELECT pg_sleep(2)")
    first = asyncio.create_task(migrate(parcels, revisions.folder))
    await until(lambda: sleeps(parcels), "the first is at work")
    with pytest.raises(JobFailed, match="another migration"):
        await migrate(parcels, revisions.folder, patience=BRIEF)
    assert await first == "0002"


async def test_a_database_of_a_newer_release_is_left_alone(parcels: Database, revisions: Revisions) -> None:
    await ask(parcels, "UPDATE alembic_version SET version_num = '0042' RETURNING version_num")
    with pytest.raises(BrokenConfiguration, match="revision 0042, which this release does not know"):
        await migrate(parcels, revisions.folder)


async def at(database: Database) -> str | None:
    async with database.transaction() as tx:
        return await current_revision(tx)


async def exists(database: Database, name: str) -> bool:
    return bool((await ask(database, "SELECT to_regclass(:name) IS NOT NULL AS there", name=name))[0]["there"])


async def valid_indexes(database: Database) -> list[str]:
    rows = await ask(
        database,
        "SELECT c.relname AS name FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid "
        "WHERE i.indisvalid AND i.indrelid = CAST('parcels' AS regclass)",
    )
    return [str(row["name"]) for row in rows]


async def waits_for_a_lock(database: Database) -> bool:
    return await count(database, "pg_stat_activity", "wait_event_type = 'Lock' AND datname = current_database()") > 0


async def sleeps(database: Database) -> bool:
    return await count(database, "pg_stat_activity", "wait_event = 'PgSleep' AND datname = current_database()") > 0
