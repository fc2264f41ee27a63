"""The notifier's processes, and what each one opens. The one place where its parts are put together."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from fastapi import FastAPI

from services.notifier import receipts
from services.notifier.bounces import mail_receipts
from services.notifier.bounces.amazon import Certificates
from services.notifier.bounces.pipe import bounce
from services.notifier.channels import adapters_by_provider, installed, load_channel_settings, open_adapters
from services.notifier.channels.email_settings import EmailSettings
from services.notifier.channels.settings import ChannelSettings
from services.notifier.channels.sms import TwilioAccountSettings
from services.notifier.channels.sms_http import SmsHttpSettings
from services.notifier.channels.whatsapp import WhatsAppSettings
from services.notifier.channels.whatsapp_twilio import TwilioWhatsAppSettings, without_sid
from services.notifier.compose import Composer
from services.notifier.intake import GROUP, TOPICS, Planner, intake
from services.notifier.preferences import page as preferences_page
from services.notifier.preferences.page import PreferencesState
from services.notifier.preview import routes as preview
from services.notifier.preview.described import describe_preview
from services.notifier.preview.routes import PreviewState
from services.notifier.receipts import MailReports, ReceiptState
from services.notifier.retention import RetentionSettings, retention_duties
from services.notifier.sender import Sender
from services.notifier.sending.overdue import OVERDUE
from services.notifier.settings import NotifierSettings, preview_keys
from services.notifier.templates.approved import ListNotRead, check_templates
from services.notifier.templates.tool import templates
from services.notifier.wording.catalog import MESSAGES, Catalog, CatalogError
from services.notifier.wording.proofread import load_catalog, load_complete
from services.notifier.wording.template_contract import called
from services.notifier.wording.whatsapp_templates import TemplateSpec
from shared.api_keys import Keys
from shared.database import Database
from shared.housekeeping import Housekeeping
from shared.messaging.consume import Consumer
from shared.messaging.group_lag import GroupLag
from shared.messaging.lag_watch import watch_lag
from shared.messaging.outbox import Relay
from shared.messaging.publish import open_publisher_of
from shared.messaging.subscription import Subscription
from shared.messaging.sweeping import messaging_duties
from shared.migrate import open_migrated, run_migrations
from shared.observability.logs import get_logger
from shared.processes import Part, Runtime, Tool, serve
from shared.settings import BrokenConfiguration, load_settings
from shared.shops import load_shops
from shared.web import create_app

SERVICE = "notifier"
MIGRATIONS = Path(__file__).parent / "migrations"
RECEIPTS_LIMIT_BYTES = 4 * 1024 * 1024
"""Meta gathers many statuses in one call."""


def _now() -> datetime:
    return datetime.now(UTC)


def _catalog(read: Callable[[], Catalog]) -> Catalog:
    try:
        return read()
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
    channels = load_channel_settings()
    adapters = open_adapters(channels)
    catalog = _catalog(lambda: load_catalog(MESSAGES, shops))  # every text is tried before anything is sent
    await _check_templates(channels, called(catalog, shops))
    composer = Composer(catalog, shops, adapters, settings.notifier_public_url)
    async with contextlib.AsyncExitStack() as stack:
        for adapter in adapters_by_provider(adapters).values():
            stack.push_async_callback(adapter.close)
        database = await stack.enter_async_context(open_migrated(runtime, "send", MIGRATIONS))
        chance = random.Random()  # noqa: S311  jitter is no secret
        await Sender(database, composer, runtime, _now, chance, settings.patience).run()


async def _check_templates(channels: Mapping[str, ChannelSettings], specs: Sequence[TemplateSpec]) -> None:
    """Whoever cannot say it as it was approved does not start; Meta being away keeps no e-mail from leaving."""
    by_meta, by_twilio = channels.get("whatsapp"), channels.get("twilio_whatsapp")
    if isinstance(by_twilio, TwilioWhatsAppSettings):
        missing = without_sid(specs, by_twilio.twilio_whatsapp_templates)
        if missing:
            raise BrokenConfiguration(f"TWILIO_WHATSAPP_TEMPLATES: {'; '.join(missing[:20])}")
    if isinstance(by_meta, WhatsAppSettings):
        try:
            await check_templates(by_meta, specs)
        except ListNotRead as error:
            get_logger().warning("templates_not_checked", reason=str(error))


async def run_relay(runtime: Runtime) -> None:
    settings = load_settings(NotifierSettings)
    keeping = load_settings(RetentionSettings)
    duties = (*messaging_duties(), *retention_duties(keeping), OVERDUE)
    async with (
        open_migrated(runtime, "relay", MIGRATIONS) as database,
        open_publisher_of(runtime, "relay", settings) as publisher,
        asyncio.TaskGroup() as group,
    ):
        group.create_task(Relay(database, publisher, runtime).run(), name="relay")
        group.create_task(watch_lag(GroupLag(settings.kafka_bootstrap, GROUP, TOPICS), runtime), name="lag")
        group.create_task(Housekeeping(duties, database, runtime, _now).run(), name="housekeeping")


async def run_api(runtime: Runtime) -> None:
    settings = load_settings(NotifierSettings)
    channels = load_channel_settings()
    shops = load_shops(settings.shops_dir)
    catalog, adapters = _catalog(lambda: load_complete(MESSAGES)), open_adapters(channels)
    keys = Keys(preview_keys(shops, os.environ), (), _now)
    composer = Composer(catalog, shops, adapters, settings.notifier_public_url)
    async with contextlib.AsyncExitStack() as stack:
        for adapter in adapters_by_provider(adapters).values():
            stack.push_async_callback(adapter.close)
        database = await stack.enter_async_context(open_migrated(runtime, "api", MIGRATIONS))
        app = api_app(
            runtime,
            receipt_state(database, channels, Certificates()),
            PreferencesState(database, shops, installed(channels), catalog, _now),
            PreviewState(database, Planner(shops, installed(channels), _now), composer, keys),
        )
        await serve(app, runtime, settings.notifier_host, settings.notifier_port)


def api_app(runtime: Runtime, taking: ReceiptState, choosing: PreferencesState, showing: PreviewState) -> FastAPI:
    """Receipts, the buyers' preferences, and previews."""
    app = create_app("Hito notifier", runtime.health, body_limit_bytes=RECEIPTS_LIMIT_BYTES)
    app.state.receipts, app.state.preferences, app.state.preview = taking, choosing, showing
    for part in (receipts, mail_receipts, preferences_page, preview):
        app.include_router(part.router)
    describe_preview(app)
    return app


def receipt_state(
    database: Database, channels: Mapping[str, ChannelSettings], certificates: Certificates
) -> ReceiptState:
    """With the secrets of the providers that this installation has."""
    whatsapp, described = channels.get("whatsapp"), channels.get("sms_http")
    accounts = [found for found in channels.values() if isinstance(found, TwilioAccountSettings)]
    by_twilio = accounts[0] if accounts else None
    by_meta = whatsapp if isinstance(whatsapp, WhatsAppSettings) else None
    return ReceiptState(
        database=database,
        public_url=by_twilio.notifier_public_url if by_twilio else "",
        twilio_tokens=by_twilio.auth_tokens if by_twilio else (),
        whatsapp_secrets=by_meta.app_secrets if by_meta else (),
        whatsapp_verify_token=by_meta.whatsapp_verify_token.get_secret_value() if by_meta else None,
        mail=mail_reports([found for found in channels.values() if isinstance(found, EmailSettings)], certificates),
        sms_http=described if isinstance(described, SmsHttpSettings) else None,
    )


def mail_reports(relays: Sequence[EmailSettings], certificates: Certificates) -> MailReports:
    """What reports on e-mail are signed with, for one relay or several."""
    return MailReports(
        providers=tuple(relay.provider for relay in relays),
        bounce_secrets=tuple(dict.fromkeys(secret for relay in relays for secret in relay.bounce_secrets)),
        topic_arns=tuple(arn for relay in relays for arn in relay.topic_arns),
        sendgrid_keys=tuple(relay.sendgrid_webhook_key for relay in relays if relay.sendgrid_webhook_key),
        certificates=certificates,
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
TOOLS: dict[str, Tool] = {"bounce": bounce, "templates": templates}
