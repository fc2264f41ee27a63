"""What it costs to decide an order from all its facts. Baselines: decoding the same facts from JSON; deciding anew."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import orjson

from services.tracking.domain.order import advance, go_on
from services.tracking.domain.shipment import ParcelFact, ParcelKey
from services.tracking.domain.snapshot import ShopFact
from services.tracking.rows import fact_to_json
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
        stored = orjson.dumps([fact_to_json(fact) for fact in facts])
        anew = best_microseconds(lambda facts=facts: advance([shop], {PARCEL: facts}))  # type: ignore[misc]
        kept = advance([shop], {PARCEL: facts[:-1]}).fold
        on = best_microseconds(lambda kept=kept, last=facts[-1]: go_on(kept, {PARCEL: [last]}))  # type: ignore[misc]
        decode = best_microseconds(lambda stored=stored: orjson.loads(stored))  # type: ignore[misc]
        rows.append(Row("fold", f"decide an order anew from {count} scans", anew, "us", decode))
        rows.append(Row("fold", f"go on from {count - 1} scans with one", on, "us", anew))
    return rows
