"""Databases of any revision with the rows of that time in them."""

from __future__ import annotations

from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory

from shared.database import Database
from shared.migrate import migrate
from tests.support.migrated import MIGRATIONS, ask

ROWS = Path(__file__).parent / "rows"


def revisions(service: str) -> list[str]:
    """From the first to the newest."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS[service]))
    return [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()][::-1]


async def fill_up_to(database: Database, service: str, revision: str) -> None:
    """Bring an empty database there step by step, with each revision's own rows put in as soon as it has been reached.

    `rows/<service>_<revision>.sql` holds rows for the tables that the revision made; most make none and need no file.
    """
    for each in revisions(service):
        await migrate(database, MIGRATIONS[service], target=each)
        rows = ROWS / f"{service}_{each}.sql"
        if rows.exists():
            await run_script(database, rows.read_text("utf-8"))
        if each == revision:
            return


async def run_script(database: Database, sql: str) -> None:
    """Several statements as they stand."""
    async with database.transaction() as tx:
        connection = await tx.get_raw_connection()
        assert connection.driver_connection is not None
        await connection.driver_connection.execute(sql)


async def columns_of(database: Database) -> dict[str, list[str]]:
    """Every table, a partitioned one as a whole, with its columns."""
    rows = await ask(
        database,
        "SELECT c.relname AS name, array_agg(quote_ident(a.attname) ORDER BY a.attname) AS columns FROM pg_class c "
        "JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped "
        "WHERE c.relnamespace = CAST('public' AS regnamespace) AND c.relkind IN ('r', 'p') AND NOT c.relispartition "
        "AND c.relname <> 'alembic_version' GROUP BY c.relname ORDER BY 1",
    )
    return {str(row["name"]): list(row["columns"]) for row in rows}


async def contents(database: Database, table: str, columns: list[str]) -> list[str]:
    """All rows, sorted, each as text of these columns."""
    rows = await ask(database, f"SELECT CAST(ROW({', '.join(columns)}) AS text) AS line FROM {table} ORDER BY 1")
    return [str(row["line"]) for row in rows]
