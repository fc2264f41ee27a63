"""Orders that are over are forgotten after a time, with everything that hangs on them, and never announced again.

Before the first order of a shop goes, the day up to which its orders may go is written down (`forgotten`), and stands
for longer than any intake takes. From then on an order that is not known and was placed before that day is too old: it
was forgotten, or would be at once. So nothing has to be remembered of the order itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.ext.asyncio import AsyncConnection

from services.tracking.store import OrderKey
from shared.contracts.orders import Order
from shared.database import Row, columns, fetch, run
from shared.housekeeping import Duty
from shared.partitions import Months

FORGOTTEN_AT_ONCE = 500
LOOKED_AT_AT_ONCE = 20_000
SETTLED_AFTER = timedelta(minutes=10)
"""No intake that began before the day was written down is still under way: statements and transactions end sooner."""
TIMELINE_MARGIN = timedelta(days=31)
"""By then nearly every parcel of a month is forgotten, and few of its scans have to stay."""
OF_AN_ORDER = ("messages", "steps", "snapshots", "order_parcels", "orders")
"""What goes with an order, in the order in which it goes. `erasures` stays: a replay must not bring a contact back."""


class RetentionSettings(BaseSettings):
    """How long tracking remembers."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore")

    keep_orders_days: int = Field(default=400, ge=35)
    """From the day an order was over, or nothing was heard of it any more."""

    @property
    def keep_orders(self) -> timedelta:
        return timedelta(days=self.keep_orders_days)


def timeline_months(settings: RetentionSettings) -> Months:
    """A scan lives as long as its parcel."""
    parcel = "SELECT 1 FROM parcels p WHERE p.carrier = r.carrier AND p.reference = r.reference"
    return Months("timeline", settings.keep_orders + TIMELINE_MARGIN, still_counts=f"EXISTS ({parcel})")


def retention_duties(settings: RetentionSettings) -> tuple[Duty, ...]:
    keep = settings.keep_orders
    return (
        Duty("orders that are over", timedelta(hours=1), partial(_forget_orders, keep)),
        Duty("parked parcels", timedelta(hours=6), ParkedParcels(keep).forget),
    )


async def _forget_orders(keep: timedelta, tx: AsyncConnection, now: datetime) -> int:
    gone = await forget_orders(tx, now, keep)
    if not gone:
        await raise_horizons(tx, now, keep)
    return gone


_OVER = """
    o.placed_at < :before AND (o.finished_at < :before OR o.finished_at IS NULL
        AND NOT EXISTS (SELECT 1 FROM snapshots s
            WHERE s.shop = o.shop AND s.order_id = o.order_id AND s.said_at >= :before)
        AND NOT EXISTS (SELECT 1 FROM order_parcels l JOIN timeline t USING (carrier, reference)
            WHERE l.shop = o.shop AND l.order_id = o.order_id
              AND t.occurred_at >= :before AND coalesce(t.heard_at, t.occurred_at) >= :before))
"""
"""Finished long ago, or given up: no word of shop or carrier since. An order whose shop dates it later has to wait."""
_FIRST_TOLD = """
    greatest(o.placed_at, (SELECT max(CAST(s.fact ->> 'placed_at' AS timestamptz)) FROM snapshots s
        WHERE s.shop = o.shop AND s.order_id = o.order_id))
"""
"""A shop may have corrected the date: a replay of what it said first must be too old as well."""


async def raise_horizons(tx: AsyncConnection, now: datetime, keep: timedelta) -> None:
    """Write down, for each shop with orders to forget, up to which day; never while the last one is settling."""
    await run(
        tx,
        "INSERT INTO forgotten (shop, placed_until, raised_at) "
        f"SELECT o.shop, max({_FIRST_TOLD}), :now FROM "
        f"(SELECT * FROM orders o WHERE {_OVER} ORDER BY o.placed_at LIMIT {LOOKED_AT_AT_ONCE}) AS o "
        f"WHERE {_FIRST_TOLD} < :before GROUP BY o.shop "
        "ON CONFLICT (shop) DO UPDATE SET placed_until = excluded.placed_until, raised_at = excluded.raised_at "
        "WHERE forgotten.placed_until < excluded.placed_until AND forgotten.raised_at <= :settled",
        now=now,
        before=now - keep,
        settled=now - SETTLED_AFTER,
    )


async def forget_orders(tx: AsyncConnection, now: datetime, keep: timedelta) -> int:
    """Forget a bounded number of orders below a settled horizon. Locks as intake does: parcels, then orders."""
    before = {"before": now - keep, "settled": now - SETTLED_AFTER}
    below = (
        "JOIN forgotten f ON f.shop = o.shop AND f.raised_at <= :settled "
        f"WHERE o.placed_at <= f.placed_until AND {_OVER} AND {_FIRST_TOLD} <= f.placed_until"
    )
    found = await fetch(
        tx,
        f"SELECT o.shop, o.order_id FROM orders o {below} ORDER BY o.placed_at LIMIT {FORGOTTEN_AT_ONCE}",
        **before,
    )
    if not found:
        return 0
    parcels = await _lock_parcels(tx, found)
    over = await fetch(
        tx,
        f"SELECT o.shop, o.order_id FROM orders o JOIN {_KEYS} USING (shop, order_id) {below} "
        "ORDER BY o.shop, o.order_id FOR UPDATE OF o",
        **before,
        **columns(found, "shop", "order_id"),
    )
    for table in OF_AN_ORDER:
        await run(
            tx,
            f"DELETE FROM {table} x USING {_KEYS} WHERE x.shop = k.shop AND x.order_id = k.order_id",
            **columns(over, "shop", "order_id"),
        )
    await _forget_parcels(tx, parcels)
    return len(over)


_KEYS = "unnest(CAST(:shop AS text[]), CAST(:order_id AS text[])) AS k (shop, order_id)"
_PARCELS = "unnest(CAST(:carrier AS text[]), CAST(:reference AS text[])) AS k (carrier, reference)"


async def _lock_parcels(tx: AsyncConnection, orders: Sequence[Row]) -> Sequence[Row]:
    return await fetch(
        tx,
        "SELECT p.carrier, p.reference FROM parcels p WHERE (p.carrier, p.reference) IN ("
        f"SELECT l.carrier, l.reference FROM order_parcels l JOIN {_KEYS} USING (shop, order_id)) "
        "ORDER BY p.carrier, p.reference FOR UPDATE OF p",
        **columns(orders, "shop", "order_id"),
    )


async def _forget_parcels(tx: AsyncConnection, parcels: Sequence[Row]) -> None:
    """Those that no other order travels in. Their scans go with the months of the timeline."""
    await run(
        tx,
        f"DELETE FROM parcels p USING {_PARCELS} WHERE p.carrier = k.carrier AND p.reference = k.reference "
        "AND NOT EXISTS (SELECT 1 FROM order_parcels l WHERE l.carrier = p.carrier AND l.reference = p.reference)",
        **columns(parcels, "carrier", "reference"),
    )


async def too_old(tx: AsyncConnection, orders: Iterable[Order]) -> set[OrderKey]:
    """Which of these orders are not known and were placed before the day up to which their shop's are forgotten."""
    asked = [{"shop": o.shop, "order_id": o.order_id, "placed_at": o.placed_at} for o in orders]
    if not asked:
        return set()
    rows = await fetch(
        tx,
        "SELECT DISTINCT k.shop, k.order_id FROM unnest(CAST(:shop AS text[]), CAST(:order_id AS text[]), "
        "CAST(:placed_at AS timestamptz[])) AS k (shop, order_id, placed_at) JOIN forgotten f USING (shop) "
        "WHERE k.placed_at <= f.placed_until AND NOT EXISTS ("
        "SELECT 1 FROM orders o WHERE o.shop = k.shop AND o.order_id = k.order_id)",
        **columns(asked, "shop", "order_id", "placed_at"),
    )
    return {OrderKey(row["shop"], row["order_id"]) for row in rows}


class ParkedParcels:
    """Parcels that no order ever named, forgotten once their last scan is old; walked through a few at a time."""

    def __init__(self, keep: timedelta) -> None:
        self._keep = keep
        self._after = ("", "")

    async def forget(self, tx: AsyncConnection, now: datetime) -> int:
        """Looks at the next ones. Answers how many it looked at, 0 at the end; then it begins again."""
        looked_at = await fetch(
            tx,
            "SELECT carrier, reference FROM parcels WHERE parked AND (carrier, reference) > (:carrier, :reference) "
            f"ORDER BY carrier, reference LIMIT {FORGOTTEN_AT_ONCE}",
            carrier=self._after[0],
            reference=self._after[1],
        )
        await run(
            tx,
            f"DELETE FROM parcels p USING {_PARCELS} WHERE p.carrier = k.carrier AND p.reference = k.reference "
            "AND p.parked AND NOT EXISTS (SELECT 1 FROM timeline t "
            "WHERE t.carrier = p.carrier AND t.reference = p.reference "
            "AND t.occurred_at >= :before AND coalesce(t.heard_at, t.occurred_at) >= :before)",
            before=now - self._keep,
            **columns(looked_at, "carrier", "reference"),
        )
        self._after = (looked_at[-1]["carrier"], looked_at[-1]["reference"]) if looked_at else ("", "")
        return len(looked_at)
