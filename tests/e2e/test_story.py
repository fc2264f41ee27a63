"""The main job on real input: orders, signed webhooks, messages on three channels, and every kind of trouble."""

from __future__ import annotations

import pytest

from sandbox.layouts import SMALL_SHOP
from shared.contracts.vocabulary import Channel
from tests.support.worlds import a_world, chapter, outcome_of, play

ORDERS = 36
"""As many as there are kinds; `tests/e2e/test_sandbox_once.py` plays the whole story through the command."""


async def test_every_buyer_of_the_story_hears_each_step_once_with_all_five_facts(
    tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config
) -> None:
    async with a_world(tmp_path_factory.mktemp("story"), pytestconfig, SMALL_SHOP) as world:
        story = chapter(0, ORDERS)

        await play(world, story)
        outcome = await outcome_of(world, story)

        assert outcome.findings.good, outcome.findings.problems
        assert outcome.findings.orders == ORDERS
        assert outcome.findings.checked_for_facts > 100
        assert set(outcome.findings.messages) == set(Channel)
        assert outcome.unknown == []
        assert world.system.restarted == []
