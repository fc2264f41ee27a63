"""From a step that is due to the event that tells of it, with every fact a message needs: nobody has to ask back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from services.tracking.directory import Directory
from services.tracking.domain.order import Decision
from services.tracking.domain.shipment import NEVER_SCANNED, ParcelKey, ParcelState
from services.tracking.domain.telling import StepDue
from services.tracking.tokens import token_of
from shared.contracts.envelope import Outgoing
from shared.contracts.orders import Order, Shipment
from shared.contracts.shipments import Eta, Location
from shared.contracts.steps import OrderFacts, ParcelFacts, StepReached
from shared.contracts.topics import TRACKING_STEPS
from shared.observability import tracing
from shared.shops import Shop, Shops

SOURCE = "/tracking"


@dataclass(frozen=True)
class Announcer:
    """What telling needs beside the decision: the shops, whom to call, and how the buyer's link is made."""

    shops: Shops
    directory: Directory
    public_url: str
    token_secret: str

    def tracking_url(self, shop: str, order_id: str) -> str:
        return f"{self.public_url.rstrip('/')}/t/{token_of(self.token_secret, shop, order_id)}"

    def step_event(self, order: Order, decision: Decision, due: StepDue, sequence: int) -> StepReached:
        return StepReached(
            shop=order.shop,
            order_id=order.order_id,
            step=due.step,
            occurrence=due.occurrence,
            sequence=sequence,
            occurred_at=due.occurred_at,
            clock=due.clock,
            still_true=due.still_true,
            tracking_url=self.tracking_url(order.shop, order.order_id),
            parcel=self._parcel(order, due) if due.parcel else None,
            order=OrderFacts(
                placed_at=order.placed_at,
                parcels_total=decision.parcels_total,
                parcels_delivered=decision.parcels_delivered,
                lines=order.lines,
                payment=order.payment,
                promise=order.promise,
                policies=order.policies,
            ),
            buyer=order.buyer,
            recipients=order.recipients,
            notify=order.notify,
            caused_by=due.caused_by,
        )

    def _parcel(self, order: Order, due: StepDue) -> ParcelFacts:
        assert due.parcel is not None
        shop = self.shops[order.shop]
        shipment = shipment_of(order, due.parcel)
        state = due.seen or NEVER_SCANNED
        return parcel_facts(shop, self.directory, due.parcel, shipment, state)


def parcel_facts(
    shop: Shop, directory: Directory, key: ParcelKey, shipment: Shipment | None, state: ParcelState
) -> ParcelFacts:
    """A parcel with its carrier's name, phone and link, as messages, the page and the status endpoint show it alike."""
    destination = shipment.destination if shipment else None
    country = destination.country if destination else None
    place = (state.city, state.postal_code, state.country)
    return ParcelFacts(
        carrier=key.carrier,
        carrier_name=directory.name_of(shop, key.carrier),
        reference=key.reference,
        contact=directory.contact_for(shop, key.carrier, country),
        carrier_url=directory.link_for(key.carrier, key.reference, country),
        stage=state.stage,
        condition=state.condition,
        action_by=state.action_by,
        delivered_to=state.delivered_to,
        location=Location(city=place[0], postal_code=place[1], country=place[2]) if any(place) else None,
        eta=Eta(from_=state.eta_from, until=state.eta_until) if state.eta_until else None,
        destination=destination,
        lines=shipment.lines if shipment else (),
    )


def shipment_of(order: Order, key: ParcelKey) -> Shipment | None:
    """None for a parcel that an older snapshot named and the standing one does not."""
    return next((s for s in order.shipments if (s.carrier, s.reference) == key), None)


def outgoing_step(event: StepReached, traces: Mapping[UUID, str | None]) -> Outgoing:
    parent = traces.get(event.caused_by) if event.caused_by else None
    return Outgoing.of(
        TRACKING_STEPS,
        event,
        key=event.key,
        id=event.event_id,
        time=event.occurred_at,
        source=SOURCE,
        traceparent=tracing.child_of(parent),
    )
