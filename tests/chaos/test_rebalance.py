"""Consumers come and go under load: the partitions move, batches are replayed, and the accept log stays exact."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
import pytest

from sandbox.backends.ports import LOOPBACK, free_port
from sandbox.environment import environment_of
from sandbox.layouts import ONE_EACH, Unit
from sandbox.os_process import OsProcess
from sandbox.world import World
from shared.contracts.vocabulary import Channel
from tests.support.worlds import LOOK_PAUSE_SECONDS, a_world, chapter, outcome_of, play, until_messages_flow

ORDERS = 24
CHAPTERS_AT_MOST = 4
"""A second consumer that joins late on a busy machine may find its share taken in already: then the story goes on."""
READY_DEADLINE_SECONDS = 60
_CONSUMED = re.compile(r"^messaging_client_consumed_messages_total\{[^}]*\} ([0-9.]+)$", re.MULTILINE)
SECOND_CONSUMERS = (
    Unit("tracking.consume.second", "tracking", ("consume",)),
    Unit("notifier.consume.second", "notifier", ("consume",)),
)


@dataclass
class SecondConsumer:
    """One more consumer that comes and goes. `taken_in` counts what it took in before it last left."""

    process: OsProcess
    operations: str
    taken_in: int = 0

    async def join(self, world: World) -> None:
        """Started, and back when it is ready: it has taken its first look at its partitions."""
        self.process.start(lambda unit: pytest.fail(f"{unit.name} died"))
        async with asyncio.timeout(READY_DEADLINE_SECONDS):
            while not await self._is_ready(world):  # noqa: ASYNC110  another process has no event to wait for
                await asyncio.sleep(LOOK_PAUSE_SECONDS)

    async def _is_ready(self, world: World) -> bool:
        try:
            return (await world.client.get(f"{self.operations}/readyz")).status_code == httpx.codes.OK
        except httpx.TransportError:
            return False

    async def leave(self, world: World) -> None:
        if self.process.pid is None:
            return
        metrics = (await world.client.get(f"{self.operations}/metrics")).text
        self.taken_in += sum(int(float(count)) for count in _CONSUMED.findall(metrics))
        await self.process.stop()


@asynccontextmanager
async def second_consumers(world: World) -> AsyncIterator[list[SecondConsumer]]:
    """One more of each consumer, not started yet; stopped in good order at the end."""
    found = []
    for unit in SECOND_CONSUMERS:
        port = free_port()
        environment = environment_of(unit, world.addresses, world.system.keys, world.around, {"OPS_PORT": str(port)})
        process = OsProcess(unit, environment, world.logs)
        found.append(SecondConsumer(process, f"http://{LOOPBACK}:{port}"))
    try:
        yield found
    finally:
        await asyncio.gather(*(each.process.stop() for each in found))


@pytest.mark.timeout(600)
async def test_the_accept_log_stays_exact_while_second_consumers_join_and_leave_under_load(
    tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config
) -> None:
    async with (
        a_world(tmp_path_factory.mktemp("rebalance"), pytestconfig, ONE_EACH) as world,
        second_consumers(world) as second,
    ):

        async def join_and_leave(number: int) -> None:
            """Joined in every third round, at work in the next, gone in the middle of the one after."""
            await until_messages_flow(world, len(world.providers.accept_log.read()))
            if number % 3 == 0:
                await asyncio.gather(*(consumer.join(world) for consumer in second))
            if number % 3 == 2:
                await asyncio.gather(*(consumer.leave(world) for consumer in second))

        for number in range(CHAPTERS_AT_MOST):
            story = chapter(number, ORDERS)
            await play(world, story, meanwhile=join_and_leave)
            await asyncio.gather(*(consumer.leave(world) for consumer in second))
            outcome = await outcome_of(world, story)

            assert outcome.findings.good, outcome.findings.problems
            assert outcome.findings.orders == ORDERS
            assert outcome.findings.checked_for_facts > 60
            assert set(outcome.findings.messages) == set(Channel)
            assert outcome.unknown == []
            if all(consumer.taken_in > 0 for consumer in second):
                break
        assert all(consumer.taken_in > 0 for consumer in second), "the second consumers never had any work"
