"""The door of tracking: a batch becomes domain facts, and each fact gets its word (applied, stale, parked)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy.ext.asyncio import AsyncConnection

from services.tracking import store_writes
from services.tracking.announce import Announcer
from services.tracking.domain.shipment import ParcelKey
from services.tracking.handlers import NewFacts, Scan, apply
from services.tracking.rows import DIGEST_BYTES
from services.tracking.store import OrderKey
from services.tracking.translate import parcel_fact, parcel_key, shop_fact
from shared.contracts.base import Contract
from shared.contracts.orders import Order
from shared.contracts.outcomes import MessageOutcome
from shared.contracts.shipments import ShipmentEvent
from shared.contracts.topics import CARRIER_SHIPMENTS, NOTIFIER_OUTCOMES, SHOP_ORDERS
from shared.contracts.vocabulary import Stage
from shared.database import fetch
from shared.messaging.consume import Intake, Taken
from shared.messaging.failures import Poison
from shared.messaging.inbox import Delivery

GROUP = "tracking"


def intake(announcer: Announcer) -> Intake:
    """What `tracking consume` takes in."""

    async def take_in(tx: AsyncConnection, deliveries: Sequence[Delivery[Contract]]) -> Sequence[Taken]:
        announcer.directory.require()
        return await _take_in(tx, deliveries, announcer)

    return Intake(GROUP, (SHOP_ORDERS, CARRIER_SHIPMENTS, NOTIFIER_OUTCOMES), take_in)


async def _take_in(
    tx: AsyncConnection, deliveries: Sequence[Delivery[Contract]], announcer: Announcer
) -> Sequence[Taken]:
    new, outcomes, unmapped = NewFacts(), [], list[Delivery[ShipmentEvent]]()
    for delivery in deliveries:
        new.traces[delivery.envelope.id] = delivery.envelope.traceparent
        match delivery.data:
            case Order():
                _add_order(new, cast("Delivery[Order]", delivery), announcer)
            case ShipmentEvent() as event:
                fact = parcel_fact(cast("Delivery[ShipmentEvent]", delivery))
                new.scans.setdefault(parcel_key(event), []).append(Scan(fact, delivery.digest))
                if event.stage is Stage.UNKNOWN:
                    unmapped.append(cast("Delivery[ShipmentEvent]", delivery))
            case MessageOutcome() as outcome:
                outcomes.append(_outcome_row(outcome))
    standing = await _standing_before(tx, new)
    codes = await _told_first(tx, unmapped)
    parked = await apply(tx, new, announcer) if new.scans or new.snapshots else set()
    await store_writes.write_outcomes(tx, outcomes)
    await store_writes.count_unmapped(tx, codes)
    return [_word(delivery, parked, standing, announcer) for delivery in deliveries]


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


def _word(
    delivery: Delivery[Contract],
    parked: set[ParcelKey],
    standing: dict[OrderKey, list[tuple[int, str]]],
    announcer: Announcer,
) -> Taken:
    match delivery.data:
        case ShipmentEvent() as event:
            return Taken.PARKED if parcel_key(event) in parked else Taken.APPLIED
        case Order() as order:
            known = standing.get(OrderKey(order.shop, order.order_id), [])
            newest = max(known, default=None)
            stands = newest is None or order.sequence > newest[0]
            return Taken.APPLIED if stands else Taken.STALE
    return Taken.APPLIED


async def _told_first(tx: AsyncConnection, unmapped: Sequence[Delivery[ShipmentEvent]]) -> list[dict[str, Any]]:
    """A scan counts once with each of its contents: as unmapped even if it came again with its code mapped."""
    contents = {(delivery.envelope.id, delivery.digest[:DIGEST_BYTES]): delivery for delivery in unmapped}
    again = [delivery for delivery in contents.values() if delivery.conflicting]
    if again:
        rows = await fetch(
            tx,
            "SELECT t.event_id, t.digest FROM timeline t JOIN unnest(CAST(:carriers AS text[]), "
            "CAST(:references AS text[]), CAST(:ids AS uuid[])) AS k (carrier, reference, event_id) "
            "USING (carrier, reference, event_id)",
            carriers=[delivery.data.carrier for delivery in again],
            references=[delivery.data.reference for delivery in again],
            ids=[delivery.envelope.id for delivery in again],
        )
        for row in rows:
            contents.pop((row["event_id"], row["digest"]), None)
    return [_unmapped_row(delivery.data) for delivery in contents.values()]


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
