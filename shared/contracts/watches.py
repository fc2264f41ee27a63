"""`tracking.watches.v1`: this parcel has to be asked for. Compacted; a tombstone (no value) ends the watch."""

from __future__ import annotations

from uuid import NAMESPACE_URL, UUID, uuid5

from shared.contracts.base import CarrierId, Contract, CountryCode, Instant, Reference, ShortText
from shared.contracts.vocabulary import Stage

_NAMESPACE = uuid5(NAMESPACE_URL, "hito:watch")


class Watch(Contract):
    """One parcel of a carrier that has to be polled, and what helps to choose when."""

    carrier: CarrierId
    reference: Reference
    since: Instant
    stage: Stage | None = None
    country: CountryCode | None = None
    postal_code: ShortText | None = None

    @property
    def key(self) -> str:
        return f"{self.carrier}/{self.reference}"

    @property
    def event_id(self) -> UUID:
        return uuid5(_NAMESPACE, f"{self.key}\x1f{self.stage}")
