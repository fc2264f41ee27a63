"""Taking one order's contact out of a database, and counting afterwards what is left.

Each table says in one place which rows are the order's, which of those hold contact, and how they are emptied; erasing
and counting use the same words, so that a proof cannot count something else than what was erased.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.contracts.erasures import ErasedRows
from shared.contracts.topics import SHOP_ORDERS, TRACKING_STEPS
from shared.database import fetch, run


@dataclass(frozen=True, slots=True)
class ContactTable:
    """SQL over :shop, :order_id and :key (the Kafka key `shop/order`, as bytes)."""

    name: str
    of_order: str
    holds_contact: str
    emptied: str
    """What UPDATE sets."""


async def erase(
    tx: AsyncConnection, tables: Sequence[ContactTable], shop: str, order_id: str
) -> tuple[ErasedRows, ...]:
    """Empty the tables in the order given, then count. The caller holds what keeps others from writing more."""
    values = {"shop": shop, "order_id": order_id, "key": f"{shop}/{order_id}".encode()}
    erased = [await run(tx, _update(table), **values) for table in tables]
    found = [await fetch(tx, _count(table), **values) for table in tables]
    return tuple(
        ErasedRows(table=table.name, erased=touched, remaining=rows[0]["remaining"], kept=rows[0]["kept"])
        for table, touched, rows in zip(tables, erased, found, strict=True)
    )


def _update(table: ContactTable) -> str:
    return f"UPDATE {table.name} SET {table.emptied} WHERE {table.of_order} AND {table.holds_contact}"


def _count(table: ContactTable) -> str:
    return (
        f"SELECT count(*) AS kept, count(*) FILTER (WHERE {table.holds_contact}) AS remaining "
        f"FROM {table.name} WHERE {table.of_order}"
    )


OF_ORDER = "shop = :shop AND order_id = :order_id"


def document_without_contact(document: str) -> str:
    """The SQL for an order's or a step's JSON without contact: what `shared/contracts/erasures.py` does in Python."""
    kept = f"'locale', {document} #> '{{buyer,locale}}', 'timezone', {document} #> '{{buyer,timezone}}'"
    return f"jsonb_set({document} - 'recipients', '{{buyer}}', jsonb_strip_nulls(jsonb_build_object({kept})))"


def document_holds_contact(document: str) -> str:
    """Everything but language and time zone counts, so that a field of next year is not overlooked."""
    return (
        f"(({document} -> 'buyer') - ARRAY['locale', 'timezone', 'consents'] <> '{{}}' "
        f"OR coalesce({document} #> '{{buyer,consents}}', '[]') <> '[]' "
        f"OR coalesce({document} -> 'recipients', '[]') <> '[]')"
    )


_TOLD = "convert_from(value, 'UTF8')::jsonb"
_DEAD_TOPICS = f"('{SHOP_ORDERS.dead}', '{TRACKING_STEPS.dead}')"

OUTBOX = ContactTable(
    name="outbox",
    of_order=f"key = :key AND (topic = '{TRACKING_STEPS.name}' OR topic IN {_DEAD_TOPICS})",
    # CASE, because AND gives no order: a dead letter's bytes may be no JSON, and a cast would fail on them.
    holds_contact=f"CASE WHEN topic IN {_DEAD_TOPICS} THEN value IS NOT NULL "
    f"WHEN topic = '{TRACKING_STEPS.name}' THEN {document_holds_contact(f'({_TOLD})')} ELSE false END",
    emptied=f"value = CASE WHEN topic IN {_DEAD_TOPICS} THEN NULL "
    f"ELSE convert_to(({document_without_contact(f'({_TOLD})')})::text, 'UTF8') END, "
    # A shop's own headers may hold anything, even what jsonb cannot read; our own say no more than the row does.
    f'headers = CASE WHEN topic IN {_DEAD_TOPICS} THEN \'[["dead_reason", "erased"]]\' ELSE headers END',
)
"""What is published already goes within the hour; what is not is published without contact."""

DEAD_LETTERS = ContactTable(
    name="dead_letters",
    of_order=f"key = :key AND topic IN ('{SHOP_ORDERS.name}', '{TRACKING_STEPS.name}')",
    holds_contact="value IS NOT NULL",
    emptied="value = NULL, headers = '[]', reason = left('erased: ' || reason, 300)",
)
"""Their bytes could not be read, so all of them go; where they came from and why they were buried stays."""
