"""Where the notifier spends its time: `python -m tests.bench.notifier.profile_send [messages] [sms|whatsapp]`.

Its intake and its sender run in this process, one after the other, under cProfile (processor time by function; where
SQLAlchemy switches greenlets, part of a function's time goes to its neighbour), beside the same bodies posted bare.
What is printed is processor time of this process alone: PostgreSQL and the provider have theirs.
"""

from __future__ import annotations

import cProfile
import os
import pstats
import random
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from functools import partial

import uvloop

from sandbox.world import SHOPS_FOLDER
from services.notifier.channels import adapters_by_provider, installed, load_channel_settings, open_adapters
from services.notifier.compose import Composer
from services.notifier.intake import Planner, intake
from services.notifier.sender import IN_FLIGHT, Sender
from services.notifier.wording.catalog import MESSAGES
from services.notifier.wording.proofread import load_catalog
from shared.contracts.base import Contract, decode
from shared.contracts.envelope import Envelope
from shared.contracts.steps import StepReached
from shared.contracts.topics import TRACKING_STEPS
from shared.contracts.vocabulary import Channel
from shared.database import Database, DatabaseSettings, fetch, open_database
from shared.messaging.inbox import Delivery, claim, digest_of
from shared.observability.logs import configure_logs
from shared.processes import Runtime
from shared.settings import load_settings
from shared.shops import load_shops
from tests.bench.notifier.bare_loop import post_all
from tests.bench.notifier.ground import EMPTY, NotifierGround, prepared_ground
from tests.bench.notifier.sending import CALLS
from tests.bench.notifier.workload import messages_of, steps_told

HOW_MANY = 1_000
BATCH = 500
TOP = 40
OURS = r"/(services|shared)/"


def now() -> datetime:
    return datetime.now(UTC)


async def profile(how_many: int, channel: Channel) -> None:
    async with prepared_ground() as ground:
        url = await ground.fresh_copy("hito_profile", EMPTY)
        os.environ.update(ground.notifier_environment("send", url))
        shops, settings = load_shops(SHOPS_FOLDER), load_channel_settings()
        adapters = open_adapters(settings)
        composer = Composer(load_catalog(MESSAGES, shops), shops, adapters)
        planner = Planner(shops, installed(settings), now)
        async with open_database(load_settings(DatabaseSettings), "profile") as database:
            sender = Sender(database, composer, Runtime("notifier", ("send",)), now, random.Random(1))
            for run, profiled in (("warm", False), ("plain", False), ("profiled", True)):
                taking_in = partial(_take_in, database, planner, _batches(run, how_many, channel))
                await _measured("intake", how_many, taking_in, profiled=profiled)
                await _measured("send", how_many, partial(_send, sender, channel), profiled=profiled)
            bodies = (await _bodies(database))[:how_many]
        await _measured("bare loop", how_many, partial(_post, ground, channel, bodies), profiled=False)
        for adapter in adapters_by_provider(adapters).values():
            await adapter.close()


def _batches(run: str, how_many: int, channel: Channel) -> Sequence[list[Delivery[Contract]]]:
    steps = steps_told(run, how_many, channel, now())
    deliveries: list[Delivery[Contract]] = [
        Delivery(
            TRACKING_STEPS.name,
            0,
            offset,
            Envelope.from_headers(message.headers),
            decode(StepReached, message.value or b""),
            digest_of(message.value or b""),
        )
        for offset, message in enumerate(messages_of(steps, now()))
    ]
    return [deliveries[first : first + BATCH] for first in range(0, how_many, BATCH)]


async def _measured(what: str, messages: int, work: Callable[[], Awaitable[None]], *, profiled: bool) -> None:
    profiler, started = cProfile.Profile(time.thread_time), time.thread_time()
    if profiled:
        profiler.enable()
    await work()
    if profiled:
        profiler.disable()
    spent = (time.thread_time() - started) / messages * 1e6
    print(f"\n{what}: {spent:,.0f} us of processor time a message{' under cProfile' if profiled else ''}", flush=True)
    if profiled:
        stats = pstats.Stats(profiler, stream=sys.stdout)
        stats.sort_stats("cumtime").print_stats(OURS, TOP)
        stats.sort_stats("tottime").print_stats(TOP)


async def _take_in(database: Database, planner: Planner, batches: Sequence[list[Delivery[Contract]]]) -> None:
    for batch in batches:
        async with database.transaction() as tx:
            claimed = await claim(tx, batch)
            await intake(planner).handle(tx, claimed.fresh)


async def _send(sender: Sender, channel: Channel) -> None:
    while await sender.work_off(channel):
        pass


async def _post(ground: NotifierGround, channel: Channel, bodies: Sequence[bytes]) -> None:
    path, kind, authorization = CALLS[channel]
    headers = {"Content-Type": kind, "Authorization": authorization}
    await post_all(f"{ground.provider}{path}", headers, IN_FLIGHT, iter(bodies))


async def _bodies(database: Database) -> list[bytes]:
    async with database.transaction() as tx:
        rows = await fetch(tx, "SELECT request FROM messages WHERE state = 'accepted'")
    return [bytes(row["request"]) for row in rows]


def main() -> None:
    configure_logs("bench", "ERROR")
    how_many, channel = sys.argv[1] if len(sys.argv) > 1 else HOW_MANY, sys.argv[2] if len(sys.argv) > 2 else "sms"
    uvloop.run(profile(int(how_many), Channel(channel)))


if __name__ == "__main__":
    main()
