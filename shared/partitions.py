"""Tables in months: the months to come are made ahead, the months past go as a whole, and no row is ever refused.

What falls into no month (a scan from years ago, a clock that runs ahead) lies in the table's default partition. A past
month goes only with the rows that may go: what still counts moves to the default partition first, in one transaction.
Hazard: run everything here with a lock_timeout below the database's deadlock_timeout (1 s by default), so that in a
knot of locks it is always the housekeeping that gives way and never a consumer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.database import fetch, run

BEHIND_MONTHS = 2
AHEAD_MONTHS = 3
MOVED_AT_ONCE = 10_000
"""A month with more rows than this to move stays where it is: nobody waits long for a lock."""
SWEPT_AT_ONCE = 5_000


@dataclass(frozen=True)
class Months:
    """When the months of one table may go. `still_counts` is SQL over a row `r`, and over `:since`, now less `keep`."""

    table: str
    keep: timedelta
    """Counted from the end of the month."""
    still_counts: str
    moved_at_once: int = MOVED_AT_ONCE


def _first_of(day: date) -> date:
    return day.replace(day=1)


def _next(month: date) -> date:
    return month.replace(year=month.year + month.month // 12, month=month.month % 12 + 1)


def _previous(month: date) -> date:
    return month.replace(year=month.year - (month.month == 1), month=(month.month - 2) % 12 + 1)


def wanted_months(today: date, behind: int = BEHIND_MONTHS, ahead: int = AHEAD_MONTHS) -> Iterator[date]:
    """The first days of the months that a table should have, the present one first: it matters most."""
    month = _first_of(today)
    yield month
    for _ in range(ahead):
        month = _next(month)
        yield month
    month = _first_of(today)
    for _ in range(behind):
        month = _previous(month)
        yield month


async def make_months(tx: AsyncConnection, today: date, moved_at_once: int = MOVED_AT_ONCE) -> int:
    """Make what is missing of every table in months that this database has. Answers how many partitions were made."""
    made = 0
    for table, column in await _tables_in_months(tx):
        there = await months_of(tx, table)
        for month in wanted_months(today):
            if month not in there:
                made += await _make_month(tx, table, column, month, moved_at_once)
    return made


async def _tables_in_months(tx: AsyncConnection) -> list[tuple[str, str]]:
    """Every table in ranges of a timestamptz column, and that column, as the database's own catalogue has them."""
    rows = await fetch(
        tx,
        """
        SELECT c.relname AS name, a.attname AS column FROM pg_partitioned_table p
        JOIN pg_class c ON c.oid = p.partrelid
        JOIN pg_attribute a ON a.attrelid = p.partrelid AND a.attnum = p.partattrs[0]
        WHERE p.partstrat = 'r' AND p.partnatts = 1 AND a.atttypid = CAST('timestamptz' AS regtype)
          AND c.relnamespace = CAST(current_schema() AS regnamespace)
        ORDER BY c.relname
        """,
    )
    return [(row["name"], row["column"]) for row in rows]


async def months_of(tx: AsyncConnection, table: str) -> list[date]:
    """The months that have a partition, oldest first."""
    rows = await fetch(
        tx,
        r"""
        SELECT to_date(right(c.relname, 7), 'YYYY_MM') AS month FROM pg_inherits i
        JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = CAST(:table AS regclass) AND c.relname ~ '_[0-9]{4}_[0-9]{2}$' ORDER BY 1
        """,
        table=table,
    )
    return [row["month"] for row in rows]


async def _make_month(tx: AsyncConnection, table: str, column: str, month: date, moved_at_once: int) -> int:
    """Attached, not created in place: that leaves the table open to everybody but the default partition's writers."""
    name, until = f"{table}_{month:%Y_%m}", _next(month)
    within = f"{column} >= '{month}T00:00:00Z' AND {column} < '{until}T00:00:00Z'"
    default = f"{table}_default"
    waiting = await fetch(
        tx, f"SELECT count(*) AS n FROM (SELECT 1 FROM {default} WHERE {within} LIMIT {moved_at_once + 1}) AS w"
    )
    if waiting[0]["n"] > moved_at_once:
        return 0
    await run(tx, f"LOCK TABLE {default} IN SHARE ROW EXCLUSIVE MODE")
    await run(tx, f"CREATE TABLE {name} (LIKE {table} INCLUDING ALL)")
    await run(
        tx,
        f"WITH moved AS (DELETE FROM {default} WHERE {within} RETURNING *) INSERT INTO {name} SELECT * FROM moved",
    )
    await run(
        tx,
        f"ALTER TABLE {table} ATTACH PARTITION {name} FOR VALUES FROM ('{month}T00:00:00Z') TO ('{until}T00:00:00Z')",
    )
    return 1


async def drop_past_month(tx: AsyncConnection, months: Months, now: datetime) -> int:
    """Drop the oldest month that is past, keeping what still counts. Answers 1, or 0 when there is none to drop.

    While the month is read, only who writes into that very month waits; the table itself is closed for a moment.
    """
    since = now - months.keep
    for month in await months_of(tx, months.table):
        if datetime(*_next(month).timetuple()[:3], tzinfo=UTC) > since:
            break
        if await _drop_month(tx, months, f"{months.table}_{month:%Y_%m}", since):
            return 1
    return 0


async def _drop_month(tx: AsyncConnection, months: Months, name: str, since: datetime) -> bool:
    await run(tx, f"LOCK TABLE {name} IN SHARE MODE")
    await run(tx, "CREATE TEMP TABLE staying ON COMMIT DROP AS SELECT * FROM " + name + " LIMIT 0")
    staying = await run(
        tx,
        f"INSERT INTO staying SELECT r.* FROM {name} r WHERE {months.still_counts} LIMIT {months.moved_at_once + 1}",
        **_parameters(months, since),
    )
    if staying <= months.moved_at_once:
        await run(tx, f"ALTER TABLE {months.table} DETACH PARTITION {name}")
        await run(tx, f"INSERT INTO {months.table} SELECT * FROM staying")
        await run(tx, f"DROP TABLE {name}")
    await run(tx, "DROP TABLE staying")
    return staying <= months.moved_at_once


async def sweep_default(tx: AsyncConnection, months: Months, now: datetime) -> int:
    """Delete from the default partition what counts no more, a bounded number at a time. Answers how many."""
    default, since = f"{months.table}_default", now - months.keep
    return await run(
        tx,
        f"DELETE FROM {default} WHERE ctid = ANY(ARRAY("
        f"SELECT r.ctid FROM {default} r WHERE NOT ({months.still_counts}) LIMIT {SWEPT_AT_ONCE}))",
        **_parameters(months, since),
    )


def _parameters(months: Months, since: datetime) -> dict[str, datetime]:
    return {"since": since} if ":since" in months.still_counts else {}


async def count_default(tx: AsyncConnection, table: str) -> int:
    """Rows in the default partition, as the database's own statistics have it: counting would read them all."""
    rows = await fetch(
        tx, "SELECT n_live_tup AS n FROM pg_stat_user_tables WHERE relid = to_regclass(:name)", name=f"{table}_default"
    )
    return int(rows[0]["n"]) if rows else 0


def months_ahead(there: Sequence[date], today: date) -> int:
    """How many months after this one are made already, without a gap."""
    ahead, month = 0, _next(_first_of(today))
    while month in there:
        ahead, month = ahead + 1, _next(month)
    return ahead
