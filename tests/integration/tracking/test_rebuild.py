"""A tracking whose database was lost takes everything in again from Kafka: the same rows, nothing announced twice."""

from __future__ import annotations

import asyncio
import os
import random
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from sandbox.backends.servers import Broker
from services.tracking.erasure import request_erasure
from services.tracking.recovery.rebuild import Replay, rebuild
from services.tracking.store import OrderKey
from services.tracking.watch import look_once
from shared.contracts.topics import TRACKING_ERASURES, TRACKING_STEPS
from shared.database import Database, Row, run
from shared.messaging.outbox import Relay
from shared.messaging.publish import open_publisher
from shared.processes import Runtime
from shared.settings import EXIT_BROKEN_CONFIGURATION, BrokenConfiguration
from tests.support.deliveries import at, delivery, scan
from tests.support.migrated import MIGRATIONS, FreshDatabase, ask, count, opened
from tests.support.real_lives import NAMED
from tests.support.real_lives.lived import messages
from tests.support.source_files import ROOT
from tests.support.tracking_line import TrackingLine, new_tracking_line
from tests.support.tracking_rows import rows_of
from tests.support.tracking_world import FARO, Tracking, announcer_for
from tests.support.waiting import until

ANNOUNCER = announcer_for(FARO)
LONG_AFTER = datetime(2026, 12, 1, 12, tzinfo=UTC)


@pytest.fixture
async def line(broker: Broker) -> TrackingLine:
    return await new_tracking_line(broker)


@asynccontextmanager
async def new_database(fresh_database: FreshDatabase, template: str) -> AsyncIterator[Database]:
    async with opened(await fresh_database(template)) as database:
        yield database


async def put_back(database: Database, line: TrackingLine, patience: timedelta = timedelta(seconds=30)) -> int:
    broker = line.broker
    replay = Replay(
        broker.bootstrap, broker.shortest_session, line.group, line.taken_in, line.steps, line.erasures, patience
    )
    return await rebuild(database, MIGRATIONS["tracking"], replay, ANNOUNCER)


async def take_all_in(database: Database, line: TrackingLine, facts: int) -> None:
    async with line.consuming(database, ANNOUNCER, members=2):
        await line.until_taken_in(facts)


async def relay(database: Database, line: TrackingLine) -> None:
    """Publish what was announced and erased, on the topics that this test has for it."""
    async with database.transaction() as tx:
        for topic, ours in ((TRACKING_STEPS, line.steps), (TRACKING_ERASURES, line.erasures)):
            await run(tx, "UPDATE outbox SET topic = :ours WHERE topic = :name", ours=ours.name, name=topic.name)
        await run(tx, "DELETE FROM outbox WHERE topic <> ALL(:ours)", ours=[line.steps.name, line.erasures.name])
    runtime = Runtime("test", ("relay",))
    broker = line.broker
    async with open_publisher(
        broker.bootstrap, idempotence=broker.supports_idempotence, client_id="test-relay"
    ) as publisher:
        relaying = asyncio.create_task(Relay(database, publisher, runtime).run())
        await until(lambda: all_published(database), "everything is published")
        runtime.stop.set()
        await relaying


async def all_published(database: Database) -> bool:
    return await count(database, "outbox", "published_at IS NULL") == 0


async def steps_on_record(database: Database) -> list[Row]:
    return await ask(database, "SELECT * FROM steps ORDER BY shop, order_id, sequence")


async def steps_announced(database: Database) -> int:
    return await count(database, "outbox", f"topic = '{TRACKING_STEPS.name}'")


async def watch_for_long(database: Database) -> None:
    """Promises are broken and parcels fall silent, day after day."""
    for days in range(3, 30):
        while await look_once(database, ANNOUNCER, at(days, "08:00")):
            pass
    while await look_once(database, ANNOUNCER, LONG_AFTER):
        pass


@pytest.mark.timeout(200)
async def test_rebuilt_from_kafka_the_rows_are_the_same_and_nothing_is_announced_twice(
    line: TrackingLine, fresh_database: FreshDatabase, tracking_template: str
) -> None:
    facts = messages(NAMED)  # whose a number is may be settled by other facts first, which amends what was told
    random.Random(9).shuffle(facts)
    await line.publish(facts)
    async with new_database(fresh_database, tracking_template) as lost:
        await take_all_in(lost, line, len(facts))
        await watch_for_long(lost)
        await relay(lost, line)
        before, told_before = await rows_of(lost), await steps_on_record(lost)
    assert any(row["caused_by"] is None for row in told_before), "time has told nothing: the story is too short"
    async with new_database(fresh_database, tracking_template) as database:
        assert await put_back(database, line) == len(told_before)
        await take_all_in(database, line, len(facts))
        assert await rows_of(database) == before
        assert await steps_on_record(database) == told_before
        assert await steps_announced(database) == 0


async def test_what_happens_after_the_loss_is_announced_with_the_next_number(
    line: TrackingLine, fresh_database: FreshDatabase, tracking_template: str
) -> None:
    facts = [each for each in messages() if each.data.key in ("demo/A-0", "seur/S-0")]  # type: ignore[attr-defined]
    await line.publish(facts[:-1])
    async with new_database(fresh_database, tracking_template) as lost:
        await take_all_in(lost, line, len(facts) - 1)
        await relay(lost, line)
        numbers = [row["sequence"] for row in await steps_on_record(lost)]
    async with new_database(fresh_database, tracking_template) as database:
        await put_back(database, line)
        await line.publish(facts[-1:])
        await take_all_in(database, line, len(facts))
        (step,) = await Tracking(database, ANNOUNCER).steps()
        assert (step.step, step.sequence) == ("delivered", max(numbers) + 1)


async def test_contact_that_was_erased_does_not_come_back_with_the_order(
    line: TrackingLine, fresh_database: FreshDatabase, tracking_template: str
) -> None:
    facts = [each for each in messages() if each.data.key == "demo/A-0"]  # type: ignore[attr-defined]
    await line.publish(facts)
    async with new_database(fresh_database, tracking_template) as lost:
        await take_all_in(lost, line, len(facts))
        async with lost.transaction() as tx:
            await request_erasure(tx, OrderKey(FARO.id, "A-0"), LONG_AFTER)
        await relay(lost, line)
        before = await rows_of(lost)
    async with new_database(fresh_database, tracking_template) as database:
        await put_back(database, line)
        await take_all_in(database, line, len(facts))
        assert await rows_of(database) == before
        assert "lucia" not in repr(before)
        assert await count(database, "orders", "erased_at IS NOT NULL AND email IS NULL") == 1


async def test_it_can_be_done_again_before_the_consumers_start(
    line: TrackingLine, fresh_database: FreshDatabase, tracking_template: str
) -> None:
    facts = messages()[:40]
    await line.publish(facts)
    async with new_database(fresh_database, tracking_template) as lost:
        await take_all_in(lost, line, len(facts))
        await relay(lost, line)
        told_before = await steps_on_record(lost)
    async with new_database(fresh_database, tracking_template) as database:
        await put_back(database, line)
        await put_back(database, line)
        assert await steps_on_record(database) == told_before


async def test_a_database_that_has_taken_something_in_is_left_as_it_is(
    line: TrackingLine, fresh_database: FreshDatabase, tracking_template: str
) -> None:
    async with new_database(fresh_database, tracking_template) as database:
        await Tracking(database, ANNOUNCER).tell(delivery(scan("accepted", 3)))
        with pytest.raises(BrokenConfiguration, match="empty database"):
            await put_back(database, line)


async def test_a_database_without_its_schema_is_migrated_first(
    line: TrackingLine, fresh_database: FreshDatabase
) -> None:
    async with opened(await fresh_database()) as database:
        with pytest.raises(BrokenConfiguration, match="migrate first"):
            await put_back(database, line)


async def test_as_a_command_it_ends_with_the_reason_and_the_code_of_a_broken_configuration(
    broker: Broker, database: str
) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "services.tracking", "rebuild"),
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "DATABASE_URL": database,
            "KAFKA_BOOTSTRAP": broker.bootstrap,
            "GATEWAY_URL": "http://127.0.0.1:1",
            "TRACKING_PUBLIC_URL": "https://hito.example",
            "TRACKING_TOKEN_SECRET": "s" * 32,
        },
        stderr=asyncio.subprocess.PIPE,
    )
    _, errors = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode == EXIT_BROKEN_CONFIGURATION
    assert "migrate first" in errors.decode().splitlines()[-1]


async def test_while_a_consumer_runs_nothing_is_changed(
    line: TrackingLine, fresh_database: FreshDatabase, tracking_template: str
) -> None:
    facts = messages()[:10]
    await line.publish(facts)
    async with (
        new_database(fresh_database, tracking_template) as lost,
        new_database(fresh_database, tracking_template) as database,
        line.consuming(lost, ANNOUNCER, members=1),
    ):
        await line.until_taken_in(len(facts))
        with pytest.raises(BrokenConfiguration, match="stop every `tracking consume` first"):
            await put_back(database, line, timedelta(seconds=4))
        assert await count(database, "orders") == 0
