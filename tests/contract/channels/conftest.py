"""The providers run once for the module; each test finds them without faults and with empty hands."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from sandbox.providers import providers
from services.notifier.channels import adapters_by_provider, load_channel_settings, open_adapters
from tests.support.callback_sink import callback_sink
from tests.support.channel_world import Stage, World, second_providers
from tests.support.letters import TEMPLATE

DEADLINES = ("SMTP_FINAL_DOT_DEADLINE", "TWILIO_DEADLINE", "WHATSAPP_DEADLINE", "SMS_HTTP_DEADLINE")


@pytest.fixture(scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    folder = tmp_path_factory.mktemp("providers")
    async with callback_sink() as sink, providers(folder, templates=[TEMPLATE]) as running:
        running.graph.app.webhook_url = f"{sink.url}/receipts/whatsapp"
        yield Stage(running, sink, second_providers(running, [TEMPLATE], folder / "sids.toml"))


@pytest.fixture
async def world(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    for name, value in {**stage.environment, "NOTIFIER_PUBLIC_URL": stage.sink.url}.items():
        monkeypatch.setenv(name, value)
    adapters = adapters_by_provider(open_adapters(load_channel_settings()))
    yield World(stage.providers, stage.sink, adapters, stage.providers.accept_log.position)
    for adapter in adapters.values():
        await adapter.close()
    stage.providers.faults.clear()
    await stage.providers.callbacks.quiet()
    stage.providers.keyed.forget()
    stage.sink.posted.clear()
    stage.sink.answers.clear()


@pytest.fixture
async def impatient(world: World, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    """The same, with adapters that wait half a second for an answer."""
    for name in DEADLINES:
        monkeypatch.setenv(name, "0.5")
    adapters = adapters_by_provider(open_adapters(load_channel_settings()))
    yield World(world.providers, world.sink, adapters, world.began_at)
    for adapter in adapters.values():
        await adapter.close()
