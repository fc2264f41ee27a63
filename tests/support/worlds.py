"""Whole systems for tests: real OS processes, the best servers there are, and chapters of the sandbox's story."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

import pytest

from sandbox.backends.choose import BROKER_KINDS, POSTGRES_KINDS
from sandbox.environment import SHOP
from sandbox.layouts import Unit
from sandbox.play import Player
from sandbox.received import OrderAnswer
from sandbox.report import Findings, check
from sandbox.story import Story, endless
from sandbox.verdict import Inspector
from sandbox.world import Wanted, World, running_world
from shared.contracts.vocabulary import Verdict
from tests.support.backends import forced_kind, note

SEED = 20261122
QUIET_DEADLINE = timedelta(seconds=150)
COMPLETE_PATIENCE = timedelta(seconds=15)
"""For what only asking the carrier brings to light; what is missing after that is missing."""
GROWTH_DEADLINE = timedelta(seconds=30)
LOOK_PAUSE_SECONDS = 0.005


@asynccontextmanager
async def a_world(
    folder: Path, config: pytest.Config, layout: tuple[Unit, ...], environment: Mapping[str, str] | None = None
) -> AsyncIterator[World]:
    """The whole system on the servers that the run's variables choose, and a line at the end that names them."""
    wanted = Wanted(
        folder,
        layout=layout,
        prefer_postgres=forced_kind("HITO_TEST_POSTGRES", POSTGRES_KINDS),
        prefer_broker=forced_kind("HITO_TEST_BROKER", BROKER_KINDS),
        durable=False,
        extra=environment or {},
    )
    async with running_world(wanted, lambda _: None) as world:
        note(config, f"whole system: {world.postgres.description}; {world.broker.description}")
        yield world


def chapter(number: int, orders: int) -> Story:
    """So many orders of the endless story; no order is in two chapters of the same length."""
    plots = endless(SEED, lambda: datetime.now(UTC))
    return Story(SEED, tuple(islice(plots, number * orders, (number + 1) * orders)))


@dataclass(frozen=True)
class Outcome:
    """What became of a chapter."""

    findings: Findings
    answers: Mapping[str, OrderAnswer]

    @property
    def unknown(self) -> list[str]:
        """Every message of which nobody knows whether it went out."""
        return [
            f"{answer.order_id}: {message.step} on {message.channel}"
            for answer in self.answers.values()
            for message in answer.messages
            if message.verdict is Verdict.UNKNOWN
        ]


Meanwhile = Callable[[int], Awaitable[None]]


async def play(world: World, story: Story, meanwhile: Meanwhile | None = None) -> None:
    """Play round by round; `meanwhile(round)` happens while a round is being played. Quiet after each round."""
    player = Player(world.shop, world.carriers)
    for number, plots in enumerate(story.rounds):
        doing = [player.play_round(plots, number)]
        await asyncio.gather(*doing, *([meanwhile(number)] if meanwhile else []))
        await world.stillness.until_quiet(QUIET_DEADLINE)


async def outcome_of(world: World, story: Story) -> Outcome:
    """Read every order of the chapter and put it against what the providers accepted for these orders."""
    log = world.providers.accept_log
    inspector = Inspector(world.client, world.addresses.url("tracking"), SHOP, world.system.keys.shop_key, log)
    await inspector.until_complete(story.plots, world.stillness, COMPLETE_PATIENCE)
    answers = await inspector.read_orders(plot.order_id for plot in story.plots)
    ours = {message.id for answer in answers.values() for message in answer.messages}
    accepted = [entry for entry in log.read() if entry.message_id in ours]
    return Outcome(check(story.plots, accepted, answers), answers)


async def until_messages_flow(world: World, already: int) -> bool:
    """Until the providers have accepted more than `already`. False when nothing came: the round told nobody."""
    deadline = asyncio.get_running_loop().time() + GROWTH_DEADLINE.total_seconds()
    while len(world.providers.accept_log.read()) <= already:
        if asyncio.get_running_loop().time() > deadline:
            return False
        await asyncio.sleep(LOOK_PAUSE_SECONDS)
    return True
