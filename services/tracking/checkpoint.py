"""A fold as one line of text in its order's row, and back: what spares the consumer reading all facts for each new one.

Lists, not names, for it is read and written with every scan. The text of equal folds is equal. A text of another
version, or one that cannot be read, is as good as none: the fold is made anew from the facts.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.tracking.domain.fold import Fold
from services.tracking.domain.shipment import NEVER_SCANNED, ParcelKey, ParcelState, Place
from services.tracking.domain.snapshot import ShopFact
from services.tracking.domain.telling import Told
from services.tracking.domain.walk import Walk
from services.tracking.rows import shop_fact_from_json, shop_fact_to_json
from shared.contracts.vocabulary import Actor, Condition, DeliveredTo, Stage, Step

VERSION = 1


def write_fold(fold: Fold) -> str:
    parcels = sorted(fold.walks)
    number = {key: nth for nth, key in enumerate(parcels)}
    return json.dumps(
        [
            VERSION,
            _shop(fold.shop),
            fold.placed_at.isoformat(),
            [[day.isoformat(), zone] for day, zone in fold.promises],
            [[number[key], at.isoformat()] for key, at in sorted(fold.sent.items())],
            [[*key, *_walk(fold.walks[key])] for key in parcels],
            sorted([told.step, told.occurrence, number[told.parcel] if told.parcel else -1] for told in fold.told),
        ],
        separators=(",", ":"),
        ensure_ascii=False,
    )


def read_fold(text: str | None) -> Fold | None:
    """None when there is none, or only one of another version."""
    if text is None:
        return None
    version, *rest = json.loads(text)
    if version != VERSION:
        return None
    shop, placed_at, promises, sent, walks, told = rest
    keys = [ParcelKey(row[0], row[1]) for row in walks]
    return Fold(
        shop=_read_shop(shop),
        placed_at=datetime.fromisoformat(placed_at),
        promises=tuple((date.fromisoformat(day), zone) for day, zone in promises),
        sent={keys[nth]: datetime.fromisoformat(at) for nth, at in sent},
        walks={key: _read_walk(row[2:]) for key, row in zip(keys, walks, strict=True)},
        told=frozenset(Told(Step(step), occurrence, keys[nth] if nth >= 0 else None) for step, occurrence, nth in told),
    )


def _shop(fact: ShopFact) -> list[Any]:
    return [fact.id.hex, fact.sequence, fact.time.isoformat(), fact.digest, shop_fact_to_json(fact)]


def _read_shop(row: Sequence[Any]) -> ShopFact:
    return shop_fact_from_json(
        row[4], id=_uuid(row[0]), sequence=row[1], time=datetime.fromisoformat(row[2]), digest=row[3]
    )


def _walk(walk: Walk) -> list[Any]:
    return [
        _state(walk.state) if walk.state is not NEVER_SCANNED else None,
        _place(walk.place) if walk.place is not None else None,
        walk.facts,
        walk.runs,
        sorted(walk.unbroken),
        _text(walk.moved_at),
        _text(walk.good_at),
        walk.reused,
    ]


def _read_walk(row: Sequence[Any]) -> Walk:
    state, place, facts, runs, unbroken, moved_at, good_at, reused = row
    return Walk(
        _read_state(state) if state is not None else NEVER_SCANNED,
        _read_place(place) if place is not None else None,
        facts,
        runs,
        frozenset(unbroken),
        _instant(moved_at),
        _instant(good_at),
        reused,
    )


def _place(place: Place) -> list[Any]:
    return [place[0].isoformat(), place[1], f"{place[2]:032x}", place[3].isoformat() if place[3] != place[0] else None]


def _read_place(row: Sequence[Any]) -> Place:
    at = datetime.fromisoformat(row[0])
    return (at, row[1], int(row[2], 16), datetime.fromisoformat(row[3]) if row[3] else at)


def _state(state: ParcelState) -> list[Any]:
    return [
        state.stage,
        state.condition,
        state.action_by,
        state.delivered_to,
        state.city,
        state.country,
        state.postal_code,
        _text(state.eta_from),
        _text(state.eta_until),
        _text(state.since),
        _text(state.seen_at),
        state.ruling.hex if state.ruling else None,
        _text(state.first_scan_at),
        _text(state.delivered_at),
        _text(state.arrived_at),
    ]


def _read_state(row: Sequence[Any]) -> ParcelState:
    return ParcelState(
        _STAGES[row[0]],
        Condition(row[1]) if row[1] else None,
        Actor(row[2]) if row[2] else None,
        DeliveredTo(row[3]) if row[3] else None,
        row[4],
        row[5],
        row[6],
        _instant(row[7]),
        _instant(row[8]),
        _instant(row[9]),
        _instant(row[10]),
        _uuid(row[11]) if row[11] else None,
        _instant(row[12]),
        _instant(row[13]),
        _instant(row[14]),
    )


_STAGES: Mapping[str, Stage] = {str(stage): stage for stage in Stage}


def _text(value: datetime | None) -> str | None:
    return value.isoformat() if value is not None else None


def _instant(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value) if value is not None else None


def _uuid(text: str) -> UUID:
    return UUID(int=int(text, 16))
