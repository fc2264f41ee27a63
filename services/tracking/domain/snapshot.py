"""What the shop says of its order: full snapshots, of which exactly one stands, whichever came in first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import reduce
from typing import NamedTuple
from uuid import UUID

from services.tracking.domain.regions import Region
from services.tracking.domain.shipment import Ignored, ParcelKey
from shared.contracts.vocabulary import PaymentState, ShopState

SPAIN = Region("ES")

UNNAMED = "unnamed"
"""Stands where the carrier would, in the key of a parcel whose carrier is not known."""


class OpenParcel(NamedTuple):
    """A reference whose carrier the shop left out, and what its format says of it.

    `key` is that of the snapshot. `candidates`: the parcels it may be, the likeliest first. `certain`: the only one,
    for no other carrier's numbers look like it.
    """

    key: ParcelKey
    candidates: tuple[ParcelKey, ...] = ()
    certain: bool = False


class ShopFact(NamedTuple):
    """One snapshot, reduced to what decides.

    `sequence` counts the shop's changes; `time` is when the shop said it; `digest` tells one content from another under
    the same sequence. `promise_until` is a day in `zone` (IANA name), the calendar of the destination. `lines_pending`:
    the snapshot orders more than its parcels hold, so more parcels are to come. `regions`: where each parcel goes, in
    the order of `parcels`. Of the shop itself: `home` is its region, `home_zone` its zone; `watched`: it wants its
    buyers to be told when a parcel is late. `open`: those of `parcels` that the shop named without their carrier.
    """

    id: UUID
    sequence: int
    time: datetime
    digest: str
    state: ShopState
    placed_at: datetime
    zone: str
    payment: PaymentState | None = None
    parcels: tuple[ParcelKey, ...] = ()
    promise_until: date | None = None
    lines_pending: bool = False
    regions: tuple[Region, ...] = ()
    home: Region = SPAIN
    home_zone: str = "Europe/Madrid"
    watched: bool = True
    open: tuple[OpenParcel, ...] = ()

    @property
    def linked(self) -> tuple[ParcelKey, ...]:
        """Every parcel whose facts may be this order's."""
        return self.parcels + tuple(key for each in self.open for key in each.candidates) if self.open else self.parcels

    @property
    def told_of(self) -> tuple[ParcelKey, ...]:
        """The parcels a buyer can be told of: a message names the carrier, so the others wait until it is known."""
        return tuple(key for key in self.parcels if key.carrier != UNNAMED) if self.open else self.parcels

    def region_of(self, parcel: ParcelKey) -> Region:
        """Where the parcel goes; at home where the shop did not say."""
        place = self.parcels.index(parcel) if parcel in self.parcels else len(self.regions)
        return self.regions[place] if place < len(self.regions) else self.home


@dataclass(frozen=True, slots=True)
class Applied:
    """The snapshot stands. `conflict`: it replaced another content under the same sequence, which was said later."""

    fact: UUID
    conflict: bool = False


def newer(a: ShopFact, b: ShopFact) -> bool:
    """True when `a` stands against `b`: the higher sequence.

    Under one sequence the content said first stands, so that a second one changes nothing, in whichever order the two
    come in; with equal times the smaller digest decides, then the smaller id.
    """
    if a.sequence != b.sequence:
        return a.sequence > b.sequence
    return (a.time, a.digest, a.id) < (b.time, b.digest, b.id)


def same_snapshot(a: ShopFact, b: ShopFact) -> bool:
    return a.sequence == b.sequence and a.digest == b.digest


def judge_snapshot(current: ShopFact | None, incoming: ShopFact) -> Applied | Ignored:
    """What becomes of a snapshot that comes in: Applied, or Ignored as `duplicate`, `stale` or `conflict`."""
    if current is None:
        return Applied(incoming.id)
    if same_snapshot(current, incoming):
        return Ignored("duplicate", incoming.id)
    conflict = current.sequence == incoming.sequence
    if newer(incoming, current):
        return Applied(incoming.id, conflict=conflict)
    return Ignored("conflict" if conflict else "stale", incoming.id)


def standing(snapshots: Sequence[ShopFact]) -> ShopFact:
    """The one that stands among all. Raises ValueError when there is none."""
    if not snapshots:
        raise ValueError("no snapshot: park the facts until the shop has told of the order")
    return reduce(lambda a, b: b if newer(b, a) else a, snapshots)


def without_conflicts(snapshots: Iterable[ShopFact]) -> tuple[ShopFact, ...]:
    """One snapshot for each sequence, the one that stands; a stale snapshot was true once and is kept."""
    of_sequence: dict[int, ShopFact] = {}
    for snapshot in snapshots:
        known = of_sequence.get(snapshot.sequence)
        if known is None or newer(snapshot, known):
            of_sequence[snapshot.sequence] = snapshot
    return tuple(of_sequence[sequence] for sequence in sorted(of_sequence))
