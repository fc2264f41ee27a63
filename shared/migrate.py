"""`python -m services.<service> migrate`: brings the service's own database to its newest schema.

Each revision is one transaction that waits for a lock only briefly, so that nobody queues up behind it for long, and
tries a few times; one that cannot be had changes nothing and says who holds it. Indexes on big tables are built beside
the traffic: a revision names them in `CONCURRENT_INDEXES`, a mapping from the index's name to what follows it
(`"ON messages (step_event)"`), and they are there before its own transaction begins.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import Script, ScriptDirectory
from alembic.script.revision import RevisionError
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.database import Database, DatabaseSettings, fetch, open_database, run
from shared.failpoints import failpoint
from shared.observability.logs import get_logger
from shared.partitions import make_months
from shared.processes import JobFailed, Runtime
from shared.settings import BrokenConfiguration, load_settings

_LOCK = 0x6D696772  # "migr"
_BUSY = ("55P03", "40P01")  # lock not available, deadlock
_TOO_SLOW = "57014"
ASK_AGAIN = timedelta(milliseconds=100)
COMMAND_DEADLINE = timedelta(hours=2)
"""For the connection of `migrate`: the database ends a statement before it."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a revision waits for a lock and how often, how long a statement and an index may take, and how long
    another migration is waited for.
    """

    lock: timedelta = timedelta(seconds=2)
    tries: int = 5
    pause: timedelta = timedelta(seconds=2)
    statement: timedelta = timedelta(minutes=10)
    index: timedelta = timedelta(hours=1)
    others: timedelta = timedelta(minutes=10)


PATIENCE = Patience()


async def migrate(database: Database, folder: Path, *, target: str | None = None, patience: Patience = PATIENCE) -> str:
    """Apply what is missing up to `target`, the newest by default. Answers the revision that the database is at.

    Raises JobFailed, with what to do about it, when a lock cannot be had or a statement takes too long. Revisions that
    were applied before the one that failed stay: each is complete.
    """
    script = _script(folder)[1]
    wanted = target or newest_revision(folder)
    async with database.dedicated() as guard:
        await _be_alone(guard, patience)
        for revision in await _missing(database, script, wanted):
            await _build_indexes(database, revision, patience)
            apply = functools.partial(_apply, folder=folder, revision=revision.revision)
            await _patiently(database, f"revision {revision.revision}", apply, patience)
            get_logger().info("migrated", version=revision.revision)
        await _patiently(database, "the months to come", _make_months, patience)
    return wanted


async def _be_alone(guard: AsyncConnection, patience: Patience) -> None:
    """Hazard: asked again and again, never waited for. A session that waits inside a statement has a snapshot, and
    building an index concurrently waits for every older snapshot: the two would wait for each other.
    """
    try:
        async with asyncio.timeout(patience.others.total_seconds()):
            while not await _is_mine(guard):  # noqa: ASYNC110
                await asyncio.sleep(ASK_AGAIN.total_seconds())  # another process's lock is no event of ours
    except TimeoutError as error:
        why = f"another migration of this database has been running for {patience.others}: wait for it"
        raise JobFailed(why) from error


async def _is_mine(guard: AsyncConnection) -> bool:
    rows = await fetch(guard, "SELECT pg_try_advisory_lock(:lock) AS mine", lock=_LOCK)
    return bool(rows[0]["mine"])


async def _missing(database: Database, script: ScriptDirectory, wanted: str) -> list[Script]:
    async with database.transaction() as tx:
        found = await current_revision(tx)
    try:
        return list(script.iterate_revisions(wanted, found or "base"))[::-1]
    except RevisionError as error:
        why = f"database: it is at revision {found}, which this release does not know: it needs the one that wrote it"
        raise BrokenConfiguration(why) from error


async def _patiently(
    database: Database, what: str, work: Callable[[AsyncConnection], Awaitable[None]], patience: Patience
) -> None:
    """One transaction, all or nothing, tried again while somebody holds a lock."""
    for left in reversed(range(patience.tries)):
        try:
            async with database.transaction() as tx:
                await _limit(tx, patience.lock, patience.statement, for_transaction=True)
                await work(tx)
            return
        except DBAPIError as error:
            state = getattr(error.orig, "sqlstate", None)
            if state == _TOO_SLOW:
                why = f"{what} was stopped after {patience.statement}; nothing of it was changed. Try in a quieter hour"
                raise JobFailed(why) from error
            if state not in _BUSY:
                raise
            if not left:
                why = f"{what}: a table it changes is in use; nothing of it was changed. {await _in_the_way(database)}"
                raise JobFailed(why) from error
        get_logger().warning("migration_waits", version=what, count=left)
        await asyncio.sleep(patience.pause.total_seconds())


async def _limit(connection: AsyncConnection, lock: timedelta, statement: timedelta, *, for_transaction: bool) -> None:
    await fetch(
        connection,
        "SELECT set_config('lock_timeout', :lock, :local), set_config('statement_timeout', :statement, :local)",
        lock=f"{int(lock.total_seconds() * 1000)}ms",
        statement=f"{int(statement.total_seconds() * 1000)}ms",
        local=for_transaction,
    )


async def _in_the_way(database: Database) -> str:
    """The transactions that have been open for longest, and what to do about them."""
    async with database.transaction() as tx:
        rows = await fetch(
            tx,
            "SELECT pid, application_name AS name, CAST(extract(epoch FROM now() - xact_start) AS int) AS seconds "
            "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
            "AND xact_start IS NOT NULL ORDER BY xact_start LIMIT 3",
        )
    if not rows:
        return "Run it again"
    longest = ", ".join(f"pid {row['pid']} ({row['name'] or 'no name'}) for {row['seconds']} s" for row in rows)
    return (
        f"In a transaction: {longest}. Wait for them or end them, SELECT pg_terminate_backend(<pid>), and run it again"
    )


async def _build_indexes(database: Database, revision: Script, patience: Patience) -> None:
    """Without a transaction, so that nobody waits. What an attempt that failed has left behind is built anew."""
    wanted: dict[str, str] = getattr(revision.module, "CONCURRENT_INDEXES", {})
    async with database.dedicated() as connection:
        await _limit(connection, patience.index, patience.index, for_transaction=False)
        for name, definition in wanted.items():
            broken = "SELECT 1 FROM pg_index WHERE indexrelid = to_regclass(:name) AND NOT indisvalid"
            try:
                if await fetch(connection, broken, name=name):
                    await run(connection, f"DROP INDEX CONCURRENTLY {name}")
                await run(connection, f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {name} {definition}")
            except DBAPIError as error:
                if getattr(error.orig, "sqlstate", None) not in (*_BUSY, _TOO_SLOW):
                    raise
                why = f"index {name} could not be built within {patience.index}. {await _in_the_way(database)}"
                raise JobFailed(why) from error


async def _apply(tx: AsyncConnection, folder: Path, revision: str) -> None:
    await tx.run_sync(_upgrade, folder, revision)
    failpoint("migrate.middle")


async def _make_months(tx: AsyncConnection) -> None:
    await make_months(tx, datetime.now(UTC).date())


def _upgrade(connection: Connection, folder: Path, target: str) -> None:
    config, script = _script(folder)

    def up(revision: object, _: object) -> list[object]:
        return list(script._upgrade_revs(target, revision))  # type: ignore[arg-type]

    context = EnvironmentContext(config, script, fn=up)
    context.configure(connection=connection, target_metadata=None, transactional_ddl=True)
    context.run_migrations()


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


async def run_migrations(runtime: Runtime, folder: Path) -> None:
    """The process `migrate` of a service."""
    settings = load_settings(DatabaseSettings)
    async with open_database(settings, f"{runtime.service}-migrate", deadline=COMMAND_DEADLINE) as database:
        await migrate(database, folder)


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
