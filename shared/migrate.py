"""`python -m services.<service> migrate`: brings the service's own database to its newest schema."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.database import Database
from shared.messaging.inbox import ensure_partitions
from shared.observability.logs import get_logger

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
    config = Config()
    config.set_main_option("script_location", str(folder))
    script = ScriptDirectory.from_config(config)
    head = script.get_current_head()
    assert head is not None, f"no migration in {folder}"

    def up(revision: object, _: object) -> list[object]:
        return list(script._upgrade_revs(head, revision))  # type: ignore[arg-type]

    context = EnvironmentContext(config, script, fn=up)
    context.configure(connection=connection, target_metadata=None, transactional_ddl=True)
    context.run_migrations()
    return head


async def current_revision(tx: AsyncConnection) -> str | None:
    """The revision the database is at, None before the first."""
    known = await tx.execute(text("SELECT to_regclass('alembic_version')"))
    if known.scalar() is None:
        return None
    found = await tx.execute(text("SELECT version_num FROM alembic_version"))
    return found.scalar()
