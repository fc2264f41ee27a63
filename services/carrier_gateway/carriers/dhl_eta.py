"""When DHL expects to deliver: a window, a moment, or only a day written as midnight."""

from __future__ import annotations

from datetime import tzinfo

from services.carrier_gateway.carriers.dhl_payload import Shipment, TimeFrame
from services.carrier_gateway.carriers.instants import Moment, NoInstant, end_of_day, read_moment
from shared.contracts.shipments import Eta


def expected(shipment: Shipment, zone: tzinfo) -> Eta | None:
    """None when nothing readable was said: an estimate is no reason to refuse what did happen."""
    frame = shipment.estimated_delivery_time_frame or TimeFrame()
    begin = _read(frame.estimated_from, zone)
    end = _read(frame.estimated_through, zone) or _read(shipment.estimated_time_of_delivery, zone) or begin
    if end is None:
        return None
    if _is_only_a_day(end) and (begin is None or _is_only_a_day(begin)):
        return Eta(from_=begin.at if begin and begin.at <= end.at else None, until=end_of_day(end, zone))
    return Eta(from_=begin.at if begin and begin.at < end.at else None, until=end.at)


def _read(text: str | None, zone: tzinfo) -> Moment | None:
    try:
        return read_moment(text, zone) if text else None
    except NoInstant:
        return None


def _is_only_a_day(moment: Moment) -> bool:
    """Midnight is a placeholder: nobody delivers at 00:00."""
    return moment.wall.endswith("T00:00:00")
