"""Zones of scan places in the United States and Canada, where the country alone says too little.

A state that lies in two zones has the one in which most of its people live. Zone names are IANA's.
"""

from __future__ import annotations

from types import MappingProxyType
from zoneinfo import ZoneInfo

from services.carrier_gateway.parts.zones import zone_of

_STATES = {
    "America/New_York": "CT DC DE FL GA IN KY MA MD ME MI NC NH NJ NY OH PA RI SC VA VT WV",
    "America/Chicago": "AL AR IA IL KS LA MN MO MS ND NE OK SD TN TX WI",
    "America/Denver": "CO ID MT NM UT WY",
    "America/Phoenix": "AZ",
    "America/Los_Angeles": "CA NV OR WA",
    "America/Anchorage": "AK",
    "Pacific/Honolulu": "HI",
    "America/Puerto_Rico": "PR VI",
    "Pacific/Guam": "GU MP",
    "Pacific/Pago_Pago": "AS",
}
_PROVINCES = {
    "America/Toronto": "ON QC",
    "America/Halifax": "NB NS PE",
    "America/St_Johns": "NL",
    "America/Winnipeg": "MB",
    "America/Regina": "SK",
    "America/Edmonton": "AB NT",
    "America/Vancouver": "BC",
    "America/Whitehorse": "YT",
    "America/Iqaluit": "NU",
}
_ISLANDS = frozenset({"PR", "VI", "GU", "MP", "AS"})
ZONES = MappingProxyType(
    {
        (country, state): zone
        for country, zones in (("US", _STATES), ("CA", _PROVINCES))
        for zone, states in zones.items()
        for state in states.split()
    }
)


def zone_of_scan(country: str | None, state: str | None, postal_code: str | None, default: str) -> ZoneInfo:
    """The zone of a scan place anywhere: by state in the United States and Canada, else as `zone_of` says.

    The islands are written both as a state of the United States and as a country.
    """
    island = ZONES.get(("US", country or "")) if country in _ISLANDS else None
    zone = island or ZONES.get((country or "", (state or "").strip().upper()))
    return ZoneInfo(zone) if zone else zone_of(country, postal_code, default)
