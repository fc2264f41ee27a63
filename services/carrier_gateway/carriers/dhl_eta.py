"""When DHL expects to deliver: a window, a moment, or only a day written as midnight."""

from __future__ import annotations

from datetime import tzinfo

from services.carrier_gateway.carriers.dhl_payload import Shipment, TimeFrame
from services.carrier_gateway.parts.delivery_window import estimate, window
from shared.contracts.shipments import Eta


def expected(shipment: Shipment, zone: tzinfo) -> Eta | None:
    """None when nothing readable was said."""
    frame = shipment.estimated_delivery_time_frame or TimeFrame()
    end = estimate(frame.estimated_through, zone) or estimate(shipment.estimated_time_of_delivery, zone)
    return window(estimate(frame.estimated_from, zone), end, zone)
