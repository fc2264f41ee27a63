"""`python -m services.<service> migrate`: brings the service's own database to its newest schema."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.database import Database, DatabaseSettings, open_database
from shared.messaging.inbox import ensure_partitions
from shared.observability.logs import get_logger
from shared.processes import Runtime
from shared.settings import load_settings

_LOCK = 0x6D696772  # "migr"


async def migrate(database: Database, folder: Path) -> str:
    """Apply what is missing, in one transaction, waiting at most five seconds for any lock. Answers the revision."""
    async with database.transaction() as tx:
        await tx.execute(text("SET LOCAL lock_timeout = '5s'"))
        await tx.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        revision = await tx.run_sync(_upgrade, folder)
        await ensure_partitions(tx, datetime.now(UTC).date())
    get_logger().info("migrated", version=revision)
    return revision


def _upgrade(connection: Connection, folder: Path) -> str:
    config, script = _script(folder)
    head = newest_revision(folder)

    def up(revision: object, _: object) -> list[object]:
        return list(script._upgrade_revs(head, revision))  # type: ignore[arg-type]

    context = EnvironmentContext(config, script, fn=up)
    context.configure(connection=connection, target_metadata=None, transactional_ddl=True)
    context.run_migrations()
    return head


@contextlib.asynccontextmanager
async def open_migrated(runtime: Runtime, process: str, folder: Path) -> AsyncIterator[Database]:
    """The service's database for one process, which is ready once the schema is the one this code was written for."""
    async with open_database(load_settings(DatabaseSettings), f"{runtime.service}-{process}") as database:
        wanted = newest_revision(folder)

        async def unready() -> str | None:
            async with database.transaction() as tx:
                found = await current_revision(tx)
            return None if found == wanted else f"the schema is at {found or 'nothing'}, {wanted} is needed: migrate"

        runtime.health.register(f"{process} database", unready)
        yield database


def newest_revision(folder: Path) -> str:
    head = _script(folder)[1].get_current_head()
    assert head is not None, f"no migration in {folder}"
    return head


def _script(folder: Path) -> tuple[Config, ScriptDirectory]:
    config = Config()
    config.set_main_option("script_location", str(folder))
    return config, ScriptDirectory.from_config(config)


async def current_revision(tx: AsyncConnection) -> str | None:
    """The revision the database is at, None before the first."""
    known = await tx.execute(text("SELECT to_regclass('alembic_version')"))
    if known.scalar() is None:
        return None
    found = await tx.execute(text("SELECT version_num FROM alembic_version"))
    return found.scalar()
