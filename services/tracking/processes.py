"""Tracking's processes, and what each one opens. The one place where its parts are put together."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

from fastapi import FastAPI

from services.tracking.announce import Announcer
from services.tracking.api import ops, orders, page, status
from services.tracking.api.description import describe_orders
from services.tracking.api.keys import Keys
from services.tracking.api.state import ApiState, attach
from services.tracking.console.app import create_console
from services.tracking.directory import Directory, keep_fresh
from services.tracking.intake import intake
from services.tracking.retention import RetentionSettings, retention_duties, timeline_months
from services.tracking.settings import TrackingSettings, shop_keys
from services.tracking.watch import watch
from shared.database import Database
from shared.housekeeping import Housekeeping
from shared.messaging.consume import Consumer
from shared.messaging.outbox import Relay
from shared.messaging.publish import open_publisher_of
from shared.messaging.subscription import Subscription
from shared.messaging.sweeping import messaging_duties
from shared.migrate import open_migrated, run_migrations
from shared.processes import Part, Runtime, serve
from shared.settings import load_settings
from shared.shops import load_shops
from shared.web import create_app

SERVICE = "tracking"


MIGRATIONS = Path(__file__).parent / "migrations"


def _now() -> datetime:
    return datetime.now(UTC)


@contextlib.asynccontextmanager
async def _announcer(runtime: Runtime, database: Database, settings: TrackingSettings) -> AsyncIterator[Announcer]:
    directory = Directory()
    announcer = Announcer(
        shops=load_shops(settings.shops_dir),
        directory=directory,
        public_url=settings.tracking_public_url,
        token_secret=settings.tracking_token_secret.get_secret_value(),
    )

    async def unready() -> str | None:
        return None if directory.known else "the carrier directory is not known yet"

    runtime.health.register("carrier directory", unready)
    keeping = asyncio.create_task(keep_fresh(directory, database, settings.gateway_url, runtime), name="directory")
    try:
        yield announcer
    finally:
        keeping.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await keeping


async def run_api(runtime: Runtime) -> None:
    settings = load_settings(TrackingSettings)
    async with (
        open_migrated(runtime, "api", MIGRATIONS) as database,
        open_publisher_of(runtime, "api", settings) as publisher,
        _announcer(runtime, database, settings) as announcer,
    ):
        keys = Keys(shop_keys(announcer.shops, os.environ), settings.ops_api_key.get_secret_value())
        app = api_app(runtime, ApiState(database, publisher, announcer, keys))
        await serve(app, runtime, settings.tracking_host, settings.tracking_port)


def api_app(runtime: Runtime, state: ApiState) -> FastAPI:
    app = create_app("Hito tracking", runtime.health, description="Orders in; state, timeline and reasons out.")
    attach(app, state)
    for part in (orders, status, ops, page):
        app.include_router(part.router)
    describe_orders(app)
    return app


async def run_consume(runtime: Runtime) -> None:
    settings = load_settings(TrackingSettings)
    async with (
        open_migrated(runtime, "consume", MIGRATIONS) as database,
        _announcer(runtime, database, settings) as announcer,
    ):
        taking = intake(announcer)
        subscription = Subscription(
            settings.kafka_bootstrap, taking.group, taking.topics, f"{SERVICE}-consume", settings.kafka_session
        )
        await Consumer(taking, subscription, database, runtime).run()


async def run_relay(runtime: Runtime) -> None:
    settings = load_settings(TrackingSettings)
    keeping = load_settings(RetentionSettings)
    duties = (*messaging_duties([timeline_months(keeping)]), *retention_duties(keeping))
    async with (
        open_migrated(runtime, "relay", MIGRATIONS) as database,
        open_publisher_of(runtime, "relay", settings) as publisher,
        asyncio.TaskGroup() as group,
    ):
        group.create_task(Relay(database, publisher, runtime).run(), name="relay")
        group.create_task(Housekeeping(duties, database, runtime, _now).run(), name="housekeeping")


async def run_watch(runtime: Runtime) -> None:
    settings = load_settings(TrackingSettings)
    async with (
        open_migrated(runtime, "watch", MIGRATIONS) as database,
        _announcer(runtime, database, settings) as announcer,
    ):
        await watch(database, announcer, runtime, _now)


async def run_console(runtime: Runtime) -> None:
    settings = load_settings(TrackingSettings)
    async with (
        open_migrated(runtime, "console", MIGRATIONS) as database,
        _announcer(runtime, database, settings) as announcer,
    ):
        app = create_console(runtime, database, announcer, settings.ops_api_key.get_secret_value())
        await serve(app, runtime, settings.tracking_host, settings.console_port)


async def run_migrate(runtime: Runtime) -> None:
    await run_migrations(runtime, MIGRATIONS)


PROCESSES = {
    "api": Part(run_api, serves_http=True),
    "consume": Part(run_consume),
    "relay": Part(run_relay),
    "watch": Part(run_watch),
    "console": Part(run_console, serves_http=True),
    "migrate": Part(run_migrate, one_shot=True),
}
