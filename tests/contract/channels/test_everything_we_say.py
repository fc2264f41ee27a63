"""All wordings in all languages, through every adapter, to providers that enforce their rules: nothing is rejected."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product
from operator import attrgetter
from pathlib import Path
from uuid import uuid5

import pytest

from sandbox.approved_templates import submissions
from sandbox.providers import Action, Providers, Rule, providers
from sandbox.providers.segments import segments
from services.notifier.channels import CHANNELS, ChannelKind, adapters_by_provider, load_channel_settings, open_adapters
from services.notifier.channels.base import ChannelAdapter, Letter, OutcomeClass, SendResult
from services.notifier.render import SEGMENT_LIMIT, render
from services.notifier.wording.gsm7 import size
from services.notifier.wording.situation import RecipientView
from services.notifier.wording.specimens import (
    BARE_RECIPIENT,
    RICH_RECIPIENT,
    bare,
    rich,
    rich_with_shops_phone,
    specimen_shop,
)
from services.notifier.wording.variants import all_wordings
from shared.contracts.vocabulary import Channel
from shared.shops import load_shops
from tests.support.channel_world import second_providers
from tests.support.letters import MESSAGE_ID, NOW
from tests.support.steps_reached import catalog

SHOPS = Path("config/shops")
AT_ONCE = 20
PROVIDER = attrgetter("provider")


RICH, SHOPS_PHONE, BARE = (rich, RICH_RECIPIENT), (rich_with_shops_phone, RICH_RECIPIENT), (bare, BARE_RECIPIENT)


@dataclass(frozen=True)
class Strict:
    """Providers that enforce their rules, and the adapters that lead there."""

    providers: Providers
    adapters: dict[str, ChannelAdapter]


@pytest.fixture(scope="module")
async def strict(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Strict]:
    folder = tmp_path_factory.mktemp("strict")
    templates = submissions(SHOPS)
    async with providers(folder, templates=templates) as running:
        running.faults.add(Rule(action=Action.RECEIPT_LOST))
        second = second_providers(running, templates, folder / "sids.toml")
        with pytest.MonkeyPatch.context() as environment:
            for name, value in {**running.environment, **second, "NOTIFIER_PUBLIC_URL": "http://127.0.0.1:1"}.items():
                environment.setenv(name, value)
            adapters = adapters_by_provider(open_adapters(load_channel_settings()))
        yield Strict(running, adapters)
        for adapter in adapters.values():
            await adapter.close()


@cache
def letters(channel: Channel, tag: str) -> tuple[Letter, ...]:
    """Written once for all providers of a channel."""
    return tuple(_written(channel, tag))


def _written(channel: Channel, tag: str) -> Iterator[Letter]:
    """Every wording: with long values, with the shop's own phone, with as little as can be, and as shops word it."""
    specimen, shops = specimen_shop(tag), [shop for shop in load_shops(SHOPS) if shop.texts]
    tried = [*product([specimen], all_wordings(), (RICH, SHOPS_PHONE, BARE)), *product(shops, all_wordings(), (RICH,))]
    for shop, (step, variant), (make, person) in tried:
        view = RecipientView(person.name, person.role, tag)
        rendered = render(catalog(), make(step, variant), shop, view, channel)
        name = f"{shop.id}/{step}/{variant}/{make.__name__}/{tag}"
        message_id = uuid5(MESSAGE_ID, name)
        known = (message_id, name, "+34600000001", person.name, rendered, shop.name)
        yield Letter(*known, sender_email=None, reply_to=shop.support_email, now=NOW)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("tag", sorted(catalog().languages))
@pytest.mark.parametrize("kind", [kind for kind in CHANNELS if kind.channel is not Channel.EMAIL], ids=PROVIDER)
async def test_no_provider_rejects_anything_we_say(strict: Strict, kind: ChannelKind, tag: str) -> None:
    adapter, lane = strict.adapters[kind.provider], asyncio.Semaphore(AT_ONCE)
    log = strict.providers.accept_log
    began_at = log.position

    async def send(letter: Letter) -> SendResult:
        async with lane:
            return await adapter.send(adapter.prepare(letter), letter.message_id)

    written = letters(kind.channel, tag)
    results = await asyncio.gather(*(send(letter) for letter in written))

    answers = {letter.thread: result for letter, result in zip(written, results, strict=True)}
    assert [(name, it.reason) for name, it in answers.items() if it.outcome is not OutcomeClass.ACCEPTED] == []
    read = {entry.message_id: entry.text for entry in log.read(since=began_at)}
    assert read == {letter.message_id: letter.rendered.text for letter in written}


@pytest.mark.parametrize("tag", sorted(catalog().languages))
def test_the_provider_counts_the_same_segments_as_we_do(tag: str) -> None:
    for letter in letters(Channel.SMS, tag):
        text = letter.rendered.text
        assert segments(text) == size(text).segments <= SEGMENT_LIMIT
