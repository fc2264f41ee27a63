"""`tracking.steps.v1`: an order reached a step, with everything a message about it needs."""

from __future__ import annotations

from uuid import NAMESPACE_URL, UUID, uuid5

from pydantic import Field

from shared.contracts.base import CarrierId, Contract, HttpUrl, Instant, OrderId, Reference, ShopId, ShortText
from shared.contracts.orders import (
    Buyer,
    Destination,
    Line,
    LineQuantity,
    Notify,
    Payment,
    Policies,
    Promise,
    Recipient,
)
from shared.contracts.shipments import Eta, Location
from shared.contracts.vocabulary import Actor, Clock, Condition, DeliveredTo, Stage, Step

_NAMESPACE = uuid5(NAMESPACE_URL, "hito:step")


class Contact(Contract):
    """Whom the buyer calls about this parcel. `of_shop`: the number is the shop's own and must be named so."""

    phone: ShortText
    of_shop: bool
    hours: ShortText | None = None


class ParcelFacts(Contract):
    """One parcel as it stood when the step was reached: the facts every parcel message carries, and what colours it."""

    carrier: CarrierId
    carrier_name: ShortText
    reference: Reference
    contact: Contact
    carrier_url: HttpUrl | None = None
    stage: Stage
    condition: Condition | None = None
    action_by: Actor | None = None
    delivered_to: DeliveredTo | None = None
    location: Location | None = None
    eta: Eta | None = None
    destination: Destination | None = None
    lines: tuple[LineQuantity, ...] = ()

    @property
    def key(self) -> str:
        return f"{self.carrier}/{self.reference}"


class OrderFacts(Contract):
    placed_at: Instant
    parcels_total: int = Field(ge=0)
    parcels_delivered: int = Field(ge=0)
    lines: tuple[Line, ...] = ()
    payment: Payment | None = None
    promise: Promise | None = None
    policies: Policies | None = None


class Amendment(Contract):
    """Another carrier has the parcel than the one that the step `event` was told with.

    What waits to be told of that step is told of this parcel, or, if the step is not `still_true` of it, not at all.
    Nobody is told again.
    """

    event: UUID
    still_true: bool


class StepReached(Contract):
    """One step of one order, told once.

    `occurrence` tells repeated steps apart by something the fact itself carries (the day of a delivery attempt), so it
    does not depend on the order in which facts arrived. `sequence` counts an order's steps as they were announced: a
    consumer orders by it. `still_true` is false when a later fact was known already: for the record, not for the buyer.
    With `amends` it is no new step (and never still true): an earlier one was told with the wrong carrier.
    """

    shop: ShopId
    order_id: OrderId
    step: Step
    occurrence: ShortText = "1"
    sequence: int = Field(ge=1)
    occurred_at: Instant
    clock: Clock = Clock.EXACT
    still_true: bool = True
    tracking_url: HttpUrl
    parcel: ParcelFacts | None = None
    order: OrderFacts
    buyer: Buyer
    recipients: tuple[Recipient, ...] = ()
    notify: Notify = Notify()
    gift: bool | None = None
    caused_by: UUID | None = None
    """The id of the event that brought the step about."""
    amends: Amendment | None = None

    @property
    def key(self) -> str:
        return f"{self.shop}/{self.order_id}"

    @property
    def event_id(self) -> UUID:
        if self.amends is not None:
            return amendment_id(self.amends.event, self.sequence)
        return step_id(self.shop, self.order_id, self.step, self.occurrence, self.parcel.key if self.parcel else "")


def step_id(shop: str, order_id: str, step: Step, occurrence: str, parcel: str) -> UUID:
    """The id of the event that tells of this step, whoever tells it. `parcel`: `carrier/reference`, or empty."""
    return uuid5(_NAMESPACE, "\x1f".join((shop, order_id, step, occurrence, parcel)))


def amendment_id(step_event: UUID, sequence: int) -> UUID:
    """The id of the event that amends this one; `sequence` is its own, for a step may be amended more than once."""
    return uuid5(_NAMESPACE, f"{step_event}\x1f{sequence}")
