"""`kill -9` of any one process in the middle of the story: nobody hears anything twice, and nothing is lost but what is
listed as unknown, at most what a killed sender had in flight.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import AsyncIterator

import pytest

from sandbox.layouts import ONE_EACH
from sandbox.world import World
from services.notifier.sender import IN_FLIGHT
from shared.contracts.vocabulary import Channel
from tests.support.worlds import a_world, chapter, outcome_of, play, until_messages_flow

ORDERS = 12
KILLS = 2
SHORT_PATIENCE = {"SEND_CLAIM_SECONDS": "2", "SEND_FLIGHT_SECONDS": "4", "SEND_HOLD_SECONDS": "8"}
"""So that what a killed sender left behind is settled while the test waits."""
_ABOUT = re.compile(r"^(\S+) \(\w+\): (\w+ on \w+).*$")
"""`LF-1 (at_the_door): shipped on email about generic/F1` as the list of unknown messages words it."""
PROCESSES = [unit.name for unit in ONE_EACH]
HOLDING = ["gateway.api", "tracking.consume", "tracking.relay", "notifier.consume", "notifier.send"]
"""Those that hold something between two systems; `make chaos-ledger` kills all the others too."""
VICTIMS = PROCESSES if os.environ.get("HITO_FAULT_MATRIX") == "whole" else HOLDING


@pytest.fixture(scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> AsyncIterator[World]:
    async with a_world(tmp_path_factory.mktemp("kills"), pytestconfig, ONE_EACH, SHORT_PATIENCE) as world:
        yield world


@pytest.mark.timeout(600)
@pytest.mark.parametrize("victim", VICTIMS)
async def test_nothing_is_told_twice_and_nothing_lost_when_it_is_killed_in_the_middle_of_the_story(
    victim: str, world: World
) -> None:
    story = chapter(PROCESSES.index(victim), ORDERS)
    killed = 0

    async def kill_once_messages_flow(_: int) -> None:
        nonlocal killed
        already = len(world.providers.accept_log.read())
        if killed < KILLS and await until_messages_flow(world, already):
            killed += world.system.kill(victim)

    await play(world, story, meanwhile=kill_once_messages_flow)
    outcome = await outcome_of(world, story)

    assert killed == KILLS
    findings, unknown = outcome.findings, outcome.unknown
    assert findings.duplicates == []
    assert findings.unexpected == findings.facts == findings.leaks == findings.unknown_orders == []
    lost = Counter(_ABOUT.sub(r"\1: \2", missing) for missing in findings.missing)
    assert not lost - Counter(unknown), (findings.missing, unknown)
    assert len(unknown) <= (KILLS * IN_FLIGHT * len(Channel) if victim == "notifier.send" else 0), unknown


async def test_every_killed_process_was_started_again(world: World) -> None:
    assert set(world.system.restarted) == set(VICTIMS)
