"""One buyer's contact is erased: here in one transaction, and in the notifier by an event that the same one writes.

The order stays with state, steps and verdicts. `orders.erased_at` keeps the contact from coming back: whatever a shop
says of such an order later, or a replay brings again, is taken in without it (`contact.order_without_contact`).
Lock order as everywhere: parcels, then orders; here only the order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from services.tracking import store
from services.tracking.announce import SOURCE, Announcer
from services.tracking.store import OrderKey
from services.tracking.tokens import hash_of, token_of
from shared.contracts.base import Contract
from shared.contracts.envelope import Outgoing
from shared.contracts.erasures import ContactErased, ErasureRequested
from shared.contracts.topics import SHOP_ORDERS, TRACKING_ERASURES, TRACKING_STEPS
from shared.database import Tx, fetch, run
from shared.erasure import (
    DEAD_LETTERS,
    OF_ORDER,
    ContactTable,
    erase,
    holds_contact,
    letters_in_outbox,
    without_contact,
)
from shared.messaging.inbox import Delivery
from shared.messaging.outbox import append
from shared.observability import spans, tracing

C = TypeVar("C", bound=Contract)
TELL_AGAIN_AFTER = timedelta(minutes=1)
"""A request repeated sooner than this, while the notifier has not answered, is the same request."""

_TOLD = "(convert_from(value, 'UTF8')::jsonb)"
HELD = (
    ContactTable(
        name="orders",
        table="orders",
        of_order=OF_ORDER,
        holds_contact="(email IS NOT NULL OR phone IS NOT NULL)",
        emptied="email = NULL, phone = NULL",
    ),
    ContactTable(
        name="snapshots",
        table="snapshots",
        of_order=OF_ORDER,
        holds_contact=f"coalesce({holds_contact('document')}, false)",
        emptied=f"document = {without_contact('document')}",
    ),
    ContactTable(
        name="outbox",
        table="outbox",
        of_order=f"key = :key AND topic = '{TRACKING_STEPS.name}'",
        # CASE, because AND gives no order, and other rows' bytes may be no JSON.
        holds_contact=f"CASE WHEN topic = '{TRACKING_STEPS.name}' THEN {holds_contact(_TOLD)} END",
        emptied=f"value = convert_to(({without_contact(_TOLD)})::text, 'UTF8')",
    ),
    letters_in_outbox(SHOP_ORDERS),
    DEAD_LETTERS,
)
"""Every table of tracking's that ever holds a buyer's contact."""


@dataclass(frozen=True, slots=True)
class Erasure:
    """What is known of one erasure. `requested_at` is when it was first asked for; `request` counts the askings."""

    request: int
    requested_at: datetime
    told_at: datetime
    tracking: ContactErased
    notifier: ContactErased | None

    @property
    def answered(self) -> bool:
        return self.notifier is not None and self.notifier.request >= self.request

    @property
    def complete(self) -> bool:
        """Both services have erased, and counted nothing that remains."""
        parts = (self.tracking, self.notifier)
        return self.answered and all(part is not None and part.nothing_remains for part in parts)


async def request_erasure(tx: AsyncConnection, key: OrderKey, now: datetime) -> Erasure | None:
    """Erase what there is, also what came in since the last time, and tell the notifier. None for an unknown order."""
    if not await _lock(tx, key):
        return None
    earlier = await erasure_of(tx, key)
    if earlier and not earlier.answered and now - earlier.told_at < TELL_AGAIN_AFTER:
        return await _erase(tx, key, earlier.request, earlier.requested_at, earlier.told_at, now)
    request = await _highest_request(tx, key) + 1
    erasure = await _erase(tx, key, request, earlier.requested_at if earlier else now, now, now)
    asked = ErasureRequested(shop=key.shop, order_id=key.order_id, request=request, requested_at=erasure.requested_at)
    await append(
        tx,
        [
            Outgoing.of(
                TRACKING_ERASURES,
                asked,
                key=asked.key,
                id=asked.event_id,
                time=now,
                source=SOURCE,
                traceparent=spans.created(TRACKING_ERASURES.name, tracing.current()),
            )
        ],
    )
    return erasure


async def erasure_of(tx: Tx, key: OrderKey) -> Erasure | None:
    """None when nobody has asked for it."""
    rows = await fetch(tx, f"SELECT * FROM erasures WHERE {OF_ORDER} AND tracking IS NOT NULL", **key._asdict())
    if not rows:
        return None
    row = rows[0]
    return Erasure(
        row["request"], row["requested_at"], row["told_at"], _read(row["tracking"]),
        _read(row["notifier"]) if row["notifier"] else None,
    )  # fmt: skip


async def take_in_erasures(tx: AsyncConnection, deliveries: Sequence[Delivery[Contract]], announcer: Announcer) -> None:
    """Our own word comes back to us: already done, unless this database was rebuilt from Kafka or from a backup.

    Then the order may not be known yet; its row is made, so that its snapshots find it marked when they come.
    """
    for asked, told_at in sorted(_told(deliveries, ErasureRequested), key=lambda told: told[0].key):
        key = OrderKey(asked.shop, asked.order_id)
        await store.make_orders(tx, {key: hash_of(token_of(announcer.token_secret, *key))})
        await _lock(tx, key)
        known = await erasure_of(tx, key)
        if known is None or known.request < asked.request:
            await _erase(tx, key, asked.request, asked.requested_at, told_at, told_at)


async def take_in_erased(tx: AsyncConnection, deliveries: Sequence[Delivery[Contract]]) -> None:
    """The notifier's answer becomes part of the proof; the newest one stands."""
    for answer, _ in sorted(_told(deliveries, ContactErased), key=lambda told: told[0].key):
        await run(
            tx,
            "INSERT INTO erasures AS e (shop, order_id, notifier) VALUES (:shop, :order_id, CAST(:answer AS jsonb)) "
            "ON CONFLICT (shop, order_id) DO UPDATE SET notifier = excluded.notifier WHERE e.notifier IS NULL "
            "OR CAST(e.notifier ->> 'request' AS int) <= CAST(excluded.notifier ->> 'request' AS int)",
            shop=answer.shop,
            order_id=answer.order_id,
            answer=answer.to_json().decode(),
        )


def _told(deliveries: Sequence[Delivery[Contract]], kind: type[C]) -> list[tuple[C, datetime]]:
    """Those of one kind, with when it was said; not what contradicts a known event."""
    return [(d.data, d.envelope.time) for d in deliveries if isinstance(d.data, kind) and not d.conflicting]


async def _lock(tx: AsyncConnection, key: OrderKey) -> bool:
    """Whoever takes in facts of this order waits for us or we for them. False when no shop has told of the order."""
    rows = await fetch(
        tx,
        f"SELECT placed_at IS NOT NULL OR erased_at IS NOT NULL AS known FROM orders WHERE {OF_ORDER} FOR UPDATE",
        **key._asdict(),
    )
    return bool(rows) and bool(rows[0]["known"])


async def _highest_request(tx: AsyncConnection, key: OrderKey) -> int:
    rows = await fetch(
        tx,
        f"SELECT greatest(request, CAST(notifier ->> 'request' AS int)) AS highest FROM erasures WHERE {OF_ORDER}",
        **key._asdict(),
    )
    return int(rows[0]["highest"]) if rows else 0


async def _erase(
    tx: AsyncConnection, key: OrderKey, request: int, requested_at: datetime, told_at: datetime, now: datetime
) -> Erasure:
    await run(tx, f"UPDATE orders SET erased_at = coalesce(erased_at, :now) WHERE {OF_ORDER}", now=now, **key._asdict())
    earlier = await erasure_of(tx, key)
    erased = ContactErased(
        shop=key.shop,
        order_id=key.order_id,
        request=request,
        erased_at=now,
        rows=await erase(tx, HELD, *key),
    ).after(earlier.tracking if earlier else None)
    await run(
        tx,
        "INSERT INTO erasures (shop, order_id, request, requested_at, told_at, tracking) "
        "VALUES (:shop, :order_id, :request, :requested_at, :told_at, CAST(:tracking AS jsonb)) "
        "ON CONFLICT (shop, order_id) DO UPDATE SET request = excluded.request, tracking = excluded.tracking, "
        "requested_at = excluded.requested_at, told_at = excluded.told_at",
        **key._asdict(),
        request=request,
        requested_at=requested_at,
        told_at=told_at,
        tracking=erased.to_json().decode(),
    )
    return Erasure(request, requested_at, told_at, erased, earlier.notifier if earlier else None)


def _read(row: object) -> ContactErased:
    return ContactErased.model_validate(row, extra="ignore")
