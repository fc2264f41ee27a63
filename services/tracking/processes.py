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
from services.tracking.api import erasure, ops, orders, page, status
from services.tracking.api.description import describe_api
from services.tracking.api.state import ApiState, attach
from services.tracking.console.app import create_console
from services.tracking.directory import Directory, keep_fresh
from services.tracking.intake import GROUP, TOPICS, intake
from services.tracking.new_key import make_key
from services.tracking.recovery.rebuild import Replay, rebuild
from services.tracking.retention import RetentionSettings, retention_duties, timeline_months
from services.tracking.settings import TrackingSettings, ops_keys, shop_keys
from services.tracking.watch import watch
from shared.api_keys import Keys
from shared.database import Database, DatabaseSettings, open_database
from shared.housekeeping import Housekeeping
from shared.messaging.consume import Consumer
from shared.messaging.group_lag import GroupLag
from shared.messaging.lag_watch import watch_lag
from shared.messaging.outbox import Relay
from shared.messaging.publish import open_publisher_of
from shared.messaging.subscription import Subscription
from shared.messaging.sweeping import messaging_duties
from shared.migrate import open_migrated, run_migrations
from shared.processes import Part, Runtime, Tool, serve
from shared.settings import load_settings
from shared.shops import load_shops
from shared.web import create_app

SERVICE = "tracking"


MIGRATIONS = Path(__file__).parent / "migrations"


def _clock() -> datetime:
    return datetime.now(UTC)


@contextlib.asynccontextmanager
async def _announcer(runtime: Runtime, database: Database, settings: TrackingSettings) -> AsyncIterator[Announcer]:
    directory = Directory()

    async def unready() -> str | None:
        return None if directory.known else "the carrier directory is not known yet"

    runtime.health.register("carrier directory", unready)
    keeping = asyncio.create_task(keep_fresh(directory, database, settings.gateway_url, runtime), name="directory")
    try:
        yield _announcer_of(settings, directory)
    finally:
        keeping.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await keeping


def _announcer_of(settings: TrackingSettings, directory: Directory) -> Announcer:
    return Announcer(
        shops=load_shops(settings.shops_dir),
        directory=directory,
        public_url=settings.tracking_public_url,
        token_secret=settings.tracking_token_secret.get_secret_value(),
    )


async def run_api(runtime: Runtime) -> None:
    settings = load_settings(TrackingSettings)
    async with (
        open_migrated(runtime, "api", MIGRATIONS) as database,
        open_publisher_of(runtime, "api", settings) as publisher,
        _announcer(runtime, database, settings) as announcer,
    ):
        runtime.health.register("api readings", database.unready_to_read)
        keys = Keys(shop_keys(announcer.shops, os.environ), ops_keys(os.environ), _clock)
        taking = intake(announcer)
        lag = GroupLag(settings.kafka_bootstrap, taking.group, taking.topics)
        app = api_app(runtime, ApiState(database, publisher, announcer, keys, lag))
        await serve(app, runtime, settings.tracking_host, settings.tracking_port)


def api_app(runtime: Runtime, state: ApiState) -> FastAPI:
    app = create_app("Hito tracking", runtime.health, first=status.of_one_order.routes)
    attach(app, state)
    for part in (orders, status, erasure, ops, page):
        app.include_router(part.router)
    describe_api(app)
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
        group.create_task(watch_lag(GroupLag(settings.kafka_bootstrap, GROUP, TOPICS), runtime), name="lag")
        group.create_task(Housekeeping(duties, database, runtime, _clock).run(), name="housekeeping")


async def run_watch(runtime: Runtime) -> None:
    settings = load_settings(TrackingSettings)
    async with (
        open_migrated(runtime, "watch", MIGRATIONS) as database,
        _announcer(runtime, database, settings) as announcer,
    ):
        await watch(database, announcer, runtime, _clock)


async def run_console(runtime: Runtime) -> None:
    settings = load_settings(TrackingSettings)
    async with (
        open_migrated(runtime, "console", MIGRATIONS) as database,
        _announcer(runtime, database, settings) as announcer,
    ):
        app = create_console(runtime, database, announcer, Keys({}, ops_keys(os.environ), _clock))
        await serve(app, runtime, settings.tracking_host, settings.console_port)


async def run_migrate(runtime: Runtime) -> None:
    await run_migrations(runtime, MIGRATIONS)


async def run_rebuild(runtime: Runtime) -> None:
    settings = load_settings(TrackingSettings)
    replay = Replay(settings.kafka_bootstrap, settings.kafka_session)
    async with open_database(load_settings(DatabaseSettings), f"{SERVICE}-rebuild") as database:
        await rebuild(database, MIGRATIONS, replay, _announcer_of(settings, Directory()))


PROCESSES = {
    "api": Part(run_api, serves_http=True),
    "consume": Part(run_consume),
    "relay": Part(run_relay),
    "watch": Part(run_watch),
    "console": Part(run_console, serves_http=True),
    "migrate": Part(run_migrate, one_shot=True),
    "rebuild": Part(run_rebuild, one_shot=True, by_hand=True),
}
TOOLS: dict[str, Tool] = {"key": make_key}
