"""All of Hito under the rig: every process alone, each server and each provider behind a proxy of its own."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from sandbox.addresses import Addresses, choose_addresses
from sandbox.backends.process import basic_environment, run_command
from sandbox.environment import ROOT, Secrets, Surroundings, environment_of
from sandbox.layouts import ONE_EACH, Unit
from sandbox.providers import Providers, providers
from sandbox.system import MIGRATED
from sandbox.world import TEMPLATES_DEADLINE
from shared.messaging.topics import create_topics
from tests.load.recipe import SHOPS_FOLDER
from tests.load.shop_keys import ShopKeys
from tests.rig.clocks import Clocks
from tests.rig.disk import Disk, disk_at
from tests.rig.proxy import Proxy, proxy_before
from tests.rig.servers import Servers, postgres_at, servers
from tests.rig.supervisor import Supervised, of_product
from tests.rig.tiers import Counts

SECOND = (
    Unit("tracking.consume.second", "tracking", ("consume",)),
    Unit("notifier.consume.second", "notifier", ("consume",)),
)
"""Consumers that come and go, so that partitions move."""
PARTITIONS = 4
"""Of each topic: enough for two consumers of a group, few enough for one small broker."""
CALL_DEADLINE = timedelta(seconds=15)
RECEIPT_ATTEMPTS = 200
"""Real providers go on for hours: whoever takes receipts is back sooner."""
PATIENCE = {
    "SEND_CLAIM_SECONDS": "3",
    "SEND_FLIGHT_SECONDS": "12",
    "SEND_HOLD_SECONDS": "20",
    "SEND_SETTLE_SECONDS": "8",
    "SMTP_FINAL_DOT_DEADLINE": "6",
    "WHATSAPP_DEADLINE": "6",
    "TWILIO_DEADLINE": "6",
}
"""So that what a killed sender left is settled within the run. A flight is longer than an attempt, as in production."""

DISK_BYTES = 3 * 1024**3
"""Of a disk that is to be full: a part's data and its write-ahead log fit several times."""
POOL = 8
CONNECTIONS_AT_REST = 2 * POOL + 1
"""Of one process: the pool for writing, the one for reading, and the session that holds a relay's lock."""


@dataclass(frozen=True)
class Rigged:
    """The levers. `around` goes straight to the servers: it is the rig's own way in."""

    folder: Path
    servers: Servers
    providers: Providers
    mail_proxy: Proxy
    http_proxy: Proxy
    around: Surroundings
    seen: Surroundings
    """The same as the product sees it: through the proxies."""
    addresses: Addresses
    secrets: Secrets
    keys: ShopKeys
    client: httpx.AsyncClient
    disk: Disk | None
    """PostgreSQL's, where it is to be full and that can be done."""
    clocks: Clocks | None
    """Of the processes, where one is to be set and that can be done."""

    @property
    def logs(self) -> Path:
        return self.folder / "logs"

    def environment(self, unit: Unit) -> dict[str, str]:
        more = {**PATIENCE, "DATABASE_POOL_SIZE": str(POOL), **self.keys.environment()}
        return environment_of(unit, self.addresses, self.secrets, self.seen, more)

    def supervised(self, unit: Unit) -> Supervised:
        ready = self.addresses.operations_url(unit)
        clock = self.clocks.environment(unit.name) if self.clocks else {}
        return Supervised(unit.name, of_product(unit), {**self.environment(unit), **clock}, self.logs, ready)

    async def migrate(self, service: str, failpoints: Mapping[str, str] | None = None) -> None:
        """Raises BackendUnavailable when it does not come to its end."""
        unit = Unit(f"{service}.migrate", service, ("migrate",))
        command = [sys.executable, "-m", f"services.{service}", "migrate"]
        environment = {**self.environment(unit), **(failpoints or {})}
        await run_command(f"migrate {service}", command, deadline=timedelta(seconds=60), environment=environment)


@asynccontextmanager
async def rigged(folder: Path, data: Path, counts: Counts) -> AsyncIterator[Rigged]:
    """Servers, providers, topics and empty databases; no process of the product yet. `data` holds what servers keep.

    A disk and clocks of its own it has only where `counts` wants something done to them.
    """
    async with AsyncExitStack() as stack:
        (folder / "logs").mkdir(parents=True, exist_ok=True)
        shutil.copytree(SHOPS_FOLDER, folder / "shops", dirs_exist_ok=True)
        units = (*ONE_EACH, *SECOND)
        addresses = choose_addresses(units, usual=False)
        templates = await _templates()
        disk = await stack.enter_async_context(disk_at(postgres_at(data), DISK_BYTES)) if counts.disk_full else None
        clocks = Clocks(data / "clocks") if counts.clock_steps else None
        running = await stack.enter_async_context(servers(data))
        await create_topics(running.kafka.bootstrap, PARTITIONS)
        webhook = f"{addresses.url('notifier')}/receipts/whatsapp"
        outside = await stack.enter_async_context(providers(folder, templates=templates, webhook_url=webhook))
        outside.callbacks.attempts = RECEIPT_ATTEMPTS
        mail, http = [
            await stack.enter_async_context(proxy_before(_port(url))) for url in (outside.smtp_url, outside.base_url)
        ]
        around = await _surroundings(running, outside)
        client = await stack.enter_async_context(
            httpx.AsyncClient(timeout=CALL_DEADLINE.total_seconds(), trust_env=False)
        )
        yield Rigged(
            folder=folder,
            servers=running,
            providers=outside,
            mail_proxy=mail,
            http_proxy=http,
            around=around,
            seen=_through_proxies(around, running, mail, http),
            addresses=addresses,
            secrets=Secrets(),
            keys=ShopKeys(),
            client=client,
            disk=disk,
            clocks=clocks if clocks and clocks.can_be_set else None,
        )


def _port(url: str) -> int:
    port = urlsplit(url).port
    assert port is not None
    return port


async def _surroundings(running: Servers, outside: Providers) -> Surroundings:
    tracking, notifier = [await running.postgres.create_database(name) for name in MIGRATED]
    return Surroundings(
        tracking_database=tracking,
        notifier_database=notifier,
        kafka=running.kafka.bootstrap,
        kafka_idempotence=True,
        kafka_session=running.kafka.shortest_session,
        provider_variables=outside.environment,
    )


def _through_proxies(around: Surroundings, running: Servers, mail: Proxy, http: Proxy) -> Surroundings:
    behind = {mail.upstream_port: mail.port, http.upstream_port: http.port}
    moved = {
        name: value.replace(f":{inner}", f":{outer}")
        for name, value in around.provider_variables.items()
        for inner, outer in behind.items()
        if f":{inner}" in value
    }
    return replace(
        around,
        tracking_database=running.proxied(around.tracking_database),
        notifier_database=running.proxied(around.notifier_database),
        kafka=running.bootstrap,
        provider_variables={**around.provider_variables, **moved},
    )


async def _templates() -> list[dict[str, Any]]:
    """As the shops submitted them to Meta."""
    command = [sys.executable, "-m", "sandbox.approved_templates", str(SHOPS_FOLDER)]
    environment = {**basic_environment(), "PYTHONPATH": str(ROOT)}
    printed = await run_command("templates", command, deadline=TEMPLATES_DEADLINE, environment=environment, folder=ROOT)
    found: list[dict[str, Any]] = json.loads(printed)
    return found
