"""A fold as two texts in its order's row, and back: what spares the consumer reading all facts for each new one.

The basis changes with the shop's snapshots, the fold with every scan. Lists, not names, for they are read and written
all the time. The text of equal folds is equal. A text of another version is as good as none: the
fold is made anew from the facts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson

from services.tracking.domain.fold import Basis, Fold
from services.tracking.domain.order import Standing
from services.tracking.domain.shipment import NEVER_SCANNED, ParcelKey, ParcelState, Place
from services.tracking.domain.snapshot import ShopFact
from services.tracking.domain.telling import Told
from services.tracking.domain.walk import Walk
from services.tracking.domain.which_carrier import How, Lot
from services.tracking.rows import Json, shop_fact_from_json, shop_fact_to_json
from shared.contracts.vocabulary import Actor, Condition, DeliveredTo, Stage, Step

VERSION = 1
WITH_LOTS = 2
"""Of a basis that also holds whose the parcels are that were named without their carrier."""

_OF_THE_ORDER = -1

_STAGES: Mapping[str, Stage] = {str(word): word for word in Stage}
_STEPS: Mapping[str, Step] = {str(word): word for word in Step}


def write_basis(basis: Basis) -> str:
    shop = basis.shop
    row = (
        (shop.id, shop.sequence, shop.time, shop.digest, shop_fact_to_json(shop)),
        basis.placed_at,
        basis.promises,
        [(*key, at) for key, at in sorted(basis.sent.items())],
    )
    if not basis.lots:
        return orjson.dumps((VERSION, *row)).decode()
    return orjson.dumps((WITH_LOTS, *row, [_lot(each) for each in basis.lots])).decode()


def _lot(lot: Lot) -> tuple[Any, ...]:
    names, candidates = ([tuple(key) for key in keys] for keys in (lot.names, lot.candidates))
    return tuple(lot.key), lot.how, names, candidates, tuple(lot.was) if lot.was else None


def write_fold(fold: Fold) -> str:
    """Without its basis."""
    parcels = sorted(fold.walks)
    number = {key: nth for nth, key in enumerate(parcels)}
    ordered = sorted(fold.told, key=lambda each: (each.step, each.occurrence, each.parcel or ()))
    told = [(each.step, each.occurrence, _number(each.parcel, number)) for each in ordered]
    return orjson.dumps((VERSION, [_walk(key, fold.walks[key]) for key in parcels], told)).decode()


def _number(parcel: ParcelKey | None, number: Mapping[ParcelKey, int]) -> int | tuple[str, ...]:
    """In full for a step on record of a parcel that no fact names yet: so it is while a lost database is rebuilt."""
    return _OF_THE_ORDER if parcel is None else number.get(parcel, tuple(parcel))


def _parcel(number: int | list[str], keys: Sequence[ParcelKey]) -> ParcelKey | None:
    if isinstance(number, int):
        return None if number == _OF_THE_ORDER else keys[number]
    return ParcelKey(*number)


def _walk(key: ParcelKey, walk: Walk) -> tuple[Any, ...]:
    state = _state(walk.state) if walk.state is not NEVER_SCANNED else None
    runs, unbroken = sorted(walk.runs.items()), sorted(walk.unbroken)
    return (*key, state, walk.place, walk.facts, runs, unbroken, walk.moved_at, walk.good_at, walk.reused)


def _state(state: ParcelState) -> tuple[Any, ...]:
    """The last field only where there is one: the version before did not know it."""
    return tuple(state) if state.silent_since is not None else tuple(state)[:-1]


def read_fold(basis: str | None, fold: str | None) -> Fold | None:
    """None when there is none, or only one of another version."""
    if basis is None or fold is None:
        return None
    version, *rest = orjson.loads(basis)
    version_of_fold, walks, told = orjson.loads(fold)
    if version not in (VERSION, WITH_LOTS) or version_of_fold != VERSION:
        return None
    keys = [ParcelKey(row[0], row[1]) for row in walks]
    return Fold(
        _read_basis(*rest),
        {key: _read_walk(*row[2:]) for key, row in zip(keys, walks, strict=True)},
        frozenset(Told(_STEPS[step], occurrence, _parcel(nth, keys)) for step, occurrence, nth in told),
    )


def read_standing(basis: str | None, fold: str | None) -> Standing | None:
    """As much of it as says where the order stands: a third of the time. None where `read_fold` answers None."""
    if basis is None or fold is None:
        return None
    version, shop, *rest = orjson.loads(basis)
    version_of_fold, walks, told = orjson.loads(fold)
    if version not in (VERSION, WITH_LOTS) or version_of_fold != VERSION:
        return None
    keys = [ParcelKey(row[0], row[1]) for row in walks]
    states = (_read_state(*row[2]) if row[2] is not None else NEVER_SCANNED for row in walks)
    return Standing(
        _read_shop(*shop),
        dict(zip(keys, states, strict=True)),
        frozenset(
            Told(Step.DELAYED, occurrence, _parcel(nth, keys)) for step, occurrence, nth in told if step == Step.DELAYED
        ),
        tuple(_read_lot(*each) for each in rest[3]) if version == WITH_LOTS else (),
    )


def _read_basis(
    shop: Sequence[Any], placed_at: str, promises: Sequence[Any], sent: Sequence[Any], lots: Sequence[Any] = ()
) -> Basis:
    return Basis(
        _read_shop(*shop),
        datetime.fromisoformat(placed_at),
        tuple((date.fromisoformat(day), zone) for day, zone in promises),
        {ParcelKey(carrier, reference): datetime.fromisoformat(at) for carrier, reference, at in sent},
        tuple(_read_lot(*each) for each in lots),
    )


def _read_lot(
    key: Sequence[str], how: str, names: Sequence[Any], candidates: Sequence[Any], was: Sequence[str] | None
) -> Lot:
    return Lot(ParcelKey(*key), How(how), _keys(names), _keys(candidates), ParcelKey(*was) if was else None)


def _keys(parcels: Sequence[Sequence[str]]) -> tuple[ParcelKey, ...]:
    return tuple(ParcelKey(*key) for key in parcels)


def _read_shop(identity: str, sequence: int, time: str, digest: str, fact: Json) -> ShopFact:
    return shop_fact_from_json(
        fact, id=_uuid(identity), sequence=sequence, time=datetime.fromisoformat(time), digest=digest
    )


def _read_walk(
    state: Sequence[Any] | None,
    place: Sequence[Any] | None,
    facts: int,
    runs: Sequence[Any],
    unbroken: Sequence[str],
    moved_at: str | None,
    good_at: str | None,
    reused: bool,
) -> Walk:
    return Walk(
        _read_state(*state) if state is not None else NEVER_SCANNED,
        _read_place(*place) if place is not None else None,
        facts,
        dict(runs),
        frozenset(unbroken),
        _instant(moved_at),
        _instant(good_at),
        reused,
    )


def _read_place(at: str, rank: int, identity: str, occurred_at: str) -> Place:
    instant = datetime.fromisoformat(at)
    claimed = instant if occurred_at == at else datetime.fromisoformat(occurred_at)
    return (instant, rank, _uuid(identity), claimed)


def _read_state(
    stage: str,
    condition: str | None,
    action_by: str | None,
    delivered_to: str | None,
    city: str | None,
    country: str | None,
    postal_code: str | None,
    eta_from: str | None,
    eta_until: str | None,
    since: str | None,
    seen_at: str | None,
    ruling: str | None,
    first_scan_at: str | None,
    delivered_at: str | None,
    arrived_at: str | None,
    silent_since: str | None = None,
) -> ParcelState:
    return ParcelState(
        _STAGES[stage],
        Condition(condition) if condition else None,
        Actor(action_by) if action_by else None,
        DeliveredTo(delivered_to) if delivered_to else None,
        city,
        country,
        postal_code,
        _instant(eta_from),
        _instant(eta_until),
        _instant(since),
        _instant(seen_at),
        _uuid(ruling) if ruling else None,
        _instant(first_scan_at),
        _instant(delivered_at),
        _instant(arrived_at),
        _instant(silent_since),
    )


def _instant(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value) if value is not None else None


def _uuid(text: str) -> UUID:
    return UUID(int=int(text.replace("-", ""), 16))
