"""What shops and carriers say in March 2026, as it comes out of Kafka; a test names only what matters to it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from shared.contracts.base import Contract
from shared.contracts.envelope import Envelope
from shared.contracts.erasures import ContactErased, ErasureRequested
from shared.contracts.orders import Buyer, Order, Shipment
from shared.contracts.outcomes import MessageOutcome
from shared.contracts.shipments import ShipmentEvent
from shared.contracts.steps import StepReached
from shared.contracts.topics import (
    CARRIER_SHIPMENTS,
    NOTIFIER_ERASURES,
    NOTIFIER_OUTCOMES,
    SHOP_ORDERS,
    TRACKING_ERASURES,
    TRACKING_STEPS,
    Topic,
)
from shared.contracts.vocabulary import Actor, Channel, Condition, DeliveredTo, ShopState, Stage, Verdict
from shared.messaging.inbox import Delivery, digest_of

SEUR = ("seur", "12345678901234")
CORREOS = ("correos", "PQ4E8K0000001230128001X")
ORDER = "A-1001"
LUCIA = Buyer(name="Lucía Prado", email="lucia@example.com", phone="+34600000001", locale="es-ES")

_TOPICS: dict[type[Contract], Topic] = {
    Order: SHOP_ORDERS,
    ShipmentEvent: CARRIER_SHIPMENTS,
    MessageOutcome: NOTIFIER_OUTCOMES,
    StepReached: TRACKING_STEPS,
    ErasureRequested: TRACKING_ERASURES,
    ContactErased: NOTIFIER_ERASURES,
}
_offsets = count()


def at(day: int, clock: str = "10:00") -> datetime:
    """A day and a UTC time in March 2026."""
    return datetime.fromisoformat(f"2026-03-{day:02}T{clock}:00").replace(tzinfo=UTC)


def order(
    state: str = "confirmed",
    sequence: int = 1,
    *,
    order_id: str = ORDER,
    parcels: Sequence[tuple[str, str]] = (),
    shop: str = "demo",
    **changes: Any,
) -> Order:
    shipments = tuple(Shipment(carrier=carrier, reference=reference) for carrier, reference in parcels)
    given: dict[str, Any] = {"buyer": LUCIA, "shipments": shipments, "placed_at": at(2, "08:00"), **changes}
    return Order(shop=shop, order_id=order_id, sequence=sequence, state=ShopState(state), **given)


def scan(
    stage: str,
    day: int,
    clock: str = "10:00",
    *,
    of: tuple[str, str] = SEUR,
    condition: str | None = None,
    by: str | None = None,
    to: str | None = None,
    **changes: Any,
) -> ShipmentEvent:
    return ShipmentEvent(
        carrier=of[0],
        reference=of[1],
        stage=Stage(stage),
        occurred_at=at(day, clock),
        condition=Condition(condition) if condition else None,
        action_by=Actor(by) if by else None,
        delivered_to=DeliveredTo(to) if to else None,
        **changes,
    )


def outcome(step: StepReached, verdict: Verdict, reason: str, channel: Channel = Channel.EMAIL) -> MessageOutcome:
    """What became of the buyer's message about this step, as the notifier says on the sixth."""
    return MessageOutcome(
        shop=step.shop,
        order_id=step.order_id,
        message=step.event_id,
        step=step.step,
        occurrence=step.occurrence,
        parcel=step.parcel.key if step.parcel else None,
        recipient="buyer",
        channel=channel,
        verdict=verdict,
        reason=reason,
        occurred_at=at(6),
        caused_by=step.event_id,
    )


def time_of(fact: Contract) -> datetime:
    """When it was said: a scan when it happened, a snapshot an hour after the order was placed and a minute later each
    sequence.
    """
    if isinstance(fact, Order):
        return fact.placed_at + timedelta(hours=1, minutes=fact.sequence)
    if isinstance(fact, ErasureRequested):
        return fact.requested_at
    if isinstance(fact, ContactErased):
        return fact.erased_at
    assert isinstance(fact, ShipmentEvent | MessageOutcome | StepReached)
    return fact.occurred_at


def delivery(
    fact: Contract, *, said_at: datetime | None = None, id: UUID | None = None, heard_at: datetime | None = None
) -> Delivery[Contract]:
    """As the consumer hands it to a handler. `heard_at`: when the broker was given it."""
    assert isinstance(fact, Order | ShipmentEvent | MessageOutcome | StepReached | ErasureRequested | ContactErased)
    topic = _TOPICS[type(fact)]
    envelope = Envelope(id or fact.event_id, "/tests", topic.event_type, said_at or time_of(fact))
    return Delivery(topic.name, 0, next(_offsets), envelope, fact, digest_of(fact.to_json()), heard_at=heard_at)
