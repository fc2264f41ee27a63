"""Tables are kept small by themselves: in turns, in small bites, and without harm to anybody when something fails."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from prometheus_client import REGISTRY
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.contracts.envelope import Outgoing
from shared.database import Database, fetch, run
from shared.housekeeping import PERSISTENT, Bite, Duty, Housekeeping
from shared.messaging import outbox
from shared.messaging.dead_letters import DeadLetter, bury
from shared.messaging.sweeping import KEEP_DEAD_LETTERS, messaging_duties, sweep_dead_letters, sweep_outbox
from shared.processes import Runtime
from tests.support.migrated import ask, count, opened
from tests.support.waiting import until

HOUR = timedelta(hours=1)


class Clock:
    """Shows what it was set to."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 2, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


def housekeeping(database: Database, clock: Clock, *bites: Bite, every: timedelta = HOUR) -> Housekeeping:
    duties = [Duty(f"duty {nth}", every, bite) for nth, bite in enumerate(bites)]
    return Housekeeping(duties, database, Runtime("test", ("relay",)), clock)


class Heap:
    """So and so many bites of work."""

    def __init__(self, size: int) -> None:
        self.size, self.bites = size, 0

    async def __call__(self, tx: AsyncConnection, now: datetime) -> int:
        self.bites += 1
        self.size, did = max(0, self.size - 1), min(1, self.size)
        return did


async def test_a_duty_takes_bite_after_bite_until_nothing_is_left_and_then_rests(messaging: Database) -> None:
    clock, heap = Clock(), Heap(3)
    house = housekeeping(messaging, clock, heap)
    assert [await house.go_round() for _ in range(5)] == [True, True, True, False, False]
    assert heap.bites == 4
    clock.now += HOUR
    await house.go_round()
    assert heap.bites == 5


async def test_a_long_duty_does_not_keep_the_others_waiting(messaging: Database) -> None:
    long, short = Heap(1_000), Heap(2)
    house = housekeeping(messaging, Clock(), long, short)
    for _ in range(3):
        await house.go_round()
    assert (long.size, short.size) == (997, 0)


async def test_of_two_processes_one_does_the_work_at_a_time(messaging: Database) -> None:
    first, second = Heap(1), Heap(1)

    async def meanwhile(tx: AsyncConnection, now: datetime) -> int:
        assert not await housekeeping(messaging, Clock(), second).go_round()
        return await first(tx, now)

    assert await housekeeping(messaging, Clock(), meanwhile).go_round()
    assert (first.bites, second.bites) == (1, 0)
    assert await housekeeping(messaging, Clock(), second).go_round()


async def break_down(tx: AsyncConnection, now: datetime) -> int:
    await run(tx, "DELETE FROM outbox")
    raise ZeroDivisionError


async def test_a_duty_that_fails_changes_nothing_and_stops_no_other(messaging: Database) -> None:
    await write(messaging, 1)
    heap = Heap(1)
    assert await housekeeping(messaging, Clock(), break_down, heap).go_round()
    assert heap.size == 0
    assert await count(messaging, "outbox") == 1


async def test_only_a_duty_that_fails_for_a_day_makes_its_process_unready(messaging: Database) -> None:
    clock = Clock()
    house = housekeeping(messaging, clock, break_down, Heap(0))
    await house.go_round()
    assert await house.unready() is None
    clock.now += PERSISTENT + timedelta(seconds=1)
    await house.go_round()
    assert await house.unready() == "duty 0: failing since 2026-03-02 00:00 UTC, last ZeroDivisionError"


async def test_a_duty_that_works_again_makes_its_process_ready_again(messaging: Database) -> None:
    clock, broken = Clock(), True

    async def sometimes(tx: AsyncConnection, now: datetime) -> int:
        return await break_down(tx, now) if broken else 0

    house = housekeeping(messaging, clock, sometimes)
    clock.now += PERSISTENT + HOUR
    await house.go_round()
    assert await house.unready() is not None
    broken = False
    clock.now += HOUR
    await house.go_round()
    assert await house.unready() is None


async def test_a_bite_gives_up_a_lock_that_somebody_holds(messaging: Database) -> None:
    async def want_the_table(tx: AsyncConnection, now: datetime) -> int:
        await run(tx, "LOCK TABLE outbox IN ACCESS EXCLUSIVE MODE")
        return 1

    failures = failed("duty 0")
    async with messaging.transaction() as tx:
        await fetch(tx, "SELECT count(*) FROM outbox")
        assert not await housekeeping(messaging, Clock(), want_the_table).go_round()
    assert failed("duty 0") == failures + 1


def failed(duty: str) -> float:
    labels = {"service": "test", "duty": duty}
    return REGISTRY.get_sample_value("otn_housekeeping_failures_total", labels) or 0.0


async def test_a_process_keeps_the_tables_of_messaging_small_by_itself(database: str, messaging: Database) -> None:
    await write(messaging, 12_000)
    await ask(messaging, "UPDATE outbox SET published_at = now() - interval '6 minutes' RETURNING id")
    runtime = Runtime("test", ("relay",))
    async with opened(database, "relay") as own:
        house = Housekeeping(messaging_duties(), own, runtime, lambda: datetime.now(UTC))
        running = asyncio.create_task(house.run())
        await until(lambda: is_empty(messaging, "outbox"), "old rows are gone, in more than one bite")
        await until(lambda: has_months(messaging), "the months to come are made")
        assert await runtime.health.unready() == {}
        runtime.stop.set()
        await asyncio.wait_for(running, 10)
    assert REGISTRY.get_sample_value("otn_partitions_ahead", {"table": "inbox"}) == 3


async def is_empty(database: Database, table: str) -> bool:
    return await count(database, table) == 0


async def has_months(database: Database) -> bool:
    return await count(database, "pg_inherits", "inhparent = CAST('inbox' AS regclass)") == 7


async def write(database: Database, number: int) -> None:
    async with database.transaction() as tx:
        await outbox.append(tx, [Outgoing("steps", b"k", b"{}", [("nth", str(nth).encode())]) for nth in range(number)])


async def test_published_rows_go_after_five_minutes_and_unpublished_ones_never(messaging: Database) -> None:
    await write(messaging, 3)
    first, second, _ = [row["id"] for row in await ask(messaging, "SELECT id FROM outbox ORDER BY id")]
    now = datetime.now(UTC)
    for published, age in ((first, timedelta(minutes=6)), (second, timedelta(minutes=4))):
        at = "UPDATE outbox SET published_at = :at WHERE id = :id RETURNING id"
        await ask(messaging, at, at=now - age, id=published)
    await ask(messaging, "UPDATE outbox SET created_at = now() - interval '9 days' RETURNING id")
    async with messaging.transaction() as tx:
        assert await sweep_outbox(tx, now) == 1
        assert await sweep_outbox(tx, now + timedelta(days=9)) == 1
    assert await count(messaging, "outbox", "published_at IS NULL") == 1


async def test_dead_letters_go_when_there_was_time_enough_to_mend_and_replay_them(messaging: Database) -> None:
    async with messaging.transaction() as tx:
        await bury(tx, [DeadLetter("orders", 0, nth, b"k", b"v", [], "invalid") for nth in range(3)], "test")
    now = datetime.now(UTC)
    await ages(messaging, [KEEP_DEAD_LETTERS + HOUR, KEEP_DEAD_LETTERS - HOUR, HOUR], now)
    async with messaging.transaction() as tx:
        assert await sweep_dead_letters(tx, now) == 1
        assert await sweep_dead_letters(tx, now) == 0
    assert await count(messaging, "dead_letters") == 2


async def ages(database: Database, letters: Sequence[timedelta], now: datetime) -> None:
    for offset, age in enumerate(letters):
        await ask(
            database,
            'UPDATE dead_letters SET first_seen = :at WHERE "offset" = :offset RETURNING id',
            at=now - age,
            offset=offset,
        )
