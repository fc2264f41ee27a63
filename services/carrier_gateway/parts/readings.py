"""What carriers write of times and places, or None where it cannot be read: no scan is lost over either."""

from __future__ import annotations

from datetime import tzinfo

from services.carrier_gateway.parts.delivery_window import estimate, window
from services.carrier_gateway.parts.instants import Moment, NoInstant, read_moment
from services.carrier_gateway.parts.plain_text import clean, country_code
from shared.contracts.shipments import Eta, Location


def moment_of(text: str | None, zone: tzinfo | None) -> Moment | None:
    """The instant. `zone` None refuses a time without an offset."""
    try:
        return read_moment(text or "", zone)
    except NoInstant:
        return None


def place_of(city: str | None, postal_code: str | None, country: str | None) -> Location | None:
    """Cleaned; None when nothing is known."""
    place = Location(city=clean(city), postal_code=clean(postal_code, 20), country=country_code(country))
    return None if place == Location() else place


def expected(begin: str | None, until: str | None, zone: tzinfo) -> Eta | None:
    """When the carrier expects to deliver; None when nothing readable was said."""
    return window(estimate(begin, zone), estimate(until, zone), zone)
