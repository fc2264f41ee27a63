"""Programs of others as children: started with a log, watched until ready, and never outliving us.

A child has only the environment it is given, its own process group (Ctrl-C reaches us alone, and we stop things in
order), and dies with us even by SIGKILL.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path

from sandbox.backends.servers import BackendUnavailable

_ATTACHED = Path(__file__).with_name("attached.py")
_POLL = timedelta(milliseconds=20)
_TAIL_LINES = 12

SAME_ACCOUNT = "same"


def ready_folder(folder: Path) -> Path:
    """Make the folder, for us alone, unless it is there; its absolute path."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder.resolve()


def basic_environment() -> dict[str, str]:
    """What a foreign program may know of ours: where programs are, and no secrets."""
    passed = {name: os.environ[name] for name in ("PATH", "HOME", "JAVA_HOME", "TMPDIR") if name in os.environ}
    return passed | {"LC_ALL": "C", "TZ": "UTC"}


class ChildProcess:
    """One long-running program. Start it from a thread that stays: Linux ties the child to that thread's life."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        log: Path,
        *,
        account: str = SAME_ACCOUNT,
        death_signal: signal.Signals = signal.SIGKILL,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.name, self.log = name, log
        self._command = _attached(command, account, death_signal)
        self._environment = basic_environment() if environment is None else environment
        self._running: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        if self._running is None or self._running.poll() is not None:
            return None
        return self._running.pid

    def spawn(self) -> None:
        """Start the program; its output is appended to the log."""
        with self.log.open("ab") as log:
            self._running = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self._environment,
                start_new_session=True,
            )

    async def until_ready(self, probe: Callable[[], Awaitable[bool]], deadline: timedelta) -> None:
        """Wait until `probe` says yes. Raises BackendUnavailable with the log's end if it ends or takes too long."""
        try:
            async with asyncio.timeout(deadline.total_seconds()):
                while not await probe():
                    if self.pid is None:
                        raise BackendUnavailable(self.name, f"it ended at start.\n{log_tail(self.log)}")
                    await asyncio.sleep(_POLL.total_seconds())
        except TimeoutError as error:
            waited = f"not ready after {deadline.total_seconds():.0f} s"
            raise BackendUnavailable(self.name, f"{waited}.\n{log_tail(self.log)}") from error

    async def stop(self, stop_signal: signal.Signals, deadline: timedelta) -> None:
        """Ask it to end; past the deadline it is killed. Returns when the process is gone."""
        if self._running is None:
            return
        child, self._running = self._running, None
        child.send_signal(stop_signal)
        try:
            await asyncio.to_thread(child.wait, deadline.total_seconds())
        except subprocess.TimeoutExpired:
            child.kill()
            await asyncio.to_thread(child.wait)


async def run_command(
    name: str,
    command: Sequence[str],
    *,
    deadline: timedelta,
    account: str = SAME_ACCOUNT,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> str:
    """Run a program to its end and return what it printed. Raises BackendUnavailable with the end of its output."""
    try:
        process = await asyncio.create_subprocess_exec(
            *_attached(command, account, signal.SIGKILL),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=basic_environment() if environment is None else environment,
            cwd=folder,
            start_new_session=True,
        )
    except OSError as error:
        raise BackendUnavailable(name, f"cannot start {command[0]}: {error}") from error
    try:
        async with asyncio.timeout(deadline.total_seconds()):
            output, _ = await process.communicate()
    except TimeoutError as error:
        raise BackendUnavailable(name, f"{command[0]} took longer than {deadline.total_seconds():.0f} s") from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    text = output.decode(errors="replace")
    if process.returncode != 0:
        raise BackendUnavailable(name, f"{command[0]} failed.\n{_last_lines(text)}")
    return text


def log_tail(log: Path) -> str:
    """The last lines of a log, for an error message."""
    return _last_lines(log.read_text(errors="replace")) if log.exists() else "(no log)"


def _last_lines(text: str) -> str:
    return "\n".join(text.splitlines()[-_TAIL_LINES:])


def _attached(command: Sequence[str], account: str, death_signal: signal.Signals) -> list[str]:
    return [sys.executable, "-I", "-S", str(_ATTACHED), str(os.getpid()), str(int(death_signal)), account, *command]
