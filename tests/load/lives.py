"""What happens to an order of the load: a few kinds of life of eight events each, as tables."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from shared.contracts.vocabulary import Condition, DeliveredTo, PaymentState, ShopState, Stage

LASTS = timedelta(hours=10)


@dataclass(frozen=True)
class ShopMoment:
    """The shop says something of its order. `names_parcels`: from now on."""

    minute: int
    state: ShopState
    payment: PaymentState
    names_parcels: bool = False


@dataclass(frozen=True)
class ScanMoment:
    """The carrier scans one of the parcels."""

    minute: int
    stage: Stage
    parcel: int = 0
    condition: Condition | None = None
    delivered_to: DeliveredTo | None = None


Moment = ShopMoment | ScanMoment


@dataclass(frozen=True)
class Life:
    """`share` of all orders. Eight moments, no two in the same minute."""

    kind: str
    share: float
    scans: tuple[ScanMoment, ...]
    parcels: int = 1

    @property
    def moments(self) -> tuple[Moment, ...]:
        return (*OPENING, *self.scans)


OPENING = (
    ShopMoment(0, ShopState.CONFIRMED, PaymentState.PENDING),
    ShopMoment(60, ShopState.SHIPPED, PaymentState.PAID, names_parcels=True),
)
_ABSENT, _REFUSED = Condition.RECIPIENT_ABSENT, Condition.REFUSED

LIVES = (
    Life(
        "usual",
        0.70,
        (
            ScanMoment(70, Stage.REGISTERED),
            ScanMoment(130, Stage.ACCEPTED),
            ScanMoment(250, Stage.IN_TRANSIT),
            ScanMoment(370, Stage.IN_TRANSIT),
            ScanMoment(480, Stage.OUT_FOR_DELIVERY),
            ScanMoment(590, Stage.DELIVERED, delivered_to=DeliveredTo.RECIPIENT),
        ),
    ),
    Life(
        "nobody was home",
        0.12,
        (
            ScanMoment(130, Stage.ACCEPTED),
            ScanMoment(250, Stage.IN_TRANSIT),
            ScanMoment(370, Stage.OUT_FOR_DELIVERY),
            ScanMoment(430, Stage.FAILED_ATTEMPT, condition=_ABSENT),
            ScanMoment(500, Stage.OUT_FOR_DELIVERY),
            ScanMoment(590, Stage.DELIVERED, delivered_to=DeliveredTo.RECIPIENT),
        ),
    ),
    Life(
        "waits at a point",
        0.08,
        (
            ScanMoment(130, Stage.ACCEPTED),
            ScanMoment(220, Stage.IN_TRANSIT),
            ScanMoment(300, Stage.IN_TRANSIT),
            ScanMoment(400, Stage.OUT_FOR_DELIVERY),
            ScanMoment(480, Stage.READY_FOR_PICKUP, delivered_to=DeliveredTo.PICKUP_POINT),
            ScanMoment(590, Stage.DELIVERED, delivered_to=DeliveredTo.RECIPIENT),
        ),
    ),
    Life(
        "goes back",
        0.03,
        (
            ScanMoment(130, Stage.ACCEPTED),
            ScanMoment(220, Stage.IN_TRANSIT),
            ScanMoment(300, Stage.OUT_FOR_DELIVERY),
            ScanMoment(380, Stage.FAILED_ATTEMPT, condition=_REFUSED),
            ScanMoment(460, Stage.RETURNING),
            ScanMoment(590, Stage.RETURNED),
        ),
    ),
    Life(
        "two parcels",
        0.07,
        (
            ScanMoment(130, Stage.ACCEPTED),
            ScanMoment(150, Stage.ACCEPTED, parcel=1),
            ScanMoment(370, Stage.OUT_FOR_DELIVERY),
            ScanMoment(430, Stage.DELIVERED, delivered_to=DeliveredTo.RECIPIENT),
            ScanMoment(480, Stage.OUT_FOR_DELIVERY, parcel=1),
            ScanMoment(590, Stage.DELIVERED, parcel=1, delivered_to=DeliveredTo.RECIPIENT),
        ),
        parcels=2,
    ),
)
EVENTS_AN_ORDER = 8
LATE_SCAN = ScanMoment(596, Stage.IN_TRANSIT)
"""From a hub whose clock is wrong, after the parcel has come to its end."""
SHOP_KNOWS_BETTER = ShopMoment(440, ShopState.DELIVERED, PaymentState.PAID, names_parcels=True)
"""A conflict of sources: the shop closes the order while the carrier still drives it around."""
