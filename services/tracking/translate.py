"""From the wire to domain facts, at the door: contract models do not go further in than this."""

from __future__ import annotations

from services.tracking.domain.shipment import ParcelFact, ParcelKey
from services.tracking.domain.snapshot import ShopFact
from shared.contracts.orders import Order
from shared.contracts.shipments import ShipmentEvent
from shared.messaging.inbox import Delivery
from shared.shops import Shop


def parcel_key(event: ShipmentEvent) -> ParcelKey:
    return ParcelKey(event.carrier, event.reference)


def parcel_fact(delivery: Delivery[ShipmentEvent]) -> ParcelFact:
    event = delivery.data
    place, eta = event.location, event.eta
    return ParcelFact(
        id=delivery.envelope.id,
        occurred_at=event.occurred_at,
        stage=event.stage,
        condition=event.condition,
        action_by=event.action_by,
        delivered_to=event.delivered_to,
        clock=event.clock,
        city=place.city if place else None,
        country=place.country if place else None,
        postal_code=place.postal_code if place else None,
        code=event.carrier_code,
        text=event.carrier_text,
        eta_from=eta.from_ if eta else None,
        eta_until=eta.until if eta else None,
    )


def shop_fact(delivery: Delivery[Order], shop: Shop) -> ShopFact:
    order = delivery.data
    return ShopFact(
        id=delivery.envelope.id,
        sequence=order.sequence,
        time=delivery.envelope.time,
        digest=delivery.digest.hex(),
        state=order.state,
        placed_at=order.placed_at,
        zone=order.buyer.timezone or shop.zone,
        payment=order.payment.state if order.payment else None,
        parcels=tuple(ParcelKey(s.carrier, s.reference) for s in order.shipments),
        promise_until=order.promise.deliver_until if order.promise else None,
        lines_pending=_lines_pending(order),
    )


def _lines_pending(order: Order) -> bool:
    """True when the parcels name their lines and hold less than was ordered."""
    if not order.lines or not order.shipments or not all(shipment.lines for shipment in order.shipments):
        return False
    sent: dict[str, int] = {}
    for shipment in order.shipments:
        for line in shipment.lines:
            sent[line.id] = sent.get(line.id, 0) + line.quantity
    return any(sent.get(line.id, 0) < line.quantity for line in order.lines)
