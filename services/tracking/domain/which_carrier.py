"""Which carrier has a parcel whose shop named only its reference: a pure function of the set of facts.

The shop's own word is always right, and its newest one stands. Else the carrier that was first to speak of the
reference, as things happened, whatever came in first. Else the only carrier whose numbers look like it. Else nobody
knows, and nothing is claimed: the parcel keeps the key `unnamed/reference`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from itertools import chain
from typing import NamedTuple
from uuid import UUID

from services.tracking.domain.promise import PromiseBroken, TimeFact
from services.tracking.domain.regions import Region
from services.tracking.domain.shipment import ParcelFact, ParcelKey, Place, in_true_order
from services.tracking.domain.snapshot import UNNAMED, ShopFact, without_conflicts
from services.tracking.domain.telling import Told
from services.tracking.domain.walk import BEFORE_THE_ORDER, Walk
from services.tracking.references.formats import normalise
from shared.contracts.vocabulary import Stage

Facts = Mapping[ParcelKey, Sequence[ParcelFact]]
_NO_WALKS: Mapping[ParcelKey, Walk] = {}


class How(StrEnum):
    """Why it is taken to be this carrier's."""

    SHOP = "shop"
    """The shop named it."""
    HEARD = "heard"
    """This carrier was the first of the candidates to speak of it."""
    FORMAT = "format"
    """Only this carrier's numbers look like it."""
    OPEN = "open"
    """Several carriers' numbers look like it, or none that is known."""


class Lot(NamedTuple):
    """All that an order knows of one reference. `names`: every key it goes, went or may go by; `key`: the one now.

    `was`: what it was taken for before that proved wrong, as things happened.
    """

    key: ParcelKey
    how: How
    names: tuple[ParcelKey, ...]
    candidates: tuple[ParcelKey, ...] = ()
    was: ParcelKey | None = None

    @property
    def known(self) -> bool:
        return self.how is not How.OPEN

    @property
    def stands(self) -> bool:
        """What is said of this very parcel later cannot make it another carrier's."""
        return self.how in (How.SHOP, How.HEARD)


Lots = tuple[Lot, ...]


def lots_of(
    snapshots: Sequence[ShopFact], facts: Facts, placed_at: datetime, kept: Mapping[ParcelKey, Walk] = _NO_WALKS
) -> Lots:
    """One for each reference that the shop ever named without its carrier, in the order of the references."""
    if not any(each.open for each in snapshots):
        return ()
    true = without_conflicts(snapshots)
    references = sorted({normalise(each.key.reference) for snapshot in true for each in snapshot.open})
    lots = [_lot(reference, true, facts, placed_at - BEFORE_THE_ORDER, kept) for reference in references]
    return tuple(each._replace(was=_was(turns_of(each, snapshots, facts, placed_at))) for each in lots)


def _was(turns: Iterable[Turn]) -> ParcelKey | None:
    return next((turn.before for turn in reversed(tuple(turns)) if turn.what == CORRECTED), None)


def _lot(
    reference: str, snapshots: Sequence[ShopFact], facts: Facts, opens_at: datetime, kept: Mapping[ParcelKey, Walk]
) -> Lot:
    opened = [each for s in snapshots for each in s.open if normalise(each.key.reference) == reference]
    slots = dict.fromkeys(each.key for each in opened)
    candidates = tuple(dict.fromkeys(key for each in opened for key in each.candidates))
    named = named_in(snapshots, reference)
    other_parcels = named[-1][1][1:] if named else ()
    names = dict.fromkeys(chain(slots, candidates, *(keys for _, keys in named)))
    key, how = opened[-1].key, How.OPEN
    if named:
        key, how = named[-1][1][0], How.SHOP
    elif (first := _first_heard(candidates, facts, opens_at, kept)) is not None:
        key, how = first, How.HEARD
    elif (certain := next((each for each in opened if each.certain), None)) is not None:
        key, how = certain.candidates[0], How.FORMAT
    return Lot(key, how, tuple(sorted(name for name in names if name not in other_parcels)), candidates)


def named_in(snapshots: Iterable[ShopFact], reference: str) -> list[tuple[ShopFact, tuple[ParcelKey, ...]]]:
    """The snapshots that name the reference with its carrier, the oldest first, and what they call it."""
    found = []
    for snapshot in snapshots:
        keys = tuple(k for k in snapshot.parcels if k.carrier != UNNAMED and normalise(k.reference) == reference)
        if keys:
            found.append((snapshot, keys))
    return found


def _first_heard(
    candidates: Iterable[ParcelKey], facts: Facts, opens_at: datetime, kept: Mapping[ParcelKey, Walk]
) -> ParcelKey | None:
    heard: list[tuple[Place, ParcelKey]] = []
    for key in candidates:
        walk, said = kept.get(key), facts.get(key, ())
        if walk is not None and len(said) < walk.facts and walk.state.ruling is not None:
            return key  # its first facts have been dropped for their age: nothing that is left is older
        first = first_counting(said, opens_at)
        if first is not None:
            heard.append((first.place, key))
    return min(heard)[1] if heard else None


def first_counting(facts: Iterable[ParcelFact], opens_at: datetime) -> ParcelFact | None:
    """The first that can be about this order's parcel: an unmapped code says nothing, an earlier one is another's."""
    counting = (each for each in in_true_order(facts) if each.at >= opens_at and each.stage is not Stage.UNKNOWN)
    return next(counting, None)


def names_now(lots: Lots) -> dict[ParcelKey, ParcelKey]:
    """What goes by another key by now."""
    return {name: lot.key for lot in lots for name in lot.names if name != lot.key}


def as_known_now(snapshot: ShopFact, names: Mapping[ParcelKey, ParcelKey]) -> ShopFact:
    """The same snapshot with its parcels by the keys they go by now, each once."""
    regions: dict[ParcelKey, Region | None] = {}
    for place, key in enumerate(snapshot.parcels):
        regions.setdefault(names.get(key, key), snapshot.regions[place] if place < len(snapshot.regions) else None)
    where = tuple(snapshot.home if region is None else region for region in regions.values())
    return snapshot._replace(parcels=tuple(regions), regions=where if snapshot.regions else ())


def told_now(told: Mapping[Told, datetime | None], names: Mapping[ParcelKey, ParcelKey]) -> dict[Told, datetime | None]:
    """What was told, by the keys its parcels go by now. Of two records of one step the one that was told counts."""
    found: dict[Told, datetime | None] = {}
    for each, at in told.items():
        parcel = each.parcel
        now = each._replace(parcel=names.get(parcel, parcel)) if parcel is not None else each
        found[now] = at if found.get(now) is None else found[now]
    return found


def in_time_now(fact: TimeFact, names: Mapping[ParcelKey, ParcelKey]) -> TimeFact:
    """What time told of a parcel, by the key that it goes by now."""
    if isinstance(fact, PromiseBroken):
        return replace(fact, parcel=names.get(fact.parcel, fact.parcel)) if fact.parcel is not None else fact
    return replace(fact, parcel=names.get(fact.parcel, fact.parcel))


def told_but_of(lots: Lots, told: Mapping[Told, datetime | None]) -> dict[Told, datetime | None]:
    """What was told, without the steps of these parcels: they are looked at again."""
    keys = {lot.key for lot in lots}
    return {each: at for each, at in told.items() if each.parcel not in keys}


def is_another(key: ParcelKey, lots: Lots) -> bool:
    """True for what the order's parcel might have been, and is not: what is said of it is not told."""
    return any(key in lot.names and key != lot.key for lot in lots)


class Turn(NamedTuple):
    """A moment at which one knew, or knew better. `parcel` is what it is by then, `before` what it was taken for."""

    at: datetime
    what: str
    parcel: ParcelKey
    before: ParcelKey | None
    fact: UUID


SETTLED, CORRECTED, CONTESTED = "carrier_settled", "carrier_corrected", "carrier_contested"
_WEIGHT = {How.OPEN: 0, How.FORMAT: 1, How.HEARD: 2, How.SHOP: 3}


def turns_of(lot: Lot, snapshots: Sequence[ShopFact], facts: Facts, placed_at: datetime) -> list[Turn]:
    """How one came to know whose parcel it is, as things happened. A second carrier that speaks contests it."""
    reference = normalise(lot.names[0].reference)
    true = without_conflicts(snapshots)
    said = [
        (each.time, How.FORMAT, open_.candidates[0], each.id)
        for each in true
        for open_ in each.open
        if open_.certain and open_.key in lot.names
    ]
    said += [(snapshot.time, How.SHOP, keys[0], snapshot.id) for snapshot, keys in named_in(true, reference)]
    for key in lot.candidates:
        first = first_counting(facts.get(key, ()), placed_at - BEFORE_THE_ORDER)
        if first is not None:
            said.append((first.at, How.HEARD, key, first.id))
    turns: list[Turn] = []
    known, weight = None, 0
    for at, how, key, fact in sorted(said, key=lambda each: (each[0], _WEIGHT[each[1]], each[2], each[3])):
        rules = _WEIGHT[how] > weight or (how is How.SHOP and weight == _WEIGHT[how])
        if key != known:
            what = CONTESTED if not rules else CORRECTED if known is not None else SETTLED
            if what != CONTESTED or how is How.HEARD:
                turns.append(Turn(at, what, key, known, fact))
        if rules:
            known, weight = key, _WEIGHT[how]
    return turns
