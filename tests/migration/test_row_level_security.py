"""What the role of those who ask in a shop's name may see, and how a database gets that role."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from sandbox.backends.postgres import EmbeddedPostgres, embedded_postgres
from shared.database import Database, fetch, run
from shared.migrate import current_revision, migrate, newest_revision
from shared.settings import BrokenConfiguration
from tests.support.migrated import MIGRATIONS, ask, opened

TRACKING = MIGRATIONS["tracking"]
TABLES = """
SELECT c.relname AS name, c.relrowsecurity AS secured, c.relispartition AS partition,
       EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'shop') AS of_a_shop,
       has_table_privilege('hito_tenant', c.oid, 'SELECT') AS readable,
       has_table_privilege('hito_tenant', c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER') AS writable,
       EXISTS (SELECT FROM pg_policies p WHERE p.tablename = c.relname AND p.roles = '{hito_tenant}') AS has_policy
  FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm')
"""


async def test_every_table_of_shops_shows_the_role_one_shop_and_no_other_table_is_open_to_it(
    tracking_database: Database,
) -> None:
    tables = await ask(tracking_database, TABLES)
    of_shops = {row["name"] for row in tables if row["of_a_shop"] and not row["partition"]}
    assert {"orders", "order_parcels", "snapshots", "steps", "messages"} <= of_shops
    readable = {row["name"] for row in tables if row["readable"]}
    assert of_shops <= readable, "open it to hito_tenant with a policy, in a migration"
    assert {row["name"] for row in tables if row["secured"] and row["has_policy"]} == readable
    assert not [row["name"] for row in tables if row["writable"]]
    assert readable.isdisjoint({"inbox", "outbox", "dead_letters", "unmapped_codes", "alembic_version"})


async def test_a_shops_orders_are_still_found_by_index(tracking_database: Database) -> None:
    async with tracking_database.transaction() as tx:
        await run(
            tx,
            "INSERT INTO orders (shop, order_id, token_hash) SELECT 's' || n % 5, 'A-' || n, sha256(n::text::bytea) "
            "FROM generate_series(1, 5000) n",
        )
        await run(tx, "ANALYZE orders")
    async with tracking_database.reading("s1") as reading:
        explain = "EXPLAIN SELECT * FROM orders WHERE shop = :shop AND order_id = :order"
        plan = "\n".join(row["QUERY PLAN"] for row in await fetch(reading, explain, shop="s1", order="A-1"))
    assert "Index Scan using orders_" in plan
    assert "Seq Scan" not in plan


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[EmbeddedPostgres]:
    """A server without the role."""
    async with embedded_postgres(tmp_path, durable=False) as running:
        yield running


async def owned(server: EmbeddedPostgres, name: str, rights: str = "") -> str:
    """A database with an owner of the same name; the owner's URL."""
    url = await server.create_database(name)
    async with opened(url) as admin, admin.transaction() as tx:
        await run(tx, f"CREATE ROLE {name} LOGIN {rights} PASSWORD 'of-this-test'")
        await run(tx, f"ALTER DATABASE {name} OWNER TO {name}")
    return make_url(url).set(username=name, password="of-this-test").render_as_string(hide_password=False)


async def test_databases_of_one_server_may_migrate_at_once(server: EmbeddedPostgres) -> None:
    urls = [await server.create_database(f"shop_{n}") for n in range(3)]
    assert await asyncio.gather(*(migrate_by_itself(url) for url in urls)) == [0, 0, 0]
    for url in urls:
        async with opened(url) as database, database.reading("demo") as reading:
            assert await fetch(reading, "SELECT * FROM orders") == []


async def migrate_by_itself(url: str) -> int:
    """In an OS process of its own, as deployments do. Answers the exit code."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.tracking", "migrate", env={**os.environ, "DATABASE_URL": url}
    )
    return await asyncio.wait_for(process.wait(), 60)


async def test_an_owner_that_may_make_roles_makes_it_and_can_read_in_it(server: EmbeddedPostgres) -> None:
    async with opened(await owned(server, "able", "CREATEROLE")) as database:
        await migrate(database, TRACKING)
        async with database.reading("demo") as reading:
            (row,) = await fetch(reading, "SELECT current_user AS role, count(*) AS orders FROM orders")
    assert (row["role"], row["orders"]) == ("hito_tenant", 0)


async def test_an_owner_that_may_not_make_roles_is_told_what_a_superuser_has_to_do(server: EmbeddedPostgres) -> None:
    async with opened(await owned(server, "plain")) as database:
        with pytest.raises(BrokenConfiguration) as refused:
            await migrate(database, TRACKING)
        async with database.transaction() as tx:
            assert await current_revision(tx) == "0002", "what came before stays"
        remedy = "CREATE ROLE hito_tenant NOLOGIN; GRANT hito_tenant TO plain;"
        assert remedy in str(refused.value)
        async with opened(server.url("plain")) as admin, admin.transaction() as tx:
            for statement in remedy.split(";")[:2]:
                await run(tx, statement)
        assert await migrate(database, TRACKING) == newest_revision(TRACKING)
        async with database.reading("demo") as reading:
            assert await fetch(reading, "SELECT * FROM orders") == []


async def test_a_database_restored_without_the_role_is_not_ready_to_answer_shops(server: EmbeddedPostgres) -> None:
    async with opened(await server.create_database("restored")) as database:
        assert "hito_tenant" in str(await database.unready_to_read())
        async with database.transaction() as tx:
            await run(tx, "CREATE ROLE hito_tenant NOLOGIN")
        assert await database.unready_to_read() is None
