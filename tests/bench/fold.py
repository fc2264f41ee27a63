"""What it costs to decide an order from all its facts. Baseline: decoding the same facts from JSON."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

from services.tracking.domain.order import advance
from services.tracking.domain.shipment import ParcelFact, ParcelKey
from services.tracking.domain.snapshot import ShopFact
from services.tracking.rows import fact_from_json, fact_to_json
from shared.contracts.vocabulary import PaymentState, ShopState, Stage
from tests.bench.rows import Row, best_microseconds

PARCEL = ParcelKey("generic", "F-1")
START = datetime(2026, 3, 2, 9, tzinfo=UTC)


def _facts(count: int) -> list[ParcelFact]:
    stages = [
        Stage.REGISTERED,
        Stage.ACCEPTED,
        *[Stage.IN_TRANSIT] * (count - 4),
        Stage.OUT_FOR_DELIVERY,
        Stage.DELIVERED,
    ]
    return [ParcelFact(UUID(int=n + 1), START + timedelta(hours=n), stage) for n, stage in enumerate(stages)]


def measure() -> list[Row]:
    shop = ShopFact(
        UUID(int=99), 1, START, "d", ShopState.SHIPPED, START, "Europe/Madrid", PaymentState.PAID, parcels=(PARCEL,)
    )
    rows = []
    for count in (10, 60):
        facts = _facts(count)
        stored = json.dumps([fact_to_json(fact) for fact in facts])
        decide = best_microseconds(lambda facts=facts: advance([shop], {PARCEL: facts}))  # type: ignore[misc]
        decode = best_microseconds(lambda stored=stored: [fact_from_json(f) for f in json.loads(stored)])  # type: ignore[misc]
        rows.append(Row("fold", f"decide an order of {count} scans", decide, "us", decode))
    return rows
