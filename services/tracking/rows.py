"""Domain facts as JSON rows and back. The only place that knows how they look in the database."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.tracking.domain.promise import PromiseBroken
from services.tracking.domain.shipment import ParcelFact, ParcelKey, ParcelState
from services.tracking.domain.snapshot import ShopFact
from shared.contracts.base import rfc3339
from shared.contracts.vocabulary import Actor, Clock, Condition, DeliveredTo, PaymentState, ShopState, Stage

Json = Mapping[str, Any]


def _instant(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value) if value is not None else None


def _text(value: datetime | None) -> str | None:
    return rfc3339(value) if value is not None else None


def fact_to_json(fact: ParcelFact) -> dict[str, Any]:
    row = {
        "id": str(fact.id),
        "at": rfc3339(fact.occurred_at),
        "stage": fact.stage,
        "condition": fact.condition,
        "action_by": fact.action_by,
        "delivered_to": fact.delivered_to,
        "clock": fact.clock,
        "city": fact.city,
        "country": fact.country,
        "postal_code": fact.postal_code,
        "code": fact.code,
        "text": fact.text,
        "eta_from": _text(fact.eta_from),
        "eta_until": _text(fact.eta_until),
    }
    return {name: value for name, value in row.items() if value is not None}


def fact_from_json(row: Json) -> ParcelFact:
    return ParcelFact(
        id=UUID(row["id"]),
        occurred_at=datetime.fromisoformat(row["at"]),
        stage=Stage(row["stage"]),
        condition=Condition(row["condition"]) if "condition" in row else None,
        action_by=Actor(row["action_by"]) if "action_by" in row else None,
        delivered_to=DeliveredTo(row["delivered_to"]) if "delivered_to" in row else None,
        clock=Clock(row["clock"]),
        city=row.get("city"),
        country=row.get("country"),
        postal_code=row.get("postal_code"),
        code=row.get("code"),
        text=row.get("text"),
        eta_from=_instant(row.get("eta_from")),
        eta_until=_instant(row.get("eta_until")),
    )


def shop_fact_to_json(fact: ShopFact) -> dict[str, Any]:
    return {
        "state": fact.state,
        "placed_at": rfc3339(fact.placed_at),
        "zone": fact.zone,
        "payment": fact.payment,
        "parcels": [list(key) for key in fact.parcels],
        "promise_until": fact.promise_until.isoformat() if fact.promise_until else None,
        "lines_pending": fact.lines_pending,
    }


def shop_fact_from_row(row: Json) -> ShopFact:
    """From a row of `snapshots`."""
    fact = row["fact"]
    return ShopFact(
        id=row["event_id"],
        sequence=row["sequence"],
        time=row["said_at"],
        digest=row["digest"],
        state=ShopState(fact["state"]),
        placed_at=datetime.fromisoformat(fact["placed_at"]),
        zone=fact["zone"],
        payment=PaymentState(fact["payment"]) if fact["payment"] else None,
        parcels=tuple(ParcelKey(*key) for key in fact["parcels"]),
        promise_until=date.fromisoformat(fact["promise_until"]) if fact["promise_until"] else None,
        lines_pending=fact["lines_pending"],
    )


def time_fact_to_json(fact: PromiseBroken) -> dict[str, Any]:
    return {"parcel": list(fact.parcel) if fact.parcel else None, "promised_until": fact.promised_until.isoformat()}


def time_fact_from_json(row: Json) -> PromiseBroken:
    return PromiseBroken(
        ParcelKey(*row["parcel"]) if row["parcel"] else None, date.fromisoformat(row["promised_until"])
    )


def state_to_json(state: ParcelState) -> str:
    row = {
        "action_by": state.action_by,
        "delivered_to": state.delivered_to,
        "city": state.city,
        "country": state.country,
        "postal_code": state.postal_code,
        "eta_from": _text(state.eta_from),
        "eta_until": _text(state.eta_until),
        "since": _text(state.since),
        "seen_at": _text(state.seen_at),
        "delivered_at": _text(state.delivered_at),
    }
    return json.dumps({name: value for name, value in row.items() if value is not None}, sort_keys=True)
