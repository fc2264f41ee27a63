"""The notifier's processes, and what each one opens. The one place where its parts are put together."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
from datetime import UTC, datetime
from pathlib import Path

from fastapi import FastAPI

from services.notifier import preview, receipts
from services.notifier.channels import adapters_by_provider, installed, load_channel_settings, open_adapters
from services.notifier.channels.settings import ChannelSettings
from services.notifier.channels.sms import TwilioSettings
from services.notifier.channels.whatsapp import WhatsAppSettings
from services.notifier.compose import Composer
from services.notifier.intake import Planner, intake
from services.notifier.preview import PreviewState
from services.notifier.preview_described import describe_preview
from services.notifier.receipts import ReceiptState
from services.notifier.retention import RetentionSettings, retention_duties
from services.notifier.sender import Sender
from services.notifier.settings import NotifierSettings, preview_keys
from services.notifier.wording.catalog import MESSAGES, Catalog, CatalogError
from services.notifier.wording.proofread import load_catalog
from shared.api_keys import Keys
from shared.database import Database
from shared.housekeeping import Housekeeping
from shared.messaging.consume import Consumer
from shared.messaging.outbox import Relay
from shared.messaging.publish import open_publisher_of
from shared.messaging.subscription import Subscription
from shared.messaging.sweeping import messaging_duties
from shared.migrate import open_migrated, run_migrations
from shared.processes import Part, Runtime, serve
from shared.settings import BrokenConfiguration, load_settings
from shared.shops import Shops, load_shops
from shared.web import create_app

SERVICE = "notifier"
MIGRATIONS = Path(__file__).parent / "migrations"
RECEIPTS_LIMIT_BYTES = 4 * 1024 * 1024
"""Meta gathers many statuses in one call."""


def _now() -> datetime:
    return datetime.now(UTC)


def _catalog(shops: Shops) -> Catalog:
    """Every text is tried before anything is sent."""
    try:
        return load_catalog(MESSAGES, shops)
    except CatalogError as error:
        raise BrokenConfiguration(str(error)) from error


async def run_consume(runtime: Runtime) -> None:
    settings = load_settings(NotifierSettings)
    planner = Planner(load_shops(settings.shops_dir), installed(load_channel_settings()), _now)
    async with open_migrated(runtime, "consume", MIGRATIONS) as database:
        taking = intake(planner)
        subscription = Subscription(
            settings.kafka_bootstrap, taking.group, taking.topics, f"{SERVICE}-consume", settings.kafka_session
        )
        await Consumer(taking, subscription, database, runtime).run()


async def run_send(runtime: Runtime) -> None:
    settings = load_settings(NotifierSettings)
    shops = load_shops(settings.shops_dir)
    adapters = open_adapters(load_channel_settings())
    composer = Composer(_catalog(shops), shops, adapters)
    async with contextlib.AsyncExitStack() as stack:
        for adapter in adapters_by_provider(adapters).values():
            stack.push_async_callback(adapter.close)
        database = await stack.enter_async_context(open_migrated(runtime, "send", MIGRATIONS))
        chance = random.Random()  # noqa: S311  jitter is no secret
        await Sender(database, composer, runtime, _now, chance, settings.patience).run()


async def run_relay(runtime: Runtime) -> None:
    settings = load_settings(NotifierSettings)
    keeping = load_settings(RetentionSettings)
    duties = (*messaging_duties(), *retention_duties(keeping))
    async with (
        open_migrated(runtime, "relay", MIGRATIONS) as database,
        open_publisher_of(runtime, "relay", settings) as publisher,
        asyncio.TaskGroup() as group,
    ):
        group.create_task(Relay(database, publisher, runtime).run(), name="relay")
        group.create_task(Housekeeping(duties, database, runtime, _now).run(), name="housekeeping")


async def run_api(runtime: Runtime) -> None:
    settings = load_settings(NotifierSettings)
    channels = load_channel_settings()
    shops = load_shops(settings.shops_dir)
    keys = Keys(preview_keys(shops, os.environ), (), _now)
    adapters = open_adapters(channels)
    composer = Composer(_catalog(shops), shops, adapters)
    async with contextlib.AsyncExitStack() as stack:
        for adapter in adapters_by_provider(adapters).values():
            stack.push_async_callback(adapter.close)
        database = await stack.enter_async_context(open_migrated(runtime, "api", MIGRATIONS))
        planner = Planner(shops, installed(channels), _now)
        app = api_app(runtime, receipt_state(database, channels), PreviewState(database, planner, composer, keys))
        await serve(app, runtime, settings.notifier_host, settings.notifier_port)


def api_app(runtime: Runtime, taking: ReceiptState, showing: PreviewState) -> FastAPI:
    app = create_app("Hito notifier", runtime.health, body_limit_bytes=RECEIPTS_LIMIT_BYTES)
    app.state.receipts, app.state.preview = taking, showing
    app.include_router(receipts.router)
    app.include_router(preview.router)
    describe_preview(app)
    return app


def receipt_state(database: Database, channels: dict[str, ChannelSettings]) -> ReceiptState:
    """With the secrets of the providers that this installation has."""
    twilio, whatsapp = channels.get("twilio"), channels.get("whatsapp")
    by_twilio = twilio if isinstance(twilio, TwilioSettings) else None
    by_meta = whatsapp if isinstance(whatsapp, WhatsAppSettings) else None
    return ReceiptState(
        database=database,
        public_url=by_twilio.notifier_public_url if by_twilio else "",
        twilio_tokens=by_twilio.auth_tokens if by_twilio else (),
        whatsapp_secrets=by_meta.app_secrets if by_meta else (),
        whatsapp_verify_token=by_meta.whatsapp_verify_token.get_secret_value() if by_meta else None,
    )


async def run_migrate(runtime: Runtime) -> None:
    await run_migrations(runtime, MIGRATIONS)


PROCESSES = {
    "consume": Part(run_consume),
    "send": Part(run_send),
    "relay": Part(run_relay),
    "api": Part(run_api, serves_http=True),
    "migrate": Part(run_migrate, one_shot=True),
}
