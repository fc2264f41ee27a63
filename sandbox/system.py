"""The supervisor: every service as real OS processes with an environment of its own, migrated, ready, kept alive.

`async with running_system(...) as system:` returns when everything is ready, and leaves nothing behind: children get
SIGTERM at the end and die with this process if it is killed.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import httpx

from sandbox.addresses import Addresses, choose_addresses
from sandbox.backends.process import run_command
from sandbox.environment import SHOP, Secrets, Surroundings, environment_of
from sandbox.layouts import SMALL_SHOP, Unit, units_of
from sandbox.os_process import OsProcess

READY_DEADLINE = timedelta(seconds=150)
MIGRATION_DEADLINE = timedelta(seconds=60)
ASK_PAUSE = timedelta(milliseconds=100)
MIGRATED = ("tracking", "notifier")


class NotReady(RuntimeError):
    """A process did not become ready in time; the text says what it still waits for."""


def _say_nothing(_: str) -> None:
    return


@dataclass
class System:
    """The running services. Processes are named as in the layout: `notifier.send`, or `notifier` in a small shop."""

    addresses: Addresses
    keys: Secrets
    layout: tuple[Unit, ...]
    logs: Path
    shop: str = SHOP
    restarted: list[str] = field(default_factory=list)
    processes: dict[str, OsProcess] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.processes)

    def kill(self, name: str) -> bool:
        """SIGKILL one OS process; it is started again by itself. False when it is down already."""
        return self.processes[name].kill()

    def operations_url(self, name: str) -> str:
        """Where this OS process answers /livez, /readyz and /metrics."""
        return self.addresses.operations_url(self.processes[name].unit)

    async def until_ready(self, deadline: timedelta = READY_DEADLINE) -> None:
        """Until every OS process says it is ready. Raises NotReady, or KeepsDying with the log of the culprit."""
        async with httpx.AsyncClient(timeout=3, trust_env=False) as client:
            waiting = [self._until_ready(client, name) for name in self.processes]
            try:
                async with asyncio.timeout(deadline.total_seconds()):
                    await asyncio.gather(*waiting)
            except TimeoutError as error:
                reasons = [f"{name}: {await self._why_not(client, name)}" for name in self.processes]
                raise NotReady(f"not ready after {deadline.total_seconds():.0f} s: {'; '.join(reasons)}") from error

    async def _until_ready(self, client: httpx.AsyncClient, name: str) -> None:
        while await self._why_not(client, name) is not None:
            self.processes[name].check()
            await asyncio.sleep(ASK_PAUSE.total_seconds())

    async def _why_not(self, client: httpx.AsyncClient, name: str) -> str | None:
        try:
            answer = await client.get(f"{self.operations_url(name)}/readyz")
        except httpx.TransportError as error:
            return type(error).__name__
        return None if answer.status_code == 200 else answer.text[:300]

    async def stop(self) -> None:
        """SIGTERM to all at once; returns when every process is gone."""
        await asyncio.gather(*(process.stop() for process in self.processes.values()))


@asynccontextmanager
async def running_system(
    around: Surroundings,
    folder: Path,
    *,
    layout: tuple[Unit, ...] = SMALL_SHOP,
    addresses: Addresses | None = None,
    keys: Secrets | None = None,
    extra: Mapping[str, str] | None = None,
    tell: Callable[[str], None] = _say_nothing,
) -> AsyncIterator[System]:
    """Migrate, start, wait until ready; at the end stop. Logs are in `folder`/logs, one file for each OS process.

    `extra` goes into every environment. Raises BackendUnavailable when a migration fails, NotReady, KeepsDying.
    """
    addresses = addresses or choose_addresses(layout, usual=False)
    system = System(addresses, keys or Secrets(), layout, folder / "logs")
    await asyncio.to_thread(system.logs.mkdir, parents=True, exist_ok=True)
    await asyncio.gather(
        *(_migrate(service, system, around, extra) for service in MIGRATED if units_of(layout, service))
    )
    for unit in layout:
        environment = environment_of(unit, addresses, system.keys, around, extra)
        system.processes[unit.name] = OsProcess(unit, environment, system.logs)

    def note_restart(unit: Unit) -> None:
        system.restarted.append(unit.name)
        tell(f"{unit.name} died and was started again")

    try:
        for name in system.names:
            system.processes[name].start(note_restart)
        await system.until_ready()
        yield system
    finally:
        await system.stop()


async def _migrate(service: str, system: System, around: Surroundings, extra: Mapping[str, str] | None) -> None:
    unit = Unit(f"{service}.migrate", service, ("migrate",))
    environment = environment_of(unit, system.addresses, system.keys, around, extra)
    command = [sys.executable, "-m", f"services.{service}", "migrate"]
    await run_command(f"migrate {service}", command, deadline=MIGRATION_DEADLINE, environment=environment)
