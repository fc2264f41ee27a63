"""Everything at once: servers, providers, carriers and all services of Hito, on this machine, gone again at the end."""

from __future__ import annotations

import asyncio
import json
import secrets
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from fastapi import FastAPI

from sandbox.addresses import Addresses, choose_addresses
from sandbox.backends.choose import BrokerKind, PostgresKind, choose_broker, choose_postgres
from sandbox.backends.ports import LOOPBACK
from sandbox.backends.process import basic_environment, run_command
from sandbox.backends.servers import Broker, PostgresServer
from sandbox.carriers import Carriers
from sandbox.dhl import DhlDesk
from sandbox.environment import ROOT, Secrets, Surroundings
from sandbox.layouts import SMALL_SHOP, Unit
from sandbox.providers import Providers, providers
from sandbox.providers.http_server import HttpServer, listen, port_of
from sandbox.quiet import Stillness, stillness_of
from sandbox.shops import ShopFront
from sandbox.system import MIGRATED, System, running_system
from shared.messaging.publish import open_publisher
from shared.messaging.topics import create_topics

TEMPLATES_DEADLINE = timedelta(seconds=60)
CALL_DEADLINE = timedelta(seconds=15)
SHOPS_FOLDER = ROOT / "config" / "shops"


@dataclass(frozen=True)
class Wanted:
    """How the world is to be built. `prefer_*`: None takes the best that is here."""

    folder: Path
    layout: tuple[Unit, ...] = SMALL_SHOP
    usual_ports: bool = False
    prefer_postgres: PostgresKind | None = "embedded"
    prefer_broker: BrokerKind | None = "embedded"
    durable: bool = True
    receipts_pace: timedelta = timedelta(0)
    partitions: int | None = None
    extra: Mapping[str, str] = field(default_factory=dict)
    """Further variables for every service."""


@dataclass(frozen=True)
class World:
    """The running world and the levers to move it."""

    postgres: PostgresServer
    broker: Broker
    around: Surroundings
    addresses: Addresses
    system: System
    providers: Providers
    shop: ShopFront
    carriers: Carriers
    stillness: Stillness
    client: httpx.AsyncClient

    @property
    def logs(self) -> Path:
        return self.system.logs


@asynccontextmanager
async def running_world(wanted: Wanted, tell: Callable[[str], None]) -> AsyncIterator[World]:
    """`tell` hears what is being started. Raises BackendUnavailable, NotReady or KeepsDying when it cannot be."""
    async with AsyncExitStack() as stack:
        templates = asyncio.create_task(_templates())
        stack.callback(templates.cancel)
        tell("PostgreSQL and a broker")
        postgres, broker = await _servers(stack, wanted, tell)
        await create_topics(broker.bootstrap, wanted.partitions)
        keys, addresses = Secrets(), choose_addresses(wanted.layout, usual=wanted.usual_ports)
        tell(f"{postgres.description}; {broker.description}; the providers")
        outside = await _open_providers(stack, wanted, addresses, await templates)
        desk = DhlDesk(keys.dhl_key)
        around = await _surroundings(stack, postgres, broker, outside, _serve_dhl(stack, desk))
        tell("migrations and the services")
        running = running_system(
            around, wanted.folder, layout=wanted.layout, addresses=addresses, keys=keys, extra=wanted.extra, tell=tell
        )
        system = await stack.enter_async_context(running)
        client = await stack.enter_async_context(
            httpx.AsyncClient(timeout=CALL_DEADLINE.total_seconds(), trust_env=False)
        )
        opening = open_publisher(broker.bootstrap, idempotence=broker.supports_idempotence, client_id="demo-shop")
        publisher = await stack.enter_async_context(opening)
        yield World(
            postgres=postgres,
            broker=broker,
            around=around,
            addresses=addresses,
            system=system,
            providers=outside,
            shop=ShopFront(client, addresses.url("tracking"), system.shop, keys.shop_key, publisher),
            carriers=Carriers(client, addresses.url("gateway"), keys.courier_secret, keys.dhl_token, desk, uuid4),
            stillness=await stack.enter_async_context(stillness_of(around, lambda: outside.callbacks.pending)),
            client=client,
        )


async def _surroundings(
    stack: AsyncExitStack, postgres: PostgresServer, broker: Broker, outside: Providers, dhl_url: str
) -> Surroundings:
    """With an empty database of this run for each service that has one: the server may be somebody else's."""
    run = secrets.token_hex(4)
    names = [f"{service}_{run}" for service in MIGRATED]
    for name in names:
        stack.push_async_callback(postgres.drop_database, name)
    tracking, notifier = [await postgres.create_database(name) for name in names]
    return Surroundings(
        tracking_database=tracking,
        notifier_database=notifier,
        kafka=broker.bootstrap,
        kafka_idempotence=broker.supports_idempotence,
        kafka_session=broker.shortest_session,
        provider_variables=outside.environment,
        dhl_url=dhl_url,
    )


async def _servers(stack: AsyncExitStack, wanted: Wanted, tell: Callable[[str], None]) -> tuple[PostgresServer, Broker]:
    choosing_postgres = choose_postgres(
        wanted.folder / "postgres", prefer=wanted.prefer_postgres, durable=wanted.durable, tell=tell
    )
    choosing_broker = choose_broker(wanted.folder / "broker", prefer=wanted.prefer_broker, tell=tell)
    postgres = await stack.enter_async_context(choosing_postgres)
    broker = await stack.enter_async_context(choosing_broker)
    return postgres, broker


async def _open_providers(
    stack: AsyncExitStack, wanted: Wanted, addresses: Addresses, templates: list[dict[str, Any]]
) -> Providers:
    return await stack.enter_async_context(
        providers(
            wanted.folder / "providers",
            templates=templates,
            webhook_url=f"{addresses.url('notifier')}/receipts/whatsapp",
            pace=wanted.receipts_pace,
        )
    )


def _serve_dhl(stack: AsyncExitStack, desk: DhlDesk) -> str:
    app = FastAPI(openapi_url=None)
    app.include_router(desk.routes())
    listener = listen()
    server = HttpServer(app, listener)
    server.start()
    stack.push_async_callback(server.stop)
    return f"http://{LOOPBACK}:{port_of(listener)}"


async def _templates() -> list[dict[str, Any]]:
    """Read in a process of its own while the servers start."""
    command = [sys.executable, "-m", "sandbox.approved_templates", str(SHOPS_FOLDER)]
    environment = {**basic_environment(), "PYTHONPATH": str(ROOT)}
    printed = await run_command(
        "WhatsApp templates", command, deadline=TEMPLATES_DEADLINE, environment=environment, folder=ROOT
    )
    found: list[dict[str, Any]] = json.loads(printed)
    return found
