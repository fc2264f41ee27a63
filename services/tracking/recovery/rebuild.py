"""`python -m services.tracking rebuild`: makes an empty database ready to take everything in again from Kafka.

What was erased and what was announced is put back on record first, so that the replay brings no contact back and
announces nothing twice; then the consumers' group goes back to the beginning of its topics. Nothing is changed while
others are in the group or when facts have been taken in. Running it again before the consumers are started is safe.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from services.tracking import store_writes
from services.tracking.announce import Announcer
from services.tracking.erasure import take_in_erasures
from services.tracking.intake import GROUP, TOPICS
from services.tracking.recovery.from_the_beginning import read_whole, rewinding
from services.tracking.tokens import hash_of, token_of
from shared.contracts.steps import StepReached
from shared.contracts.topics import TRACKING_ERASURES, TRACKING_STEPS, Topic
from shared.database import Database, columns, fetch, run
from shared.migrate import current_revision, newest_revision
from shared.observability.logs import get_logger
from shared.settings import BrokenConfiguration


@dataclass(frozen=True)
class Replay:
    """What is taken in again, by which group, and where it is written what was announced."""

    bootstrap: str
    session: timedelta
    group: str = GROUP
    topics: Sequence[Topic] = TOPICS
    steps: Topic = TRACKING_STEPS
    erasures: Topic = TRACKING_ERASURES
    patience: timedelta = timedelta(seconds=45)
    """How long others of the group are waited for to leave."""


async def rebuild(database: Database, migrations: Path, replay: Replay, announcer: Announcer) -> int:
    """Answers how many steps were found. Raises BrokenConfiguration, whose text says what to do first.

    Of the announcer only the links are used; its directory may be empty.
    """
    await _require_empty(database, newest_revision(migrations))
    found = 0
    async with rewinding(replay.bootstrap, replay.group, replay.topics, replay.session, replay.patience) as rewind:
        async for erasures in read_whole(replay.bootstrap, replay.erasures):
            async with database.transaction() as tx:
                await take_in_erasures(tx, erasures, announcer)
        async for deliveries in read_whole(replay.bootstrap, replay.steps):
            steps = [each.data for each in deliveries if isinstance(each.data, StepReached)]
            await _put_on_record(database, steps, announcer.token_secret)
            found += len(steps)
        await rewind()
    get_logger().info("rebuild_ready", count=found)
    return found


async def _require_empty(database: Database, newest: str) -> None:
    async with database.transaction() as tx:
        revision = await current_revision(tx)
        if revision != newest:
            raise BrokenConfiguration(f"database: it is at {revision or 'nothing'}, {newest} is needed: migrate first")
        rows = await fetch(
            tx,
            "SELECT EXISTS (SELECT FROM inbox) OR EXISTS (SELECT FROM snapshots) "
            "OR EXISTS (SELECT FROM timeline) AS used",
        )
    if rows[0]["used"]:
        raise BrokenConfiguration(
            "database: facts have been taken in already, and a rebuild starts from nothing: "
            "give tracking an empty database and migrate it first"
        )


async def _put_on_record(database: Database, steps: Sequence[StepReached], token_secret: str) -> None:
    """Each step once, and each order with as many as it was told of: it is known by nothing else yet."""
    orders: dict[tuple[str, str], int] = {}
    for step in steps:
        key = (step.shop, step.order_id)
        orders[key] = max(step.sequence, orders.get(key, 0))
    made = [
        {"shop": shop, "id": order, "token": hash_of(token_of(token_secret, shop, order)), "announced": announced}
        for (shop, order), announced in sorted(orders.items())
    ]
    async with database.transaction() as tx:
        await run(
            tx,
            "INSERT INTO orders (shop, order_id, token_hash, steps_announced) SELECT * FROM unnest("
            "CAST(:shop AS text[]), CAST(:id AS text[]), CAST(:token AS bytea[]), CAST(:announced AS int[])) "
            "ON CONFLICT (shop, order_id) DO UPDATE "
            "SET steps_announced = greatest(orders.steps_announced, excluded.steps_announced)",
            **columns(made, "shop", "id", "token", "announced"),
        )
        told, amended = ([s for s in steps if (s.amends is not None) is wanted] for wanted in (False, True))
        await store_writes.write_steps(tx, [_step_row(step) for step in told], then="ON CONFLICT DO NOTHING")
        for step in amended:
            await _go_by_another_carrier(tx, step)


async def _go_by_another_carrier(tx: AsyncConnection, step: StepReached) -> None:
    """It was told of a parcel that turned out to be another carrier's; what amends it comes later on its partition."""
    assert step.amends is not None and step.parcel is not None, "only steps about a parcel are amended"
    await run(
        tx,
        "UPDATE steps SET parcel = :parcel WHERE event_id = :told",
        parcel=step.parcel.key,
        told=step.amends.event,
    )


def _step_row(step: StepReached) -> dict[str, Any]:
    return {
        "shop": step.shop,
        "order_id": step.order_id,
        "step": step.step,
        "occurrence": step.occurrence,
        "parcel": step.parcel.key if step.parcel else "",
        "sequence": step.sequence,
        "occurred_at": step.occurred_at,
        "still_true": step.still_true,
        "event_id": step.event_id,
        "caused_by": step.caused_by,
    }
