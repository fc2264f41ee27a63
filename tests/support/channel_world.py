"""Adapters opened from the environment as the notifier opens them, with the simulated providers behind them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from sandbox.providers import Accepted, Providers
from sandbox.providers.keyed import DESCRIPTION
from services.notifier.channels import whatsapp_twilio
from services.notifier.channels.base import ChannelAdapter, SendResult, send_timed
from services.notifier.channels.sms_http_description import read_description
from services.notifier.receipt_formats import Receipt, parse_twilio, parse_whatsapp
from services.notifier.receipt_formats.sms_http import parse_sms_http
from tests.support.callback_sink import CallbackSink, Posted
from tests.support.letters import MESSAGE_ID, NOW, letter_for


@dataclass
class Stage:
    """Runs for the whole module: providers, and a place that takes their callbacks."""

    providers: Providers
    sink: CallbackSink
    second: dict[str, str]
    """Variables of those that are second on their channel."""

    @property
    def environment(self) -> dict[str, str]:
        return {**self.providers.environment, **self.second}


def second_providers(running: Providers, templates: Iterable[dict[str, Any]], sids: Path) -> dict[str, str]:
    """A second relay, an SMS provider told as data, WhatsApp through Twilio with these templates approved.

    `sids` is written.
    """
    table: dict[str, list[str]] = {}
    for template in templates:
        sid = running.twilio.contents.create(as_content(template))
        running.twilio.contents.approve(sid, {"name": template["name"], "category": template["category"]})
        table.setdefault(template["language"], []).append(f'{template["name"]} = "{sid}"')
    sids.write_text("\n".join(line for tag, rows in table.items() for line in (f"[{tag}]", *rows)), "utf-8")
    return {
        "SMTP_URL_2": running.smtp_url,
        "TWILIO_WHATSAPP_FROM": running.twilio_account.whatsapp_sender,
        "TWILIO_WHATSAPP_TEMPLATES": str(sids),
        **running.keyed_environment,
    }


def as_content(template: dict[str, Any]) -> dict[str, Any]:
    """The same template as Twilio's Content API takes it."""
    (body,) = template["components"]
    samples = body.get("example", {}).get("body_text", [[]])[0]
    return {
        "friendly_name": template["name"],
        "language": template["language"],
        "variables": {str(number): sample for number, sample in enumerate(samples, 1)},
        "types": {"twilio/text": {"body": body["text"]}},
    }


@dataclass
class World:
    """The stage as one test finds it: no faults, nothing accepted, nothing posted."""

    providers: Providers
    sink: CallbackSink
    adapters: dict[str, ChannelAdapter]
    """By provider."""
    began_at: int

    async def send(self, provider: str, *, message_id: UUID = MESSAGE_ID, to: str | None = None) -> SendResult:
        adapter = self.adapters[provider]
        request = adapter.prepare(letter_for(adapter.channel, message_id=message_id, address=to))
        return await send_timed(adapter, request, message_id)

    @property
    def log(self) -> list[Accepted]:
        return self.providers.accept_log.read(since=self.began_at)

    @property
    def accepted(self) -> list[UUID | None]:
        return [entry.message_id for entry in self.log]

    @property
    def echoing(self) -> list[str]:
        return [provider for provider, adapter in self.adapters.items() if adapter.echo]

    async def receipts(self) -> list[Receipt]:
        await self.providers.callbacks.quiet()
        return [receipt for posted in self.sink.posted for receipt in read_receipts(posted, self.providers)]


def read_receipts(posted: Posted, running: Providers) -> list[Receipt]:
    """As the notifier's endpoint would, by the path that was called."""
    readers: dict[str, Callable[[], list[Receipt]]] = {
        "/receipts/twilio?": lambda: parse_twilio(
            posted.url,
            posted.form,
            posted.headers.get("x-twilio-signature"),
            [running.twilio_account.auth_token],
            NOW,
        ),
        "/receipts/twilio-whatsapp": lambda: parse_twilio(
            posted.url,
            posted.form,
            posted.headers.get("x-twilio-signature"),
            [running.twilio_account.auth_token],
            NOW,
            whatsapp_twilio.PROVIDER,
            whatsapp_twilio.TWILIO_WHATSAPP_ERRORS,
        ),
        "/receipts/whatsapp": lambda: parse_whatsapp(
            posted.body, posted.headers.get("x-hub-signature-256"), [running.graph.app.app_secret], NOW
        ),
        "/receipts/sms-http": lambda: parse_sms_http(
            posted.body,
            posted.headers,
            read_description(DESCRIPTION),
            [running.keyed.account.receipt_secret],
            datetime.now(UTC),
        ),
    }
    return next(read for path, read in readers.items() if path in posted.url)()
