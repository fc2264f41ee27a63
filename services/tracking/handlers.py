"""From facts to decisions to rows: lock, fold what is new, write state, steps and events in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from services.tracking import store, store_writes
from services.tracking.announce import Announcer, Document
from services.tracking.contact import order_without_contact
from services.tracking.decided import Outcome
from services.tracking.domain.order import Decision, advance, go_on
from services.tracking.domain.promise import TimeFact
from services.tracking.domain.shipment import ParcelFact, ParcelKey
from services.tracking.domain.snapshot import ShopFact
from services.tracking.outcome import write_outcomes
from services.tracking.rows import timeline_line
from services.tracking.store import OrderKey, StoredOrder
from services.tracking.tokens import hash_of, token_of
from services.tracking.watches import may_need_watching
from shared.contracts.orders import Order
from shared.failpoints import failpoint

ScanId = tuple[UUID, bytes]


class Scan(NamedTuple):
    """A fact about a parcel as it came in; `digest` tells two contents under one id apart."""

    fact: ParcelFact
    digest: bytes

    @property
    def identity(self) -> ScanId:
        return self.fact.id, self.digest


@dataclass
class NewFacts:
    """What a batch brings, by what it is about."""

    snapshots: dict[OrderKey, list[tuple[ShopFact, Order]]] = field(default_factory=dict)
    scans: dict[ParcelKey, list[Scan]] = field(default_factory=dict)
    time: dict[OrderKey, list[TimeFact]] = field(default_factory=dict)
    traces: dict[UUID, str | None] = field(default_factory=dict)

    @property
    def named(self) -> set[ParcelKey]:
        return {key for told in self.snapshots.values() for fact, _ in told for key in fact.linked}


@dataclass(frozen=True, slots=True)
class Applied:
    """`parked`: parcels that no order has named yet. `fresh`: the scans that were not known before."""

    parked: Set[ParcelKey]
    fresh: Set[ScanId]


async def apply(tx: AsyncConnection, new: NewFacts, announcer: Announcer) -> Applied:
    """Fold new facts into every order they concern."""
    touched = new.named | set(new.scans)
    were_parked = await store.lock_parcels(tx, touched) if touched else set()
    fresh = await _keep_new_scans(tx, new) if new.scans else frozenset[ScanId]()
    failpoint("tracking.after_scans")
    linked = await store.orders_of(tx, new.scans) if new.scans else {}
    parked = set(new.scans) - set(linked) - new.named
    await store_writes.park(tx, sorted(parked - were_parked), parked=True)
    released = were_parked & (new.named | set(linked))
    await store_writes.park(tx, sorted(released), parked=False)
    if released:
        failpoint("tracking.after_release")
    orders = await _lock_orders(tx, new, linked, announcer)
    decisions = await _decide(tx, orders, new, linked)
    await write_outcomes(tx, await _outcomes(tx, orders, decisions, new, announcer), new.traces, announcer)
    return Applied(parked, fresh)


async def _keep_new_scans(tx: AsyncConnection, new: NewFacts) -> Set[ScanId]:
    """Write the scans down and leave those out of `new` that were there: the timeline is the inbox of scans as well."""
    lines = [timeline_line(key, scan.fact, scan.digest) for key, scans in new.scans.items() for scan in scans]
    fresh = await store_writes.add_facts(tx, lines)
    for key, scans in list(new.scans.items()):
        kept = [scan for scan in scans if scan.identity in fresh]
        if kept:
            new.scans[key] = kept
        else:
            del new.scans[key]
    return fresh


async def _lock_orders(
    tx: AsyncConnection, new: NewFacts, linked: Mapping[ParcelKey, Iterable[OrderKey]], announcer: Announcer
) -> dict[OrderKey, StoredOrder]:
    tokens = {key: hash_of(token_of(announcer.token_secret, *key)) for key in new.snapshots}
    if tokens:
        await store.make_orders(tx, tokens)
    keys = {*new.snapshots, *new.time, *(order for orders in linked.values() for order in orders)}
    return await store.lock_orders(tx, keys) if keys else {}


async def _decide(
    tx: AsyncConnection,
    orders: Mapping[OrderKey, StoredOrder],
    new: NewFacts,
    linked: Mapping[ParcelKey, Iterable[OrderKey]],
) -> dict[OrderKey, Decision]:
    """From what is kept where the new facts simply come next, from all facts anew where they do not."""
    scans: dict[OrderKey, dict[ParcelKey, list[ParcelFact]]] = {}
    for parcel, owners in linked.items():
        for owner in owners:
            scans.setdefault(owner, {})[parcel] = [scan.fact for scan in new.scans[parcel]]
    decisions: dict[OrderKey, Decision] = {}
    for key, stored in orders.items():
        if stored.fold is not None and key not in new.snapshots and key not in new.time:
            decided = go_on(stored.fold, scans.get(key, {}))
            if decided is not None:
                decisions[key] = decided
    anew = [key for key in orders if key not in decisions]
    if anew:
        decisions |= await _decide_anew(tx, {key: orders[key] for key in anew}, new)
    return decisions


async def _decide_anew(
    tx: AsyncConnection, orders: Mapping[OrderKey, StoredOrder], new: NewFacts
) -> dict[OrderKey, Decision]:
    memories = await store.recall(tx, orders)
    for key, memory in memories.items():
        memory.snapshots.extend(fact for fact, _ in new.snapshots.get(key, ()))
    wanted = {parcel for memory in memories.values() for parcel in memory.parcels}
    facts = await store.facts_of(tx, wanted) if wanted else {}
    return {
        key: advance(
            memory.snapshots,
            {parcel: facts.get(parcel, ()) for parcel in memory.parcels},
            new.time.get(key, ()),
            memory.told,
            kept=fold.walks if (fold := orders[key].fold) is not None else {},
        )
        for key, memory in memories.items()
        if memory.snapshots
    }


async def _outcomes(
    tx: AsyncConnection,
    orders: Mapping[OrderKey, StoredOrder],
    decisions: Mapping[OrderKey, Decision],
    new: NewFacts,
    announcer: Announcer,
) -> list[Outcome]:
    """Each decision beside what stood before it, with the shop's document where something has to be told of it."""
    told_now = {key: _standing_document(orders[key], decisions[key], told) for key, told in new.snapshots.items()}
    wanted = [
        key
        for key, decision in decisions.items()
        if told_now.get(key) is None and (decision.steps or _needs_document(orders[key], decision, announcer))
    ]
    documents = await store.documents_of(tx, wanted) if wanted else {}
    dropped = {
        parcel
        for key, decision in decisions.items()
        if (before := orders[key].fold) is not None and before.basis is not decision.fold.basis
        for parcel in before.asked_for - decision.fold.asked_for
    }
    owners = await store.orders_of(tx, dropped, still_named=True) if dropped else {}
    return [
        Outcome(
            orders[key],
            decisions[key],
            told_now.get(key) or documents.get(key),
            tuple(fact for fact, _ in new.snapshots.get(key, ())),
            frozenset(parcel for parcel, others in owners.items() if others - {key}),
        )
        for key in sorted(decisions)
    ]


def _needs_document(stored: StoredOrder, decision: Decision, announcer: Announcer) -> bool:
    before = stored.fold
    if before is None or before.basis is not decision.fold.basis:
        return True
    return may_need_watching(announcer.directory, before, decision)


def _standing_document(
    stored: StoredOrder, decision: Decision, told: Iterable[tuple[ShopFact, Order]]
) -> Document | None:
    """The full snapshot that stands if it is one of the new ones; without contact where that was erased."""
    standing = (decision.shop.sequence, decision.shop.digest)
    order = next((order for fact, order in told if (fact.sequence, fact.digest) == standing), None)
    if order is None:
        return None
    document: Document = orjson.loads((order_without_contact(order) if stored.erased else order).to_json())
    return document
