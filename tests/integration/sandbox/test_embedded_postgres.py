"""The embedded PostgreSQL is a real one: what was committed is there after a stop, a crash and a new start."""

from __future__ import annotations

import asyncio
import os
import pwd
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest

from sandbox.backends.postgres import EmbeddedPostgres, embedded_postgres
from sandbox.backends.servers import BackendUnavailable


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        yield connection
    finally:
        await connection.close()


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[EmbeddedPostgres]:
    async with embedded_postgres(tmp_path, durable=False) as server:
        yield server


async def leave_a_row(url: str) -> None:
    async with connected(url) as connection:
        await connection.execute("CREATE TABLE parcel (reference text)")
        await connection.execute("INSERT INTO parcel VALUES ('1Z999')")


async def rows_of(url: str) -> list[str]:
    async with connected(url) as connection:
        return [row["reference"] for row in await connection.fetch("SELECT reference FROM parcel")]


def owner_of(path: Path) -> int:
    return path.stat().st_uid


@pytest.mark.parametrize("immediate", [False, True], ids=["stopped", "crashed"])
async def test_committed_rows_are_there_after_a_restart(server: EmbeddedPostgres, immediate: bool) -> None:
    url = await server.create_database("tracking")
    await leave_a_row(url)

    async with asyncio.timeout(5):
        await server.stop(immediate=immediate)
    assert server.pid is None
    await server.start()

    assert await rows_of(url) == ["1Z999"]


async def test_a_new_server_on_the_same_folder_finds_the_data_of_the_old_one(tmp_path: Path) -> None:
    async with embedded_postgres(tmp_path, durable=False) as first:
        await leave_a_row(await first.create_database("tracking"))
    async with embedded_postgres(tmp_path, durable=False) as second:
        assert await rows_of(second.url("tracking")) == ["1Z999"]


async def test_a_database_can_be_copied_and_the_copy_dropped(server: EmbeddedPostgres) -> None:
    original = await server.create_database("template_of_tracking")
    await leave_a_row(original)

    copy = await server.create_database("copy", template="template_of_tracking")
    assert await rows_of(copy) == ["1Z999"]
    await server.drop_database("copy")

    assert await rows_of(original) == ["1Z999"]
    with pytest.raises(asyncpg.InvalidCatalogNameError):
        await rows_of(copy)


async def test_creating_a_database_that_is_there_keeps_what_is_in_it(server: EmbeddedPostgres) -> None:
    url = await server.create_database("notifier")
    await leave_a_row(url)
    assert await server.create_database("notifier") == url
    assert await rows_of(url) == ["1Z999"]


async def test_a_database_name_with_a_quote_is_refused(server: EmbeddedPostgres) -> None:
    with pytest.raises(ValueError, match="use a-z"):
        await server.create_database('x"; DROP DATABASE postgres; --')


async def test_nobody_gets_in_without_the_password(server: EmbeddedPostgres) -> None:
    wrong = server.address.set(password="guess").render_as_string(hide_password=False)
    with pytest.raises(asyncpg.InvalidPasswordError):
        await rows_of(wrong)


@pytest.mark.parametrize(("durable", "fsync"), [(True, "on"), (False, "off")])
async def test_fsync_is_on_unless_speed_was_asked_for(tmp_path: Path, durable: bool, fsync: str) -> None:
    async with embedded_postgres(tmp_path, durable=durable) as server, connected(server.url("postgres")) as connection:
        assert await connection.fetchval("SHOW fsync") == fsync
        assert ("fsync off" in server.description) is not durable


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every account may enter; pytest's own are closed to others."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can serve as somebody else")
async def test_root_serves_a_folder_of_another_user_as_that_user(open_folder: Path) -> None:
    folder = open_folder / "of-nobody"
    folder.mkdir()
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)

    async with embedded_postgres(folder, durable=False) as server:
        assert owner_of(Path(f"/proc/{server.pid}")) == nobody.pw_uid
        await leave_a_row(await server.create_database("tracking"))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to become somebody else")
async def test_a_folder_that_its_owner_cannot_reach_is_refused_with_advice(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    inside = closed / "data"
    inside.mkdir(parents=True)
    closed.chmod(0o700)
    os.chown(inside, pwd.getpwnam("nobody").pw_uid, -1)

    with pytest.raises(BackendUnavailable, match="ordinary user"):
        async with embedded_postgres(inside, durable=False):
            raise AssertionError("it must not start")
