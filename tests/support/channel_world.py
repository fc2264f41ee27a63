"""Adapters opened from the environment as the notifier opens them, with the simulated providers behind them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from sandbox.providers import Accepted, Providers
from services.notifier.channels.base import ChannelAdapter, SendResult, send_timed
from services.notifier.receipt_formats import Receipt, parse_twilio, parse_whatsapp
from tests.support.callback_sink import CallbackSink, Posted
from tests.support.letters import MESSAGE_ID, NOW, letter_for


@dataclass
class Stage:
    """Runs for the whole module: providers, and a place that takes their callbacks."""

    providers: Providers
    sink: CallbackSink


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
        "/receipts/twilio": lambda: parse_twilio(
            posted.url,
            posted.form,
            posted.headers.get("x-twilio-signature"),
            [running.twilio_account.auth_token],
            NOW,
        ),
        "/receipts/whatsapp": lambda: parse_whatsapp(
            posted.body, posted.headers.get("x-hub-signature-256"), [running.graph.app.app_secret], NOW
        ),
    }
    return next(read for path, read in readers.items() if path in posted.url)()
