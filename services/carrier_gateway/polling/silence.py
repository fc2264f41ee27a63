"""A parcel that has been silent for too long is told to tracking, and not asked about any more.

The fact is dated by what is known, not by when somebody noticed, so that it is the same fact whoever tells it.
"""

from __future__ import annotations

from datetime import timedelta

from services.carrier_gateway.polling.parcel import Parcel
from shared.contracts.shipments import ShipmentEvent
from shared.contracts.vocabulary import Stage

CODE = "silent"


def silence_of(parcel: Parcel, after: timedelta) -> ShipmentEvent:
    """What tracking is told about a parcel of which nobody has heard for so long."""
    return ShipmentEvent(
        carrier=parcel.watch.carrier,
        reference=parcel.watch.reference,
        stage=Stage.UNKNOWN,
        occurred_at=parcel.silent_at(after),
        silent_since=parcel.heard_at,
        carrier_code=CODE,
        carrier_text=f"Nothing new from the carrier in {after.days} days; it is not asked any more.",
    )
