"""The door of tracking: a batch becomes domain facts, and each fact gets its word (applied, stale, parked)."""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import Any, cast

from sqlalchemy.ext.asyncio import AsyncConnection

from services.tracking import store_writes
from services.tracking.announce import Announcer
from services.tracking.erasure import take_in_erased, take_in_erasures
from services.tracking.handlers import Applied, NewFacts, Scan, apply
from services.tracking.retention import too_old
from services.tracking.store import OrderKey
from services.tracking.translate import DIGEST_BYTES, parcel_fact, parcel_key, shop_fact
from shared.contracts.base import Contract
from shared.contracts.orders import Order
from shared.contracts.outcomes import MessageOutcome
from shared.contracts.shipments import ShipmentEvent
from shared.contracts.topics import (
    CARRIER_SHIPMENTS,
    NOTIFIER_ERASURES,
    NOTIFIER_OUTCOMES,
    SHOP_ORDERS,
    TRACKING_ERASURES,
)
from shared.contracts.vocabulary import Stage
from shared.database import fetch
from shared.messaging.consume import Intake, Taken
from shared.messaging.failures import Poison
from shared.messaging.inbox import Delivery

GROUP = "tracking"
TOPICS = (SHOP_ORDERS, CARRIER_SHIPMENTS, NOTIFIER_OUTCOMES, TRACKING_ERASURES, NOTIFIER_ERASURES)
NOTHING = Applied(frozenset(), frozenset())


def intake(announcer: Announcer) -> Intake:
    """What `tracking consume` takes in."""

    async def take_in(tx: AsyncConnection, deliveries: Sequence[Delivery[Contract]]) -> Sequence[Taken]:
        announcer.directory.require()
        return await _take_in(tx, deliveries, announcer)

    return Intake(GROUP, TOPICS, take_in, kept_once=(CARRIER_SHIPMENTS,))


async def _take_in(
    tx: AsyncConnection, deliveries: Sequence[Delivery[Contract]], announcer: Announcer
) -> Sequence[Taken]:
    new, outcomes = NewFacts(), []
    forgotten = await too_old(tx, [delivery.data for delivery in deliveries if isinstance(delivery.data, Order)])
    for delivery in deliveries:
        new.traces[delivery.envelope.id] = delivery.envelope.traceparent
        match delivery.data:
            case Order() as order:
                if OrderKey(order.shop, order.order_id) not in forgotten:
                    _add_order(new, cast("Delivery[Order]", delivery), announcer)
            case ShipmentEvent() as event:
                scan = Scan(parcel_fact(cast("Delivery[ShipmentEvent]", delivery)), delivery.digest[:DIGEST_BYTES])
                new.scans.setdefault(parcel_key(event), []).append(scan)
            case MessageOutcome() as outcome:
                outcomes.append(_outcome_row(outcome))
    standing = await _standing_before(tx, new)
    applied = await apply(tx, new, announcer) if new.scans or new.snapshots else NOTHING
    await store_writes.write_outcomes(tx, outcomes)
    words = _words(deliveries, applied, standing, forgotten)
    unmapped = [
        _unmapped_row(delivery.data)
        for delivery, word in zip(deliveries, words, strict=True)
        if isinstance(delivery.data, ShipmentEvent)
        and delivery.data.stage is Stage.UNKNOWN
        and delivery.data.silent_since is None
        and word is not Taken.DUPLICATE
    ]
    await store_writes.count_unmapped(tx, unmapped)
    await take_in_erasures(tx, deliveries, announcer)
    await take_in_erased(tx, deliveries)
    return words


def _add_order(new: NewFacts, delivery: Delivery[Order], announcer: Announcer) -> None:
    order = delivery.data
    shop = announcer.shops.get(order.shop)
    if shop is None:
        raise Poison("unknown shop: it is not configured here")
    key = OrderKey(order.shop, order.order_id)
    new.snapshots.setdefault(key, []).append((shop_fact(delivery, shop), order))


async def _standing_before(tx: AsyncConnection, new: NewFacts) -> dict[OrderKey, list[tuple[int, str]]]:
    """(sequence, digest) of every snapshot known before this batch, to tell a stale one from news."""
    if not new.snapshots:
        return {}
    keys = sorted(new.snapshots)
    rows = await fetch(
        tx,
        "SELECT shop, order_id, sequence, digest FROM snapshots "
        "JOIN unnest(CAST(:shops AS text[]), CAST(:ids AS text[])) AS k (shop, order_id) USING (shop, order_id)",
        shops=[key.shop for key in keys],
        ids=[key.order_id for key in keys],
    )
    known: dict[OrderKey, list[tuple[int, str]]] = {}
    for row in rows:
        known.setdefault(OrderKey(row["shop"], row["order_id"]), []).append((row["sequence"], row["digest"]))
    return known


def _words(
    deliveries: Sequence[Delivery[Contract]],
    applied: Applied,
    standing: dict[OrderKey, list[tuple[int, str]]],
    forgotten: Set[OrderKey],
) -> list[Taken]:
    """One for each, in their order. Of the same scan twice in one batch the second is a duplicate.

    An order that was forgotten for its age and comes again is stale: nobody is to hear of it anew.
    """
    unseen, words = set(applied.fresh), list[Taken]()
    for delivery in deliveries:
        match delivery.data:
            case ShipmentEvent() as event:
                identity = (delivery.envelope.id, delivery.digest[:DIGEST_BYTES])
                taken = Taken.PARKED if parcel_key(event) in applied.parked else Taken.APPLIED
                words.append(taken if identity in unseen else Taken.DUPLICATE)
                unseen.discard(identity)
            case Order() as order:
                key = OrderKey(order.shop, order.order_id)
                newest = max(standing.get(key, []), default=None)
                stands = key not in forgotten and (newest is None or order.sequence > newest[0])
                words.append(Taken.APPLIED if stands else Taken.STALE)
            case _:
                words.append(Taken.APPLIED)
    return words


def _unmapped_row(event: ShipmentEvent) -> dict[str, Any]:
    return {
        "carrier": event.carrier,
        "code": event.carrier_code or "(none)",
        "sample": event.carrier_text,
        "at": event.occurred_at,
    }


def _outcome_row(outcome: MessageOutcome) -> dict[str, Any]:
    return {
        **outcome.model_dump(),
        "step": outcome.step.value,
        "channel": outcome.channel.value,
        "verdict": outcome.verdict.value,
    }
