"""Reading for one shop: read only, at one moment, leaving nothing behind, and never on a connection that has broken."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest

from sandbox.backends.postgres import embedded_postgres
from shared.database import Database, fetch, run
from shared.messaging.failures import is_infrastructure
from tests.support.migrated import ask, opened

MAKE = (
    "CREATE TABLE notes (shop text, n int, said jsonb, at timestamptz)",
    "INSERT INTO notes VALUES ('a', 1, '{\"x\": [1]}', '2026-03-02T08:00:00Z'), ('b', 2, '{}', now())",
    "DO $$ BEGIN CREATE ROLE hito_tenant NOLOGIN; "
    "EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$",
    "ALTER TABLE notes ENABLE ROW LEVEL SECURITY",
    "CREATE POLICY one_shop ON notes TO hito_tenant USING (shop = current_setting('hito.shop', true))",
    "GRANT ALL ON notes TO hito_tenant",
)


async def make(database: Database) -> Database:
    async with database.transaction() as tx:
        for statement in MAKE:
            await run(tx, statement)
    return database


@pytest.fixture
async def notes(database: str) -> AsyncIterator[Database]:
    async with opened(database, pool_size=1) as opened_database:
        yield await make(opened_database)


async def read(database: Database, shop: str, sql: str = "SELECT * FROM notes", **parameters: object) -> list[int]:
    async with database.reading(shop) as reading:
        return [row["n"] for row in await fetch(reading, sql, **parameters)]


async def glance(database: Database, shop: str, sql: str = "SELECT * FROM notes", **parameters: object) -> list[int]:
    async with database.glancing(shop) as reading:
        return [row["n"] for row in await fetch(reading, sql, **parameters)]


async def test_rows_come_as_they_do_in_a_transaction(notes: Database) -> None:
    async with notes.reading("a") as reading:
        (row,) = await fetch(reading, "SELECT * FROM notes WHERE n = :n AND shop = :shop", shop="a", n=1)
    assert row == (await ask(notes, "SELECT * FROM notes WHERE n = 1"))[0]
    assert (row["said"], row["at"]) == ({"x": [1]}, datetime(2026, 3, 2, 8, tzinfo=UTC))


async def test_one_connection_reads_for_one_shop_after_another_and_carries_nothing_over(notes: Database) -> None:
    assert [await read(notes, shop) for shop in ("a", "b", "nobody", "a")] == [[1], [2], [], [1]]


async def test_nothing_is_written_even_where_the_role_might(notes: Database) -> None:
    for statement in ("DELETE FROM notes", "INSERT INTO notes (shop) VALUES ('a')"):
        async with notes.reading("a") as reading:
            with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
                await fetch(reading, statement)
    assert await read(notes, "a") == [1]


async def test_all_queries_of_a_reading_see_one_moment(notes: Database) -> None:
    async with notes.reading("a") as reading:
        before = await fetch(reading, "SELECT * FROM notes")
        async with notes.transaction() as tx:
            await run(tx, "INSERT INTO notes VALUES ('a', 3)")
        assert await fetch(reading, "SELECT * FROM notes") == before
    assert await read(notes, "a") == [1, 3]


async def test_a_statement_that_fails_or_is_given_up_leaves_the_connection_usable(notes: Database) -> None:
    with pytest.raises(asyncpg.UndefinedTableError):
        await read(notes, "a", "SELECT * FROM nothing")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(read(notes, "a", "SELECT pg_sleep(30)"), 0.2)
    assert await read(notes, "b") == [2]


async def test_a_glance_answers_the_rows_of_a_reading(notes: Database) -> None:
    asked = "SELECT * FROM notes WHERE n IN (:n, 2) AND shop = :shop ORDER BY n DESC"
    rows = []
    for look in (notes.reading, notes.glancing):
        async with look("a") as reading:
            rows.append(await fetch(reading, asked, shop="a", n=1))
    assert rows[0] == rows[1] != []


async def test_one_connection_glances_for_one_shop_after_another_and_carries_nothing_over(notes: Database) -> None:
    assert [await glance(notes, shop) for shop in ("a", "b", "nobody", "", "a")] == [[1], [2], [], [], [1]]
    async with notes.reading("b") as reading:
        await reading.connection.execute("ROLLBACK")
        assert await reading.connection.fetchval("SELECT current_setting('hito.shop', true)") in (None, "")
        assert await reading.connection.fetch("SELECT n FROM notes") == []
        await reading.connection.execute("BEGIN")


async def test_a_glance_that_fails_or_is_given_up_leaves_the_connection_usable(notes: Database) -> None:
    with pytest.raises(asyncpg.UndefinedTableError):
        await glance(notes, "a", "SELECT * FROM nothing")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(glance(notes, "a", "SELECT 1 AS n FROM pg_sleep(30)"), 0.2)
    assert await glance(notes, "b") == [2]


async def test_glances_and_readings_share_the_pool_and_each_gets_its_turn(notes: Database) -> None:
    asked = [look(notes, "a") for _ in range(20) for look in (glance, read)]
    assert await asyncio.gather(*asked) == [[1]] * 40


@pytest.mark.parametrize("read", [read, glance])
async def test_a_connection_that_broke_while_it_lay_idle_is_never_handed_out(
    notes: Database, read: Callable[[Database, str], Awaitable[list[int]]]
) -> None:
    assert await read(notes, "a") == [1]
    for _ in range(3):
        ended = await ask(
            notes,
            "SELECT pg_terminate_backend(pid, 5000) AS ended FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()",
        )
        assert [row["ended"] for row in ended] == [True]
        assert await read(notes, "a") == [1]


async def test_while_the_database_is_away_a_reading_fails_as_something_that_passes_and_then_goes_on(
    tmp_path: Path,
) -> None:
    async with (
        embedded_postgres(tmp_path, durable=False) as server,
        opened(await server.create_database("notes")) as database,
    ):
        await make(database)
        assert await read(database, "a") == [1]
        await server.stop(immediate=True)
        with pytest.raises(Exception) as away:
            await read(database, "a")
        assert is_infrastructure(away.value)
        await server.start()
        assert await read(database, "a") == [1]


async def test_readings_beyond_the_pool_wait_for_their_turn(notes: Database) -> None:
    assert await asyncio.gather(*(read(notes, "a") for _ in range(20))) == [[1]] * 20
