"""From facts to a decision to rows: lock, fold what is new, write state, steps and events in one transaction."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.tracking import store, store_writes
from services.tracking.announce import Announcer, outgoing_step
from services.tracking.domain.lifecycle import FINAL
from services.tracking.domain.order import Decision, advance
from services.tracking.domain.promise import PromiseBroken, broken_on
from services.tracking.domain.shipment import NEVER_SCANNED, ParcelFact, ParcelKey
from services.tracking.domain.snapshot import ShopFact
from services.tracking.rows import shop_fact_to_json, state_to_json, time_fact_to_json
from services.tracking.store import OrderKey, StoredOrder
from services.tracking.tokens import hash_of, token_of
from services.tracking.watches import watch_events
from shared.contracts.envelope import Outgoing
from shared.contracts.orders import Order
from shared.contracts.vocabulary import OrderState
from shared.messaging.outbox import append

FINISHED = frozenset({OrderState.DELIVERED, OrderState.CANCELLED, OrderState.RETURNED})


@dataclass
class NewFacts:
    """What a batch brings, by what it is about."""

    snapshots: dict[OrderKey, list[tuple[ShopFact, Order]]] = field(default_factory=dict)
    scans: dict[ParcelKey, list[ParcelFact]] = field(default_factory=dict)
    time: dict[OrderKey, list[PromiseBroken]] = field(default_factory=dict)
    traces: dict[UUID, str | None] = field(default_factory=dict)

    @property
    def parcels(self) -> set[ParcelKey]:
        named = {key for told in self.snapshots.values() for fact, _ in told for key in fact.parcels}
        return named | set(self.scans)


async def apply(tx: AsyncConnection, new: NewFacts, announcer: Announcer) -> set[ParcelKey]:
    """Fold new facts into every order they concern. Answers the parcels that no order has named yet: parked."""
    held = await store.lock_parcels(tx, new.parcels) if new.parcels else {}
    changed = _add_scans(held, new.scans)
    if changed:
        await store_writes.write_facts(tx, changed)
    linked = await store.orders_of(tx, new.scans) if new.scans else {}
    keys = {*new.snapshots, *new.time, *(order for orders in linked.values() for order in orders)}
    if not keys:
        return set(new.scans)
    tokens = {key: hash_of(token_of(announcer.token_secret, *key)) for key in new.snapshots}
    if tokens:
        await store.make_orders(tx, tokens)
    orders = await store.lock_orders(tx, keys)
    for key, told in new.snapshots.items():
        orders[key].snapshots.extend(fact for fact, _ in told)
    await _advance_all(tx, orders, held, new, announcer)
    named = {key for order in orders.values() for fact in order.snapshots for key in fact.parcels}
    return set(new.scans) - set(linked) - named


def _add_scans(
    held: Mapping[ParcelKey, list[ParcelFact]], scans: Mapping[ParcelKey, Sequence[ParcelFact]]
) -> dict[ParcelKey, list[ParcelFact]]:
    """Add to what is held and answer the parcels that changed. The same content is held once."""
    changed = {}
    for key, facts in scans.items():
        fresh = [fact for fact in dict.fromkeys(facts) if fact not in held[key]]
        if fresh:
            held[key].extend(fresh)
            changed[key] = held[key]
    return changed


@dataclass
class _Rows:
    owners: Mapping[ParcelKey, set[OrderKey]]
    orders: list[dict[str, Any]] = field(default_factory=list)
    snapshots: list[dict[str, Any]] = field(default_factory=list)
    links: list[dict[str, Any]] = field(default_factory=list)
    steps: list[dict[str, Any]] = field(default_factory=list)
    outgoing: list[Outgoing] = field(default_factory=list)


async def _advance_all(
    tx: AsyncConnection,
    orders: Mapping[OrderKey, StoredOrder],
    held: Mapping[ParcelKey, Sequence[ParcelFact]],
    new: NewFacts,
    announcer: Announcer,
) -> None:
    wanted = {key for order in orders.values() for fact in order.snapshots for key in fact.parcels} - set(held)
    facts = {**held, **(await store.facts_of(tx, wanted) if wanted else {})}
    rows = _Rows(owners=await _owners_of_dropped(tx, orders, new))
    for key in sorted(orders):
        if orders[key].snapshots:
            _advance_one(rows, orders[key], facts, new, announcer)
    await store_writes.write_orders(tx, rows.orders)
    await store_writes.write_snapshots(tx, rows.snapshots)
    await store_writes.write_links(tx, rows.links)
    await store_writes.write_steps(tx, rows.steps)
    await append(tx, rows.outgoing)


async def _owners_of_dropped(
    tx: AsyncConnection, orders: Mapping[OrderKey, StoredOrder], new: NewFacts
) -> dict[ParcelKey, set[OrderKey]]:
    """Who else still names a parcel that a new snapshot may leave out."""
    dropped = {
        parcel
        for key, told in new.snapshots.items()
        for fact, _ in told
        for parcel in orders[key].named - set(fact.parcels)
    }
    return await store.orders_of(tx, dropped, still_named=True) if dropped else {}


def _advance_one(
    rows: _Rows,
    stored: StoredOrder,
    facts: Mapping[ParcelKey, Sequence[ParcelFact]],
    new: NewFacts,
    announcer: Announcer,
) -> None:
    told_now = new.snapshots.get(stored.key, [])
    time_facts = tuple(dict.fromkeys((*stored.time_facts, *new.time.get(stored.key, ()))))
    own = {key: facts.get(key, ()) for fact in stored.snapshots for key in fact.parcels}
    decision = advance(stored.snapshots, own, time_facts, stored.told)
    order = _standing_order(stored, decision, told_now)
    for nth, due in enumerate(decision.steps, start=stored.steps_announced + 1):
        event = announcer.step_event(order, decision, due, nth)
        rows.outgoing.append(outgoing_step(event, new.traces))
        parcel = str(due.parcel) if due.parcel else ""
        rows.steps.append(
            {
                **_named(stored.key),
                "step": due.step,
                "occurrence": due.occurrence,
                "parcel": parcel,
                "sequence": nth,
                "occurred_at": due.occurred_at,
                "still_true": due.still_true,
                "event_id": event.event_id,
                "caused_by": due.caused_by,
            }
        )
    rows.snapshots.extend(_snapshot_row(stored.key, fact) for fact, _ in told_now)
    rows.links.extend(_link_rows(stored.key, decision))
    wanted_by_others = {parcel for parcel, owners in rows.owners.items() if owners - {stored.key}}
    rows.outgoing.extend(watch_events(announcer.directory, order, decision, stored, wanted_by_others))
    rows.orders.append(_order_row(stored, order, decision, time_facts, announcer))


def _standing_order(stored: StoredOrder, decision: Decision, told: Iterable[tuple[ShopFact, Order]]) -> Order:
    """The full snapshot that stands: one of the new ones, or the one that stood."""
    for fact, order in told:
        if fact.sequence == decision.shop.sequence and fact.digest == decision.shop.digest:
            return order
    assert stored.order is not None, "an order with snapshots has one that stands"
    return stored.order


def _named(key: OrderKey) -> dict[str, Any]:
    return {"shop": key.shop, "order_id": key.order_id}


def _snapshot_row(key: OrderKey, fact: ShopFact) -> dict[str, Any]:
    return {
        **_named(key),
        "sequence": fact.sequence,
        "digest": fact.digest,
        "event_id": fact.id,
        "said_at": fact.time,
        "fact": json.dumps(shop_fact_to_json(fact)),
    }


def _link_rows(key: OrderKey, decision: Decision) -> list[dict[str, Any]]:
    """Every parcel the order ever had; position -1 for one that the standing snapshot no longer names."""
    positions = {parcel: nth for nth, parcel in enumerate(decision.shop.parcels)}
    rows = []
    for parcel in sorted(decision.parcels):
        state = decision.parcels.get(parcel, NEVER_SCANNED)
        rows.append(
            {
                **_named(key),
                "carrier": parcel.carrier,
                "reference": parcel.reference,
                "position": positions.get(parcel, -1),
                "stage": state.stage,
                "condition": state.condition,
                "state": state_to_json(state),
            }
        )
    return rows


def _order_row(
    stored: StoredOrder,
    order: Order,
    decision: Decision,
    time_facts: Sequence[PromiseBroken],
    announcer: Announcer,
) -> dict[str, Any]:
    finished = decision.state in FINISHED
    return {
        **_named(stored.key),
        "snapshot": order.to_json().decode(),
        "state": decision.state,
        "placed_at": order.placed_at,
        "time_facts": json.dumps([time_fact_to_json(fact) for fact in time_facts]),
        "steps_announced": stored.steps_announced + len(decision.steps),
        "finished_at": _finished_at(decision) if finished else None,
        "check_at": None if finished else _check_at(decision, time_facts, announcer, order),
    }


def _finished_at(decision: Decision) -> datetime:
    seen = [state.seen_at for state in decision.parcels.values() if state.seen_at and state.stage in FINAL]
    return max((*seen, decision.shop.time))


def _check_at(
    decision: Decision, time_facts: Sequence[PromiseBroken], announcer: Announcer, order: Order
) -> datetime | None:
    """When somebody has to look whether the promise was kept; None once known, or if the shop wants none."""
    until = decision.shop.promise_until
    if until is None or not announcer.shops[order.shop].promise.announce_broken:
        return None
    if any(fact.promised_until == until for fact in time_facts):
        return None
    return broken_on(until, decision.shop.zone)
