"""From the publish of a step to the provider's taking its message, at a rate that leaves everybody room.

(b) is the notifier as it runs: consume, send, relay, each a process. (a) is a consumer that posts what it reads and
keeps nothing. The instants come from one clock, the machine's own: ours before a publish, the provider's on arrival.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import quantiles
from typing import Any

from services.notifier.domain.plan import BUYER
from services.notifier.intake import message_id
from shared.contracts.steps import StepReached
from shared.contracts.topics import TRACKING_STEPS
from shared.contracts.vocabulary import Channel
from shared.messaging.publish import Publisher
from tests.bench.notifier.ground import EMPTY, NotifierGround, notifier_processes
from tests.bench.notifier.sending import Tell
from tests.bench.notifier.workload import messages_of, steps_told
from tests.bench.tracking.contender import Failed, running

MESSAGES = 600
PER_SECOND = 40
WARM_UP = 20
"""Not counted: connections are opened, templates compiled, groups joined."""
DEADLINE = timedelta(seconds=90)
ASK_PAUSE = timedelta(milliseconds=500)


@dataclass(frozen=True)
class Latency:
    """Milliseconds."""

    p50: float
    p99: float


async def compare(ground: NotifierGround, tell: Tell) -> tuple[Latency, Latency]:
    """(a) and (b)."""
    arguments = (ground.broker.bootstrap, TRACKING_STEPS.name, f"{ground.provider}/messages")
    log, environment = ground.folder / "bare-consumer.log", ground.plain_environment()
    bare_running = running("tests.bench.notifier.bare_consumer", *arguments, environment=environment, log=log)
    bare = await _measured(ground, "bare", bare_running)
    tell(f"bare consumer: p50 {bare.p50:.1f} ms, p99 {bare.p99:.1f} ms")
    url = await ground.fresh_copy("hito_latency", EMPTY)
    hito = await _measured(ground, "latency", notifier_processes(ground, url, "consume", "send", "relay"))
    tell(f"notifier: p50 {hito.p50:.1f} ms, p99 {hito.p99:.1f} ms")
    return bare, hito


async def _measured(ground: NotifierGround, run: str, contender: AbstractAsyncContextManager[Any]) -> Latency:
    publisher = Publisher(
        ground.broker.bootstrap, idempotence=ground.broker.supports_idempotence, client_id="bench-latency"
    )
    await publisher.connect()
    try:
        async with contender:
            now = datetime.now(UTC)
            await _publish(publisher, steps_told(f"{run}-warm", WARM_UP, Channel.SMS, now), now)
            await _until_taken(ground, {str(_id(s)) for s in steps_told(f"{run}-warm", WARM_UP, Channel.SMS, now)})
            published = await _publish(publisher, steps_told(run, MESSAGES, Channel.SMS, now), now)
            taken = await _until_taken(ground, set(published))
    finally:
        await publisher.close()
    await ground.taken(forget=True)
    waits = quantiles(((taken[message] - at) * 1_000 for message, at in published.items()), n=100)
    return Latency(waits[49], waits[98])


def _id(step: StepReached) -> Any:
    return message_id(step, BUYER, Channel.SMS)


async def _publish(publisher: Publisher, steps: Sequence[StepReached], now: datetime) -> Mapping[str, float]:
    """One by one at the wanted pace; answers the instant before each publish, by the message's id."""
    published, began = {}, time.monotonic()
    for nth, (step, message) in enumerate(zip(steps, messages_of(steps, now), strict=True)):
        await asyncio.sleep(max(0.0, began + nth / PER_SECOND - time.monotonic()))
        published[str(_id(step))] = time.monotonic()
        await publisher.publish([message], DEADLINE)
    return published


async def _until_taken(ground: NotifierGround, wanted: set[str]) -> Mapping[str, float]:
    """When the provider took each of them first."""
    taken: dict[str, float] = {}
    try:
        async with asyncio.timeout(DEADLINE.total_seconds()):
            while wanted - taken.keys():
                await asyncio.sleep(ASK_PAUSE.total_seconds())
                taken = {message: at for message, at in reversed(await ground.taken()) if message in wanted}
    except TimeoutError as error:
        raise Failed(f"{len(wanted - taken.keys())} of {len(wanted)} messages never reached the provider") from error
    return taken
