"""What has been decided of an order, beside what stood before it: what every row and event is made from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from services.tracking.announce import Document
from services.tracking.domain.order import Decision
from services.tracking.domain.shipment import ParcelKey
from services.tracking.domain.snapshot import ShopFact
from services.tracking.store import OrderKey, StoredOrder


@dataclass(frozen=True)
class Outcome:
    """What has been decided of one order. `document` is the standing snapshot, there when somebody is to be told.

    `snapshots`: the new ones. `wanted_by_others`: parcels that this order dropped and another one still names.
    """

    before: StoredOrder
    decision: Decision
    document: Document | None
    snapshots: Sequence[ShopFact]
    wanted_by_others: frozenset[ParcelKey]

    @property
    def key(self) -> OrderKey:
        return self.before.key
