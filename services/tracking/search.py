"""Orders as lists: found by number, reference, e-mail or phone, filtered, newest first, a page at a time.

Whatever is searched for is found by an index and whole; a phone in any spelling, an e-mail in any case.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat

from shared.database import Row, Tx, fetch

_EMAIL = "t.email"
_PHONE = "t.phone"
_LATE = "o.late"


@dataclass(frozen=True)
class Sought:
    """One text as each of the things it may be. `names` are order numbers or references."""

    names: tuple[str, ...]
    email: str | None
    phones: tuple[str, ...]


def sought(text: str, countries: Iterable[str]) -> Sought:
    """`countries` (ISO 3166-1) say what a phone without its country code means: those of the shops searched."""
    bare = text.strip()
    found = dict.fromkeys(_e164(bare, country) for country in dict.fromkeys(countries))
    return Sought(
        names=tuple(dict.fromkeys((text, bare))),
        email=bare.lower() if "@" in bare else None,
        phones=tuple(phone for phone in found if phone is not None),
    )


def _e164(text: str, country: str) -> str | None:
    """None for what cannot be a phone there."""
    try:
        number = phonenumbers.parse(text, country)
    except NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


@dataclass(frozen=True)
class Wanted:
    """What a search asks for. Absent means any."""

    shop: str | None = None
    sought: Sought | None = None
    state: str | None = None
    stage: str | None = None
    condition: str | None = None
    late: bool | None = None


class Place(NamedTuple):
    """Where a page ended."""

    placed_at: datetime
    shop: str
    order_id: str


async def search_orders(tx: Tx, wanted: Wanted, *, after: Place | None, limit: int) -> Sequence[Row]:
    """Newest first, then by shop and number: `shop`, `order_id`, `state`, `placed_at`, `late`."""
    clauses, values = ["o.placed_at IS NOT NULL"], dict[str, Any](limit=limit)
    if wanted.shop is not None:
        clauses.append("o.shop = :shop")
        values["shop"] = wanted.shop
    if wanted.sought is not None:
        clauses.append(f"(o.shop, o.order_id) IN ({_keys_of(wanted.sought, wanted.shop, values)})")
    if wanted.state:
        clauses.append("o.state = :state")
        values["state"] = wanted.state
    clauses += _of_parcels(wanted, values)
    if wanted.late is not None:
        clauses.append(f"{_LATE} = {'true' if wanted.late else 'false'}")
    if after is not None:
        clauses.append("o.placed_at <= :at AND (o.placed_at < :at OR (o.shop, o.order_id) > (:after_shop, :after_id))")
        values |= {"at": after.placed_at, "after_shop": after.shop, "after_id": after.order_id}
    return await fetch(
        tx,
        f"SELECT o.shop, o.order_id, o.state, o.placed_at, {_LATE} AS late FROM orders o "
        f"WHERE {' AND '.join(clauses)} ORDER BY o.placed_at DESC, o.shop, o.order_id LIMIT :limit",
        **values,
    )


def _keys_of(what: Sought, shop: str | None, values: dict[str, Any]) -> str:
    """One look into one index for each thing that the text may be; together they are few rows."""
    values["names"] = list(what.names)
    conditions = {
        "orders": ["t.order_id = ANY(:names)"],
        "order_parcels": ["t.reference = ANY(:names)"],
    }
    if what.email is not None:
        values["email"] = what.email
        conditions["orders"].append(f"{_EMAIL} = :email")
    if what.phones:
        values["phones"] = list(what.phones)
        conditions["orders"].append(f"{_PHONE} = ANY(:phones)")
    of_shop = " AND t.shop = :shop" if shop is not None else ""
    return " UNION ".join(
        f"SELECT t.shop, t.order_id FROM {table} t WHERE {condition}{of_shop}"
        for table, held in conditions.items()
        for condition in held
    )


def _of_parcels(wanted: Wanted, values: dict[str, Any]) -> list[str]:
    """Some parcel that the order still names is at this stage, or in this condition."""
    clauses = []
    for column, value in (("stage", wanted.stage), ("condition", wanted.condition)):
        if value:
            values[column] = value
            clauses.append(
                "EXISTS (SELECT 1 FROM order_parcels p WHERE p.shop = o.shop AND p.order_id = o.order_id "
                f"AND p.position >= 0 AND p.{column} = :{column})"
            )
    return clauses
