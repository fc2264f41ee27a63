"""From a step that is due to the event that tells of it, with every fact a message needs: nobody has to ask back.

The event is put together from the shop's document as it was stored, without reading that into models and writing it
out again: this runs for every other scan. What comes out is what `StepReached` describes, and a test holds it to that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

import orjson

from services.tracking.directory import Directory
from services.tracking.domain.order import Decision
from services.tracking.domain.promise import Patience
from services.tracking.domain.shipment import NEVER_SCANNED, ParcelKey, ParcelState
from services.tracking.domain.snapshot import UNNAMED
from services.tracking.domain.telling import StepDue
from services.tracking.references.formats import normalise
from services.tracking.tokens import token_of
from services.tracking.translate import patience_of
from shared.contracts.envelope import Envelope, Outgoing
from shared.contracts.orders import Order, Shipment
from shared.contracts.steps import ParcelFacts, amendment_id, step_id
from shared.contracts.topics import TRACKING_STEPS
from shared.observability import spans
from shared.shops import Shop, Shops

SOURCE = "/tracking"

Document = Mapping[str, Any]
"""An order's snapshot as JSON, valid as `Order`."""


@dataclass(frozen=True)
class Announcer:
    """What telling needs beside the decision: the shops, whom to call, and how the buyer's link is made."""

    shops: Shops
    directory: Directory
    public_url: str
    token_secret: str

    @cached_property
    def patience(self) -> Mapping[str, Patience]:
        """By shop: after how long what counts as late."""
        return {shop.id: patience_of(shop) for shop in self.shops}

    def tracking_url(self, shop: str, order_id: str) -> str:
        return f"{self.public_url.rstrip('/')}/t/{token_of(self.token_secret, shop, order_id)}"

    def outgoing_step(
        self,
        document: Document,
        decision: Decision,
        due: StepDue,
        sequence: int,
        traces: Mapping[UUID, str | None],
        amends: UUID | None = None,
    ) -> tuple[UUID, Outgoing]:
        """The event's id and the event itself. `sequence` counts the order's steps from 1.

        `amends`: the event that told this step before, of another carrier. What amends it tells nobody anything anew.
        """
        shop, order_id = document["shop"], document["order_id"]
        parcel = f"{due.parcel.carrier}/{due.parcel.reference}" if due.parcel else ""
        identity = step_id(shop, order_id, due.step, due.occurrence, parcel)
        told = self._step(document, decision, due, sequence)
        if amends is not None:
            identity = amendment_id(amends, sequence)
            told |= {"still_true": False, "amends": {"event": amends, "still_true": due.still_true}}
        key = f"{shop}/{order_id}".encode()
        value = orjson.dumps(told, option=orjson.OPT_UTC_Z)
        parent = traces.get(due.caused_by) if due.caused_by else None
        envelope = Envelope(
            identity,
            SOURCE,
            TRACKING_STEPS.event_type,
            due.occurred_at,
            traceparent=spans.created(TRACKING_STEPS.name, parent),
        )
        return identity, Outgoing(TRACKING_STEPS.name, key, value, envelope.to_headers())

    def _step(self, document: Document, decision: Decision, due: StepDue, sequence: int) -> dict[str, Any]:
        told: dict[str, Any] = {
            "shop": document["shop"],
            "order_id": document["order_id"],
            "step": due.step,
            "occurrence": due.occurrence,
            "sequence": sequence,
            "occurred_at": due.occurred_at,
            "clock": due.clock,
            "still_true": due.still_true,
            "tracking_url": self.tracking_url(document["shop"], document["order_id"]),
            "order": {
                "placed_at": document["placed_at"],
                "parcels_total": decision.parcels_total,
                "parcels_delivered": decision.parcels_delivered,
                **{name: document[name] for name in _OF_ORDER if name in document},
            },
            **{name: document[name] for name in _OF_BUYER if name in document},
        }
        if due.parcel is not None:
            told["parcel"] = self._parcel(document, due.parcel, due.seen or NEVER_SCANNED)
        if due.caused_by is not None:
            told["caused_by"] = due.caused_by
        return told

    def _parcel(self, document: Document, key: ParcelKey, state: ParcelState) -> dict[str, Any]:
        shipment = shipment_in(document, key)
        destination = shipment.get("destination") if shipment else None
        facts = parcel_values(self.shops[document["shop"]], self.directory, key, destination, state)
        if shipment is not None:
            facts["lines"] = shipment.get("lines", ())
        return facts


_OF_ORDER = ("lines", "payment", "promise", "policies")
_OF_BUYER = ("buyer", "recipients", "notify", "gift")


def parcel_values(
    shop: Shop, directory: Directory, key: ParcelKey, destination: Mapping[str, Any] | None, state: ParcelState
) -> dict[str, Any]:
    """A parcel with its carrier's name, phone and link: the values of `ParcelFacts` but for its lines."""
    country = destination.get("country") if destination else None
    contact = directory.contact_for(shop, key.carrier, country)
    values = {
        "carrier": key.carrier,
        "carrier_name": directory.name_of(shop, key.carrier),
        "reference": key.reference,
        "contact": _present(phone=contact.phone, of_shop=contact.of_shop, hours=contact.hours),
        "carrier_url": directory.link_for(key.carrier, key.reference, country),
        "stage": state.stage,
        "condition": state.condition,
        "action_by": state.action_by,
        "delivered_to": state.delivered_to,
        "location": _present(city=state.city, postal_code=state.postal_code, country=state.country) or None,
        "eta": _present(**{"from": state.eta_from, "until": state.eta_until}) if state.eta_until else None,
        "destination": destination,
    }
    return {name: value for name, value in values.items() if value is not None}


def shipment_in(document: Document, key: ParcelKey) -> Document | None:
    """What the shop says of this parcel, with or without its carrier; None when it does not name it."""
    shipments = document.get("shipments", ())
    found = next((s for s in shipments if (s["carrier"], s["reference"]) == key), None)
    return found or next((s for s in shipments if is_without_carrier(s["carrier"], s["reference"], key)), None)


def is_without_carrier(carrier: str, reference: str, key: ParcelKey) -> bool:
    return carrier == UNNAMED and normalise(reference) == normalise(key.reference)


def _present(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def parcel_facts(
    shop: Shop, directory: Directory, key: ParcelKey, shipment: Shipment | None, state: ParcelState
) -> ParcelFacts:
    """The same for the page and the status endpoint, which read a whole order anyway."""
    bound_for = shipment.destination if shipment else None
    destination = bound_for.model_dump(mode="json", exclude_none=True) if bound_for else None
    facts = ParcelFacts.model_validate(parcel_values(shop, directory, key, destination, state))
    return facts.model_copy(update={"lines": shipment.lines}) if shipment else facts


def shipment_of(order: Order, key: ParcelKey) -> Shipment | None:
    """None for a parcel that an older snapshot named and the standing one does not."""
    found = next((s for s in order.shipments if (s.carrier, s.reference) == key), None)
    return found or next((s for s in order.shipments if is_without_carrier(s.carrier, s.reference, key)), None)
