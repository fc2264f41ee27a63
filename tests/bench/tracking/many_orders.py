"""A million orders in minutes: one order taken in by the real intake, its rows copied under other numbers.

Written against the database's own catalogue, not against a list of columns: whatever table has an order's or a parcel's
number is copied with every column, and the template's numbers are replaced wherever they stand, in JSON too. Event ids
stay the template's; its links do not open the copies.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import asyncpg

from tests.bench.tracking.addresses import plain_address
from tests.bench.tracking.workload import order_id_of, reference_of

TEMPLATE = 0
"""Number of the order that is copied; the copies have the numbers from 1 on."""
AT_ONCE = 25_000
WORKERS = 2
NUMBER_WIDTH = 8

_TABLES = """
SELECT c.relname AS name, array_agg(a.attname::text ORDER BY a.attnum) AS columns,
       array_agg(format_type(a.atttypid, NULL) ORDER BY a.attnum) AS types
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' AND a.attidentity = ''
GROUP BY c.relname HAVING bool_or(a.attname IN ('order_id', 'reference')) ORDER BY c.relname
"""
_TEXTUAL = ("text", "character varying", "jsonb", "json")


@dataclass(frozen=True)
class Table:
    """A table that holds something of an order, with its columns and their types."""

    name: str
    types: Mapping[str, str]

    @property
    def of_template(self) -> str:
        if "order_id" in self.types:
            return f"t.order_id = '{order_id_of(TEMPLATE)}'"
        return f"t.reference = '{reference_of(TEMPLATE)}'"

    async def copying(self, connection: asyncpg.Connection) -> str:
        """The statement that copies the template's rows to the numbers from $1 to $2."""
        telling = {column: f"bool_or({_tells(column)})" for column, kind in self.types.items() if kind in _TEXTUAL}
        asked = f"SELECT {', '.join(telling.values())} FROM {self.name} t WHERE {self.of_template}"
        found = dict(zip(telling, await connection.fetchrow(asked), strict=True))
        values = [_value(column, kind, bool(found.get(column))) for column, kind in self.types.items()]
        names = ", ".join(f'"{column}"' for column in self.types)
        return (
            f"INSERT INTO {self.name} ({names}) SELECT {', '.join(values)} "
            f"FROM generate_series($1::int, $2::int) AS n CROSS JOIN {self.name} t WHERE {self.of_template}"
        )


def _tells(column: str) -> str:
    """Whether a number of the template stands in it."""
    text = f't."{column}"::text'
    return f"strpos({text}, '{order_id_of(TEMPLATE)}') > 0 OR strpos({text}, '{reference_of(TEMPLATE)}') > 0"


def _value(column: str, kind: str, tells: bool) -> str:
    number = f"lpad(n::text, {NUMBER_WIDTH}, '0')"
    if tells:
        text = f't."{column}"::text'
        for template in (order_id_of(TEMPLATE), reference_of(TEMPLATE)):
            before, _, after = template.partition("0" * NUMBER_WIDTH)
            text = f"replace({text}, '{template}', '{before}' || {number} || '{after}')"
        return f"{text}::{kind}"
    if kind == "bytea":  # the hash of the buyer's link, which is unique
        return f"sha256(convert_to({number}, 'UTF8'))"
    return f't."{column}"'


async def copy_orders(url: str, count: int, tell: Callable[[str], None]) -> None:
    """Fill up with so many copies; afterwards vacuumed and analysed, as a database is that has been in use."""
    pool = await asyncpg.create_pool(plain_address(url), min_size=1, max_size=WORKERS)
    async with pool:
        found = await pool.fetch(_TABLES)
        tables = [Table(row["name"], dict(zip(row["columns"], row["types"], strict=True))) for row in found]
        starts = iter(range(1, count + 1, AT_ONCE))
        await asyncio.gather(*(_copy_chunks(pool, tables, starts, count) for _ in range(WORKERS)))
        await pool.execute("VACUUM ANALYZE")
        await pool.execute("CHECKPOINT")
        size = await pool.fetchval("SELECT pg_size_pretty(pg_database_size(current_database()))")
    tell(f"{count:,} orders in {size}: {', '.join(table.name for table in tables)}")


async def _copy_chunks(pool: asyncpg.Pool, tables: Sequence[Table], starts: Iterator[int], count: int) -> None:
    """Foreign keys are not checked row by row: the copies are as sound as the template."""
    async with pool.acquire() as connection:
        await connection.execute("SET session_replication_role = replica; SET synchronous_commit = off")
        statements = [await table.copying(connection) for table in tables]
        for start in starts:
            async with connection.transaction():
                for statement in statements:
                    await connection.execute(statement, start, min(start + AT_ONCE - 1, count), timeout=120)
