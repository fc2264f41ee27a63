"""The clock of a Spanish or Portuguese office that a carrier names but does not place.

Madrid's, except where the name can only be an office of the Canary Islands or of Portugal: those are an hour behind.
The list holds capitals and whole islands; a name that also exists on the mainland is not on it.
"""

from __future__ import annotations

import re
from zoneinfo import ZoneInfo

from services.carrier_gateway.parts.wording import normalise
from services.carrier_gateway.parts.zones import zone_of

MADRID = "Europe/Madrid"
_ISLANDS = re.compile(
    r"\b(?:CANARIAS|LAS PALMAS|GRAN CANARIA|TENERIFE|LANZAROTE|ARRECIFE|FUERTEVENTURA|PUERTO DEL ROSARIO"
    r"|SANTA CRUZ DE LA PALMA|LA GOMERA|EL HIERRO)\b"
)
_PORTUGAL = re.compile(r"PORTUGAL|LISBOA|LISBON|PORTO|OPORTO|COIMBRA|BRAGA|AVEIRO|SETUBAL|LEIRIA|FARO")


def clock_of(office: str | None) -> ZoneInfo:
    """The zone of an office by its name; Madrid's when the name says nothing."""
    name = normalise(office or "")
    if _ISLANDS.search(name):
        return zone_of("ES", "35", MADRID)
    return zone_of("PT" if _PORTUGAL.fullmatch(name) else "ES", None, MADRID)


def clock_of_province(number: str | None) -> ZoneInfo:
    """The zone of a Spanish province by the first two digits of its postal codes: 35 and 38 are the Canary Islands."""
    return zone_of("ES", number, MADRID)
