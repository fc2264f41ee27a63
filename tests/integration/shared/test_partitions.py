"""Tables in months: made ahead, dropped when past, and no row refused, lost or locked out on the way."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from sqlalchemy.exc import DBAPIError

from shared.contracts.base import Contract
from shared.database import Database, run
from shared.messaging.failures import is_infrastructure
from shared.messaging.inbox import Claimed, Delivery, claim
from shared.messaging.sweeping import INBOX
from shared.partitions import drop_past_month, make_months, months_ahead, sweep_default, wanted_months
from tests.support.deliveries import delivery, scan
from tests.support.migrated import ask, count
from tests.support.waiting import until

MARCH = date(2026, 3, 15)
MAY = datetime(2026, 5, 20, tzinfo=UTC)


async def claim_in(database: Database, *deliveries: Delivery[Contract]) -> Claimed:
    async with database.transaction() as tx:
        return await claim(tx, deliveries)


async def months_made(database: Database, around: date = MARCH) -> int:
    async with database.transaction() as tx:
        return await make_months(tx, around)


async def drop(database: Database, now: datetime) -> int:
    async with database.transaction() as tx:
        await run(tx, "SET LOCAL lock_timeout = '300ms'")
        return await drop_past_month(tx, INBOX, now)


async def sweep(database: Database, now: datetime) -> int:
    async with database.transaction() as tx:
        return await sweep_default(tx, INBOX, now)


async def claimed_on(database: Database, moment: datetime) -> None:
    """Everything in the inbox was taken in then."""
    await ask(database, "UPDATE inbox SET claimed_at = :moment RETURNING event_id", moment=moment)


async def partitions_of(database: Database) -> list[str]:
    rows = await ask(
        database,
        "SELECT c.relname AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid "
        "WHERE i.inhparent = CAST('inbox' AS regclass) ORDER BY 1",
    )
    return [row["name"] for row in rows]


def scans(days: Sequence[int]) -> list[Delivery[Contract]]:
    return [delivery(scan("in_transit", day)) for day in days]


@pytest.mark.parametrize("today", [date(2026, 1, 31), date(2026, 3, 15), date(2026, 12, 1)])
def test_the_months_of_a_table_are_without_a_gap_and_the_present_one_is_made_first(today: date) -> None:
    months = list(wanted_months(today))
    assert months[0] == today.replace(day=1)
    assert len(set(months)) == 6
    steps = {(later.year - month.year) * 12 + later.month - month.month for month, later in pairwise(sorted(months))}
    assert steps == {1}
    assert months_ahead(sorted(months), today) == 3


async def test_months_can_be_made_again_and_again(messaging: Database) -> None:
    assert await months_made(messaging, date(2026, 1, 15)) == 6
    assert await months_made(messaging, date(2026, 1, 15)) == 0
    assert await months_made(messaging, date(2026, 2, 1)) == 1
    assert await partitions_of(messaging) == [
        "inbox_2025_11",
        "inbox_2025_12",
        "inbox_2026_01",
        "inbox_2026_02",
        "inbox_2026_03",
        "inbox_2026_04",
        "inbox_2026_05",
        "inbox_default",
    ]


async def test_any_table_in_ranges_of_time_gets_its_months(messaging: Database) -> None:
    async with messaging.transaction() as tx:
        await run(tx, "CREATE TABLE scans (at timestamptz NOT NULL, code text) PARTITION BY RANGE (at)")
        await run(tx, "CREATE TABLE scans_default PARTITION OF scans DEFAULT")
        await run(tx, "CREATE TABLE shelves (nth int) PARTITION BY RANGE (nth)")
    assert await months_made(messaging) == 12
    await ask(messaging, "INSERT INTO scans VALUES ('2026-03-31T23:59:59.999999Z', 'x') RETURNING at")
    assert await count(messaging, "scans_2026_03") == 1


async def test_an_event_goes_to_the_month_in_which_it_happened(messaging: Database) -> None:
    await months_made(messaging)
    await claim_in(messaging, delivery(scan("in_transit", 31, "23:59")))
    assert await count(messaging, "inbox_2026_03") == 1


async def test_a_month_takes_with_it_what_the_default_partition_holds_of_it(messaging: Database) -> None:
    early = scans([3, 4])
    old = delivery(scan("in_transit", 3), said_at=datetime(1987, 1, 2, tzinfo=UTC))
    await claim_in(messaging, *early, old)
    await months_made(messaging)
    assert await count(messaging, "inbox_2026_03") == 2
    assert await count(messaging, "inbox_default") == 1
    assert (await claim_in(messaging, *early, old)).fresh == []


async def test_a_month_with_too_much_to_move_stays_in_the_default_partition_and_is_claimed_once_all_the_same(
    messaging: Database,
) -> None:
    early = scans([3, 4, 5])
    await claim_in(messaging, *early)
    async with messaging.transaction() as tx:
        assert await make_months(tx, MARCH, moved_at_once=2) == 5
    assert "inbox_2026_03" not in await partitions_of(messaging)
    assert (await claim_in(messaging, *early)).fresh == []


async def test_while_months_are_made_others_go_on_claiming(messaging: Database) -> None:
    await months_made(messaging)
    async with messaging.transaction() as tx:
        await claim(tx, scans([3]))
        assert await months_made(messaging, date(2026, 4, 15)) == 1


async def test_a_month_goes_when_its_last_day_is_long_enough_ago_and_not_a_moment_sooner(messaging: Database) -> None:
    await months_made(messaging)
    await claim_in(messaging, *scans([1, 31]))
    await claimed_on(messaging, datetime(2026, 3, 31, tzinfo=UTC))
    for month in ("inbox_2026_01", "inbox_2026_02"):
        assert month in await partitions_of(messaging)
        assert await drop(messaging, MAY - timedelta(days=20)) == 1
    end = datetime(2026, 4, 1, tzinfo=UTC) + INBOX.keep
    assert await drop(messaging, end - timedelta(seconds=1)) == 0
    assert await drop(messaging, end) == 1
    assert (await partitions_of(messaging))[0] == "inbox_2026_04"
    assert await count(messaging, "inbox") == 0


async def test_what_was_taken_in_lately_outlives_its_month_and_goes_when_its_own_time_has_come(
    messaging: Database,
) -> None:
    await months_made(messaging, date(2026, 5, 1))
    lately, long_ago = scans([3])[0], scans([4])[0]
    await claim_in(messaging, long_ago)
    await claimed_on(messaging, datetime(2026, 3, 4, tzinfo=UTC))
    await claim_in(messaging, lately)
    await ask(
        messaging,
        "UPDATE inbox SET claimed_at = :moment WHERE event_id = :id RETURNING event_id",
        moment=MAY - timedelta(days=1),
        id=lately.envelope.id,
    )
    assert await drop(messaging, MAY) == 1
    assert (await claim_in(messaging, lately)).duplicates == [lately]
    assert await sweep(messaging, MAY + INBOX.keep - timedelta(days=1, seconds=1)) == 0
    assert await sweep(messaging, MAY + INBOX.keep) == 1
    assert await count(messaging, "inbox") == 0


async def test_a_month_in_which_too_much_still_counts_waits_and_the_one_after_it_may_go(
    messaging: Database,
) -> None:
    await months_made(messaging)
    late = [delivery(scan("in_transit", 3), said_at=datetime(2026, 1, day, tzinfo=UTC)) for day in (1, 2, 3)]
    await claim_in(messaging, *late)
    await claimed_on(messaging, MAY)
    async with messaging.transaction() as tx:
        assert await drop_past_month(tx, replace(INBOX, moved_at_once=2), MAY) == 1
    assert {"inbox_2026_01", "inbox_2026_03"} <= set(await partitions_of(messaging))
    assert "inbox_2026_02" not in await partitions_of(messaging)
    assert (await claim_in(messaging, *late)).fresh == []


async def test_who_drops_a_month_gives_way_to_a_transaction_that_reads_or_writes_the_table(messaging: Database) -> None:
    await months_made(messaging)
    async with messaging.transaction() as tx:
        await claim(tx, scans([3]))
        with pytest.raises(DBAPIError) as refused:
            await drop(messaging, MAY)
        assert is_infrastructure(refused.value)
        await claim(tx, scans([4]))
    assert "inbox_2026_01" in await partitions_of(messaging)
    assert await drop(messaging, MAY) == 1


async def test_an_event_of_the_very_month_that_goes_waits_and_is_then_claimed(messaging: Database) -> None:
    await months_made(messaging)
    late = delivery(scan("in_transit", 3), said_at=datetime(2026, 1, 7, tzinfo=UTC))
    async with messaging.transaction() as dropping:
        await drop_past_month(dropping, INBOX, MAY)
        claiming = asyncio.create_task(claim_in(messaging, late))
        await until(lambda: waits_for_a_lock(messaging), "the claim waits")
    assert (await claiming).fresh == [late]
    assert await count(messaging, "inbox_default") == 1
    assert (await claim_in(messaging, late)).duplicates == [late]


async def waits_for_a_lock(database: Database) -> bool:
    return await count(database, "pg_stat_activity", "wait_event_type = 'Lock' AND datname = current_database()") > 0
