"""`carrier.shipments.v1`: one thing a carrier said about one parcel, in our words. Also what `translate` prints."""

from __future__ import annotations

from uuid import NAMESPACE_URL, UUID, uuid5

from pydantic import ConfigDict, Field, model_validator

from shared.contracts.base import CarrierId, Contract, CountryCode, Instant, Reference, ShortText, rfc3339
from shared.contracts.vocabulary import Actor, Clock, Condition, DeliveredTo, Stage

_NAMESPACE = uuid5(NAMESPACE_URL, "hito:shipment-event")


class Location(Contract):
    """Where a scan happened. A city at most: streets and names are dropped at the gateway."""

    city: ShortText | None = None
    postal_code: ShortText | None = None
    country: CountryCode | None = None


_NOWHERE = Location()


class Eta(Contract):
    """When the carrier expects to deliver. On the wire `from_` is `from`, which is a Python keyword."""

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)

    from_: Instant | None = Field(default=None, alias="from")
    until: Instant

    @model_validator(mode="after")
    def _ordered(self) -> Eta:
        if self.from_ is not None and self.from_ > self.until:
            raise ValueError("eta.from is after eta.until")
        return self


class ShipmentEvent(Contract):
    """One carrier event. `carrier_code` and `carrier_text` keep the carrier's own words for operators.

    `silent_since` makes it no scan but a silence: nothing new has come since then, and the carrier is not asked any
    more. Its stage is `unknown`; whoever does not know the field sees a code that it has not mapped.
    """

    carrier: CarrierId
    reference: Reference
    stage: Stage
    condition: Condition | None = None
    action_by: Actor | None = None
    delivered_to: DeliveredTo | None = None
    occurred_at: Instant
    clock: Clock = Clock.EXACT
    location: Location | None = None
    carrier_code: ShortText | None = None
    carrier_text: ShortText | None = None
    eta: Eta | None = None
    silent_since: Instant | None = None

    @property
    def key(self) -> str:
        """The Kafka key: one parcel's events keep their order."""
        return f"{self.carrier}/{self.reference}"

    @property
    def fact(self) -> tuple[str, ...]:
        """What makes it this fact and no other: the same one told twice (push and poll, two hubs) has the same."""
        place = self.location or _NOWHERE
        return (
            self.carrier, self.reference, rfc3339(self.occurred_at), self.carrier_code or self.stage,
            place.city or "", place.postal_code or "", place.country or "",
        )  # fmt: skip

    @property
    def event_id(self) -> UUID:
        """Of its `fact`, in whatever way it was told."""
        return uuid5(_NAMESPACE, "\x1f".join(self.fact))
