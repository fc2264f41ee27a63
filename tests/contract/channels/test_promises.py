"""What an adapter promises beyond sending: a key that is honoured, a look-up that tells the truth."""

from __future__ import annotations

import asyncio

import pytest

from sandbox.providers import Action, Rule
from services.notifier.channels import CHANNELS
from services.notifier.channels.base import OutcomeClass, SendResult, ask_about
from tests.support.channel_world import World
from tests.support.letters import MESSAGE_ID, letter_for

TAKEN = [Action.ACCEPT_THEN_DROP, Action.ACCEPT_THEN_ERROR_500, Action.GARBAGE_2XX]
"""The buyer has it, and we cannot know."""


def honouring_keys(world: World) -> list[str]:
    return [provider for provider, adapter in world.adapters.items() if adapter.idempotency_window]


def answering_look_ups(world: World) -> list[str]:
    return [provider for provider, adapter in world.adapters.items() if adapter.lookup]


async def look_up(world: World, provider: str) -> SendResult | None:
    adapter = world.adapters[provider]
    return await ask_about(adapter, adapter.prepare(letter_for(adapter.channel)), MESSAGE_ID)


def test_there_are_adapters_to_hold_to_their_promises(world: World) -> None:
    assert honouring_keys(world)
    assert answering_look_ups(world)
    assert len(CHANNELS) > len(honouring_keys(world)), "and such as promise nothing"


@pytest.mark.parametrize("trouble", TAKEN, ids=str)
async def test_a_repeated_attempt_within_the_window_is_told_the_first_ones_answer(
    world: World, trouble: Action
) -> None:
    for provider in honouring_keys(world):
        world.providers.faults.add(Rule(action=trouble, times=1))

        assert (await world.send(provider)).outcome is OutcomeClass.AMBIGUOUS
        again = await world.send(provider)

        [entry] = world.log
        assert (again.outcome, again.provider_message_id) == (OutcomeClass.ACCEPTED, entry.provider_message_id)


async def test_attempts_at_the_same_moment_are_one_message(world: World) -> None:
    for provider in honouring_keys(world):
        results = await asyncio.gather(*(world.send(provider) for _ in range(8)))

        assert len({result.provider_message_id for result in results}) == 1
        assert world.accepted == [MESSAGE_ID]


@pytest.mark.parametrize("trouble", TAKEN, ids=str)
async def test_a_look_up_finds_what_the_provider_took(world: World, trouble: Action) -> None:
    for provider in answering_look_ups(world):
        world.providers.faults.add(Rule(action=trouble, times=1))
        await world.send(provider)

        found = await look_up(world, provider)

        assert found is not None
        assert found.outcome is OutcomeClass.ACCEPTED
        assert found.provider_message_id == world.log[-1].provider_message_id


@pytest.mark.parametrize("trouble", [Action.DROP_BEFORE_ACCEPT, Action.ERROR_500], ids=str)
async def test_a_look_up_says_for_certain_that_nothing_arrived(world: World, trouble: Action) -> None:
    for provider in answering_look_ups(world):
        world.providers.faults.add(Rule(action=trouble, times=1))
        await world.send(provider)

        found = await look_up(world, provider)

        assert found is not None
        assert found.outcome is OutcomeClass.NOT_SENT
        assert world.accepted == []


async def test_a_look_up_tells_of_a_failure_and_whether_the_number_is_out_of_reach(world: World) -> None:
    for provider in answering_look_ups(world):
        world.providers.faults.add(Rule(action=Action.RECEIPT_FAILED))
        await world.send(provider)
        await world.providers.callbacks.quiet()

        found = await look_up(world, provider)

        assert found is not None
        assert (found.outcome, found.unreachable) == (OutcomeClass.REJECTED, True)


async def test_a_provider_that_cannot_be_asked_leaves_the_doubt_as_it_was(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for provider in answering_look_ups(world):
        await world.send(provider)
    await world.providers.callbacks.quiet()
    for provider in answering_look_ups(world):
        await world.adapters[provider].close()

        assert await look_up(world, provider) is None
