"""From the wire to domain facts, at the door: contract models do not go further in than this."""

from __future__ import annotations

from datetime import datetime

from services.tracking.domain.promise import Patience
from services.tracking.domain.regions import Region, region_of
from services.tracking.domain.shipment import CLOCK_SKEW, ParcelFact, ParcelKey
from services.tracking.domain.snapshot import UNNAMED, OpenParcel, ShopFact
from services.tracking.references.formats import candidates, normalise
from shared.contracts.orders import Order, Shipment
from shared.contracts.shipments import ShipmentEvent
from shared.messaging.inbox import Delivery
from shared.shops import Shop

DIGEST_BYTES = 8
"""Enough to tell two contents under one id apart."""


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
        heard_at=_heard_first(event.occurred_at, delivery.heard_at),
        silent_since=event.silent_since,
    )


def _heard_first(said: datetime, heard_at: datetime | None) -> datetime | None:
    """When it was heard, if it claims to have happened after that."""
    return heard_at if heard_at is not None and said > heard_at + CLOCK_SKEW else None


def shop_fact(delivery: Delivery[Order], shop: Shop) -> ShopFact:
    order, said_at = delivery.data, delivery.envelope.time
    home = region_of(shop.country)
    return ShopFact(
        id=delivery.envelope.id,
        sequence=order.sequence,
        time=_heard_first(said_at, delivery.heard_at) or said_at,
        digest=delivery.digest.hex(),
        state=order.state,
        placed_at=_heard_first(order.placed_at, delivery.heard_at) or order.placed_at,
        zone=order.buyer.timezone or shop.zone,
        payment=order.payment.state if order.payment else None,
        parcels=tuple(ParcelKey(s.carrier, s.reference) for s in order.shipments),
        promise_until=order.promise.deliver_until if order.promise else None,
        lines_pending=_lines_pending(order),
        regions=tuple(_region(shipment, home) for shipment in order.shipments),
        home=home,
        home_zone=shop.zone,
        watched=shop.promise.announce_broken,
        open=tuple(_open(shipment) for shipment in order.shipments if shipment.carrier == UNNAMED),
    )


def _open(shipment: Shipment) -> OpenParcel:
    found, number = candidates(shipment.reference), normalise(shipment.reference)
    return OpenParcel(
        ParcelKey(UNNAMED, shipment.reference),
        tuple(ParcelKey(each.carrier, number) for each in found),
        any(each.certain for each in found),
    )


def _region(shipment: Shipment, home: Region) -> Region:
    bound_for = shipment.destination
    if bound_for is None or bound_for.country is None:
        return home
    return region_of(bound_for.country, bound_for.postal_code)


def patience_of(shop: Shop) -> Patience:
    rules = shop.promise
    return Patience(
        first_scan=rules.first_scan_business_days,
        stalled_at_home=rules.stalled_domestic_business_days,
        stalled_abroad=rules.stalled_international_business_days,
        cut_off=rules.cut_off,
        tell_at=rules.tell_at,
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
