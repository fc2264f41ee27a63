"""Taking one order's contact out of a database, and counting afterwards what is left.

Each table says in one place which rows are the order's, which of those hold contact, and how they are emptied; erasing
and counting use the same words, so that a proof cannot count something else than what was erased.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.contracts.erasures import ErasedRows
from shared.contracts.topics import SHOP_ORDERS, TRACKING_STEPS, Topic
from shared.database import fetch, run


@dataclass(frozen=True, slots=True)
class ContactTable:
    """A table, or a kind of its rows. SQL over :shop, :order_id and :key (the Kafka key `shop/order`, as bytes)."""

    name: str
    """What the proof calls it."""
    table: str
    of_order: str
    holds_contact: str
    emptied: str | None
    """What UPDATE sets. None: the rows go as a whole."""

    @property
    def erasing(self) -> str:
        change = f"DELETE FROM {self.table}" if self.emptied is None else f"UPDATE {self.table} SET {self.emptied}"
        return f"{change} WHERE {self.of_order} AND {self.holds_contact}"

    @property
    def counting(self) -> str:
        return (
            f"SELECT count(*) AS kept, count(*) FILTER (WHERE {self.holds_contact}) AS remaining "
            f"FROM {self.table} WHERE {self.of_order}"
        )


async def erase(
    tx: AsyncConnection, tables: Sequence[ContactTable], shop: str, order_id: str
) -> tuple[ErasedRows, ...]:
    """Empty the tables in the order given, then count. The caller holds what keeps others from writing more."""
    values = {"shop": shop, "order_id": order_id, "key": f"{shop}/{order_id}".encode()}
    erased = [await run(tx, table.erasing, **values) for table in tables]
    found = [(await fetch(tx, table.counting, **values))[0] for table in tables]
    return tuple(
        ErasedRows(table=table.name, erased=touched, remaining=counted["remaining"], kept=counted["kept"])
        for table, touched, counted in zip(tables, erased, found, strict=True)
    )


OF_ORDER = "shop = :shop AND order_id = :order_id"


def without_contact(document: str) -> str:
    """The SQL for an order's or a step's JSON without contact: what `shared/contracts/erasures.py` does in Python."""
    kept = f"'locale', {document} #> '{{buyer,locale}}', 'timezone', {document} #> '{{buyer,timezone}}'"
    buyer = f"jsonb_strip_nulls(jsonb_build_object({kept}, 'consents', jsonb_build_array()))"
    return f"({document} || jsonb_build_object('buyer', {buyer}, 'recipients', jsonb_build_array()))"


def holds_contact(document: str) -> str:
    """Everything but language and time zone counts, so that a field of next year is not overlooked."""
    return (
        f"(({document} -> 'buyer') - ARRAY['locale', 'timezone', 'consents'] <> '{{}}' "
        f"OR coalesce({document} #> '{{buyer,consents}}', '[]') <> '[]' "
        f"OR coalesce({document} -> 'recipients', '[]') <> '[]')"
    )


BYTES_ERASED = "erased: "
"""What the reason of a dead letter begins with once its bytes are gone."""
DEAD_LETTERS = ContactTable(
    name="dead_letters",
    table="dead_letters",
    of_order=f"key = :key AND topic IN ('{SHOP_ORDERS.name}', '{TRACKING_STEPS.name}')",
    holds_contact="value IS NOT NULL",
    emptied=f"value = NULL, headers = '[]', reason = left('{BYTES_ERASED}' || reason, 300)",
)
"""Their bytes could not be read, so all of them go; where they came from and why they were buried stays."""


def letters_in_outbox(source: Topic) -> ContactTable:
    """Dead letters of this topic on their way to `<topic>.dead`, or back to be tried again: unreadable like their rows.

    One that was still to be published will not be: its row says what there is to say.
    """
    return ContactTable(
        name="outbox (dead letters)",
        table="outbox",
        of_order=f"key = :key AND topic IN ('{source.name}', '{source.dead}')",
        holds_contact="value IS NOT NULL",
        emptied=None,
    )
