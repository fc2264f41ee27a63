"""Where an order's fold has got to: what is kept of all facts so far, so that new ones need not wait for old ones.

A `Fold` is a cache. It can be thrown away at any time and is the same again after folding all facts anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

from services.tracking.domain.shipment import ParcelFact, ParcelKey, ParcelState
from services.tracking.domain.snapshot import ShopFact, standing
from services.tracking.domain.telling import Told
from services.tracking.domain.walk import Frame, Walk
from services.tracking.domain.which_carrier import Lot, Lots
from shared.contracts.vocabulary import ShopState


class Basis(NamedTuple):
    """What the shop's snapshots alone make: it changes only when the shop says something.

    `shop` is the snapshot that stands. The rest is drawn from all of them: the earliest instant at which the order was
    placed, each day ever promised, and when each parcel was first said to be on its way. `lots`: whose the parcels are
    that were named without their carrier, which facts of carriers decide too; all else here calls them by that.
    """

    shop: ShopFact
    placed_at: datetime
    promises: tuple[tuple[date, str], ...]
    sent: Mapping[ParcelKey, datetime]
    lots: Lots = ()

    def frame(self) -> Frame:
        """How the facts of this order's parcels are read."""
        return Frame(self.placed_at, self.shop.home_zone, self.promises)


class Fold(NamedTuple):
    """`walks` holds every parcel the order ever had, `told` every step announced."""

    basis: Basis
    walks: Mapping[ParcelKey, Walk]
    told: frozenset[Told]

    @property
    def shop(self) -> ShopFact:
        return self.basis.shop

    @property
    def states(self) -> Mapping[ParcelKey, ParcelState]:
        return {key: walk.state for key, walk in self.walks.items()}

    @property
    def asked_for(self) -> frozenset[ParcelKey]:
        """The parcels that may be news: those that the shop names, and all that one without its carrier may be."""
        open_ = (lot for lot in self.basis.lots if not lot.known and lot.key in self.shop.parcels)
        return frozenset((*self.shop.parcels, *(key for lot in open_ for key in lot.candidates)))

    def can_take(self, scans: Mapping[ParcelKey, Sequence[ParcelFact]]) -> bool:
        """True when these facts, sorted, all happened after everything known, and nothing else is to be weighed."""
        if self.shop.state in _WEIGHED_AGAINST_SCANS:
            return False
        lots = self.basis.lots
        for key, facts in scans.items():
            walk = self.walks.get(key)
            if lots and any(key in lot.names and not self._stands(lot, key) for lot in lots):
                return False
            if walk is None or (walk.place is not None and facts[0].place <= walk.place):
                return False
        return True

    def _stands(self, lot: Lot, key: ParcelKey) -> bool:
        """What is said of it later changes neither whose it is nor how one came to know: its first scan is known."""
        return lot.stands and key == lot.key and self.walks[key].state.ruling is not None


_WEIGHED_AGAINST_SCANS = (ShopState.DELIVERED, ShopState.RETURNED)
"""The shop speaks of the parcels themselves: whether its word holds depends on all scans together."""


def first_of(snapshots: Iterable[ShopFact]) -> datetime:
    """When the order was placed, as the earliest of all snapshots has it."""
    return min(snapshot.placed_at for snapshot in snapshots)


def promises_of(snapshots: Iterable[ShopFact]) -> tuple[tuple[date, str], ...]:
    return tuple(sorted({(each.promise_until, each.zone) for each in snapshots if each.promise_until is not None}))


def promised_at(snapshots: Iterable[ShopFact], shop: ShopFact) -> datetime | None:
    """When the day that `shop` promises was first named; None without a promise."""
    named = (each.time for each in snapshots if each.promise_until == shop.promise_until)
    return min(named) if shop.promise_until is not None else None


def sent_at(snapshots: Iterable[ShopFact]) -> dict[ParcelKey, datetime]:
    sent: dict[ParcelKey, datetime] = {}
    for snapshot in snapshots:
        if snapshot.state is ShopState.SHIPPED:
            for key in snapshot.parcels:
                sent[key] = min(snapshot.time, sent.get(key, snapshot.time))
    return dict(sorted(sent.items()))


def basis_of(snapshots: Sequence[ShopFact], lots: Lots = ()) -> Basis:
    """Raises ValueError without a snapshot."""
    return Basis(standing(snapshots), first_of(snapshots), promises_of(snapshots), sent_at(snapshots), lots)
