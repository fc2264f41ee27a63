"""What aggregators have in common: whose parcel it really is, by the name that the aggregator has for its carrier."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.carrier_gateway.parts.plain_text import clean
from services.carrier_gateway.parts.scans import Scan, tell
from shared.contracts.shipments import Eta, ShipmentEvent

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{1,39}", re.ASCII)


@dataclass(frozen=True)
class Aggregated:
    """One parcel as an aggregator tells it. `where` and `field` are where its number stands, for errors."""

    aggregator: str
    known: Mapping[str, str]
    """Our ids by the aggregator's names in small letters; one that ends in `-*` stands for all that begin like it."""
    name: str | None
    reference: str
    where: str
    field: str

    def tell(self, scans: Sequence[Scan], eta: Eta | None) -> tuple[ShipmentEvent, ...]:
        """Under the real carrier's id; where we have none, under the aggregator's, with the name before the text."""
        asked = (self.name or "").strip().lower()
        real = self.known.get(asked) or self.known.get(asked.split("-")[0] + "-*")
        events = tell(real or self.aggregator, (self.reference, self.where, self.field), scans, eta)
        if real is not None or not _NAME.fullmatch(asked):
            return events
        return tuple(event.model_copy(update={"carrier_text": _named(asked, event.carrier_text)}) for event in events)


def _named(stranger: str, text: str | None) -> str | None:
    return clean(f"{stranger}: {text}" if text else stranger)
