"""A carrier's expectation as a window: two moments, one, or only a day, which many write as its midnight."""

from __future__ import annotations

from datetime import tzinfo

from services.carrier_gateway.parts.instants import Moment, NoInstant, end_of_day, read_moment
from shared.contracts.shipments import Eta


def window(begin: Moment | None, end: Moment | None, zone: tzinfo) -> Eta | None:
    """None when nothing was said. A day ends with its last second in `zone`; a begin after the end is dropped."""
    end = end or begin
    if end is None:
        return None
    if _is_only_a_day(end) and (begin is None or _is_only_a_day(begin)):
        return Eta(from_=begin.at if begin and begin.at <= end.at else None, until=end_of_day(end, zone))
    return Eta(from_=begin.at if begin and begin.at < end.at else None, until=end.at)


def estimate(text: str | None, zone: tzinfo) -> Moment | None:
    """None for what cannot be read: an estimate is no reason to refuse what did happen."""
    try:
        return read_moment(text, zone) if text else None
    except NoInstant:
        return None


def _is_only_a_day(moment: Moment) -> bool:
    """Midnight is a placeholder: nobody delivers at 00:00."""
    return moment.wall.endswith("T00:00:00")
