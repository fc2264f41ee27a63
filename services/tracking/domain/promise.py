"""Late against the shop's own promise: a day in the destination's calendar, broken once that day is over.

Calendar days only: neither business days nor holidays are known here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from services.tracking.domain.lifecycle import LATE_MATTERS_IN, trouble_of
from services.tracking.domain.shipment import NEVER_SCANNED, ParcelKey, ParcelState
from services.tracking.domain.snapshot import ShopFact
from shared.contracts.vocabulary import ShopState

_STILL_TO_COME = frozenset({ShopState.PLACED, ShopState.CONFIRMED, ShopState.PREPARING, ShopState.SHIPPED})


@dataclass(frozen=True, slots=True)
class PromiseBroken:
    """Time passed, as a fact: the promised day is over. `parcel` is None while the order has no parcel at all."""

    parcel: ParcelKey | None
    promised_until: date


def broken_on(promise_until: date, zone: str) -> datetime:
    """The first instant after the promised day in `zone`, in UTC.

    Where clocks jump over midnight (Chile, Cuba, Lebanon) this is the instant of the jump. Raises
    zoneinfo.ZoneInfoNotFoundError for a zone that does not exist.
    """
    if promise_until == date.max:
        return datetime.max.replace(tzinfo=UTC)
    following = promise_until + timedelta(days=1)
    return datetime.combine(following, time.min, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def is_broken(promise_until: date, zone: str, now: datetime, delivered_at: datetime | None = None) -> bool:
    """True when the parcel came, or is still to come, after the promised day."""
    return (delivered_at or now) >= broken_on(promise_until, zone)


def is_late_news(state: ParcelState) -> bool:
    """True when a broken promise tells the buyer something about this parcel that they have not heard yet."""
    return state.stage in LATE_MATTERS_IN and trouble_of(state.stage, state.condition, state.action_by) is None


def promises_broken(
    shop: ShopFact, parcels: Mapping[ParcelKey, ParcelState], now: datetime
) -> tuple[PromiseBroken, ...]:
    """The time facts due by `now`: one for each late parcel, or one for an order without parcels."""
    if shop.promise_until is None or shop.state not in _STILL_TO_COME:
        return ()
    if not is_broken(shop.promise_until, shop.zone, now):
        return ()
    if not shop.parcels:
        # Sent without a reference: nobody will ever tell us that it came, so silence is no sign of being late.
        return () if shop.state is ShopState.SHIPPED else (PromiseBroken(None, shop.promise_until),)
    late = (key for key in shop.parcels if is_late_news(parcels.get(key, NEVER_SCANNED)))
    return tuple(PromiseBroken(key, shop.promise_until) for key in sorted(late))
