"""What really happened to the orders of a simulated year, and when tracking heard of it. Plain records, no rules."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple

from shared.contracts.vocabulary import Actor, Condition, ShopState, Stage


class Parcel(NamedTuple):
    carrier: str
    reference: str

    def __str__(self) -> str:
        return f"{self.carrier}/{self.reference}"


@dataclass(frozen=True, slots=True)
class Scan:
    """`heard_at` holds every instant at which it came in: the first tells, the others are duplicates."""

    occurred_at: datetime
    stage: Stage
    heard_at: tuple[datetime, ...]
    condition: Condition | None = None
    action_by: Actor | None = None
    eta_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """A snapshot of the shop; heard as it is said."""

    at: datetime
    state: ShopState
    promise_until: date | None
    parcels: tuple[Parcel, ...] = ()


@dataclass(slots=True)
class Life:
    """One order, from its placing to its end. `zone` (IANA) is that of the destination."""

    shop: str
    order_id: str
    story: str
    country: str
    postal_code: str
    zone: str
    placed_at: datetime
    said: list[Said] = field(default_factory=list)
    scans: dict[Parcel, list[Scan]] = field(default_factory=dict)


class Notice(NamedTuple):
    """A step `delayed` as tracking announced it. `parcel` is `carrier/reference`, None for the order as a whole."""

    shop: str
    order_id: str
    parcel: str | None
    occurrence: str
    announced_at: datetime
    still_true: bool = True
