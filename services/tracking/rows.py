"""Domain facts as JSON rows and back. With `checkpoint.py` the only place that knows how they look in the database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from operator import attrgetter
from typing import Any
from uuid import UUID

from services.tracking.domain.regions import Region
from services.tracking.domain.shipment import ParcelFact, ParcelKey
from services.tracking.domain.snapshot import UNNAMED, OpenParcel, ShopFact
from shared.contracts.base import rfc3339
from shared.contracts.vocabulary import Actor, Clock, Condition, DeliveredTo, PaymentState, ShopState, Stage

Json = Mapping[str, Any]
_SHOP_STATES: Mapping[str, ShopState] = {str(word): word for word in ShopState}


def _instant(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value) if value is not None else None


def fact_to_json(fact: ParcelFact) -> dict[str, Any]:
    """What has no column of its own in `timeline`."""
    return {name: value for name, value in zip(_IN_JSON, _in_json(fact), strict=True) if value is not None}


_IN_JSON = tuple(name for name in ParcelFact._fields if name not in ("id", "occurred_at", "heard_at"))
_in_json = attrgetter(*_IN_JSON)


def timeline_line(key: ParcelKey, fact: ParcelFact, digest: bytes) -> dict[str, Any]:
    """As it goes to `timeline`, in JSON."""
    return {
        "carrier": key.carrier,
        "reference": key.reference,
        "occurred_at": fact.occurred_at,
        "event_id": fact.id,
        "digest": digest.hex(),
        "heard_at": fact.heard_at,
        "fact": fact_to_json(fact),
    }


def fact_from_row(row: Json) -> ParcelFact:
    """From a row of `timeline`."""
    fact = row["fact"]
    return ParcelFact(
        id=UUID(int=row["event_id"].int),  # the driver has a UUID of its own
        occurred_at=row["occurred_at"],
        heard_at=row["heard_at"],
        stage=Stage(fact["stage"]),
        condition=Condition(fact["condition"]) if "condition" in fact else None,
        action_by=Actor(fact["action_by"]) if "action_by" in fact else None,
        delivered_to=DeliveredTo(fact["delivered_to"]) if "delivered_to" in fact else None,
        clock=Clock(fact["clock"]),
        city=fact.get("city"),
        country=fact.get("country"),
        postal_code=fact.get("postal_code"),
        code=fact.get("code"),
        text=fact.get("text"),
        eta_from=_instant(fact.get("eta_from")),
        eta_until=_instant(fact.get("eta_until")),
        silent_since=_instant(fact.get("silent_since")),
    )


def shop_fact_to_json(fact: ShopFact) -> dict[str, Any]:
    """What has no column of its own in `snapshots`."""
    return {
        "state": fact.state,
        "placed_at": rfc3339(fact.placed_at),
        "zone": fact.zone,
        "payment": fact.payment,
        "parcels": [list(key) for key in fact.parcels],
        "regions": [list(region) for region in fact.regions],
        "promise_until": fact.promise_until.isoformat() if fact.promise_until else None,
        "lines_pending": fact.lines_pending,
        "home": list(fact.home),
        "home_zone": fact.home_zone,
        "watched": fact.watched,
        **({"open": [_open_to_json(each) for each in fact.open]} if fact.open else {}),
    }


def _open_to_json(parcel: OpenParcel) -> list[Any]:
    return [parcel.key.reference, [list(key) for key in parcel.candidates], parcel.certain]


def _open_from_json(reference: str, candidates: Sequence[Sequence[str]], certain: bool) -> OpenParcel:
    return OpenParcel(ParcelKey(UNNAMED, reference), tuple(ParcelKey(*key) for key in candidates), certain)


def shop_fact_from_json(fact: Json, *, id: UUID, sequence: int, time: datetime, digest: str) -> ShopFact:
    """What is absent was written by an older version, which did not ask for it."""
    return ShopFact(
        id=id,
        sequence=sequence,
        time=time,
        digest=digest,
        state=_SHOP_STATES[fact["state"]],
        placed_at=datetime.fromisoformat(fact["placed_at"]),
        zone=fact["zone"],
        payment=PaymentState(fact["payment"]) if fact["payment"] else None,
        parcels=tuple(ParcelKey(*key) for key in fact["parcels"]),
        promise_until=date.fromisoformat(fact["promise_until"]) if fact["promise_until"] else None,
        lines_pending=fact["lines_pending"],
        regions=tuple(Region(*region) for region in fact.get("regions", ())),
        home=Region(*fact["home"]) if "home" in fact else Region("ES"),
        home_zone=fact.get("home_zone", fact["zone"]),
        watched=fact.get("watched", True),
        open=tuple(_open_from_json(*each) for each in fact.get("open", ())),
    )


def shop_fact_from_row(row: Json) -> ShopFact:
    """From a row of `snapshots`."""
    return shop_fact_from_json(
        row["fact"],
        id=UUID(int=row["event_id"].int),
        sequence=row["sequence"],
        time=row["said_at"],
        digest=row["digest"],
    )


def parcel_from_text(text: str) -> ParcelKey | None:
    """From the `parcel` column of `steps`, which is empty for a step about the order as a whole."""
    carrier, _, reference = text.partition("/")
    return ParcelKey(carrier, reference) if carrier else None
