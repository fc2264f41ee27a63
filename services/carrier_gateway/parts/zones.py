"""The time zone of a scan place, where a carrier sends a bare local time.

Countries with several zones have the one in which most parcels are scanned, parts of them by the first digits of the
postal code or by the state (ISO 3166-2, or its name where carriers write that).
All of it yields `clock: assumed`. Zone names are IANA's.
"""

from __future__ import annotations

from zoneinfo import ZoneInfo

_BY_COUNTRY = {
    "AD": "Europe/Andorra", "AE": "Asia/Dubai", "AR": "America/Argentina/Buenos_Aires", "AT": "Europe/Vienna",
    "AU": "Australia/Sydney", "BE": "Europe/Brussels", "BG": "Europe/Sofia", "BH": "Asia/Bahrain",
    "BO": "America/La_Paz", "BR": "America/Sao_Paulo", "CA": "America/Toronto", "CH": "Europe/Zurich",
    "CL": "America/Santiago", "CN": "Asia/Shanghai", "CO": "America/Bogota", "CR": "America/Costa_Rica",
    "CY": "Asia/Nicosia", "CZ": "Europe/Prague", "DE": "Europe/Berlin", "DK": "Europe/Copenhagen",
    "DO": "America/Santo_Domingo", "EC": "America/Guayaquil", "EE": "Europe/Tallinn", "ES": "Europe/Madrid",
    "FI": "Europe/Helsinki", "FR": "Europe/Paris", "GB": "Europe/London", "GR": "Europe/Athens",
    "GT": "America/Guatemala", "HK": "Asia/Hong_Kong", "HR": "Europe/Zagreb", "HU": "Europe/Budapest",
    "IE": "Europe/Dublin", "IL": "Asia/Jerusalem", "IN": "Asia/Kolkata", "IT": "Europe/Rome", "JP": "Asia/Tokyo",
    "KR": "Asia/Seoul", "LT": "Europe/Vilnius", "LU": "Europe/Luxembourg", "LV": "Europe/Riga",
    "MA": "Africa/Casablanca", "MT": "Europe/Malta", "MX": "America/Mexico_City", "NL": "Europe/Amsterdam",
    "NO": "Europe/Oslo", "PA": "America/Panama", "PE": "America/Lima", "PL": "Europe/Warsaw", "PT": "Europe/Lisbon",
    "PY": "America/Asuncion", "RO": "Europe/Bucharest", "SE": "Europe/Stockholm", "SG": "Asia/Singapore",
    "SI": "Europe/Ljubljana", "SK": "Europe/Bratislava", "TH": "Asia/Bangkok", "TR": "Europe/Istanbul",
    "TW": "Asia/Taipei", "US": "America/New_York", "UY": "America/Montevideo", "VE": "America/Caracas",
    "ZA": "Africa/Johannesburg",
}  # fmt: skip
_BY_POSTAL_CODE = (
    ("ES", "35", "Atlantic/Canary"),
    ("ES", "38", "Atlantic/Canary"),
    ("PT", "95", "Atlantic/Azores"),
    ("PT", "96", "Atlantic/Azores"),
    ("PT", "97", "Atlantic/Azores"),
    ("PT", "98", "Atlantic/Azores"),
    ("PT", "99", "Atlantic/Azores"),
)


def zone_of(country: str | None, postal_code: str | None, default: str) -> ZoneInfo:
    """The zone of a place (ISO 3166-1 alpha-2), else `default`."""
    for where, start, zone in _BY_POSTAL_CODE:
        if country == where and postal_code is not None and postal_code.startswith(start):
            return ZoneInfo(zone)
    return ZoneInfo(_BY_COUNTRY.get(country or "", default))


_BY_STATE = {
    ("BR", "AC"): "America/Rio_Branco", ("BR", "AM"): "America/Manaus", ("BR", "MS"): "America/Campo_Grande",
    ("BR", "MT"): "America/Cuiaba", ("BR", "RO"): "America/Porto_Velho", ("BR", "RR"): "America/Boa_Vista",
    ("MX", "BCN"): "America/Tijuana", ("MX", "BAJA CALIFORNIA"): "America/Tijuana",
    ("MX", "BCS"): "America/Mazatlan", ("MX", "BAJA CALIFORNIA SUR"): "America/Mazatlan",
    ("MX", "CHH"): "America/Chihuahua", ("MX", "CHIHUAHUA"): "America/Chihuahua",
    ("MX", "NAY"): "America/Mazatlan", ("MX", "NAYARIT"): "America/Mazatlan",
    ("MX", "ROO"): "America/Cancun", ("MX", "QUINTANA ROO"): "America/Cancun",
    ("MX", "SIN"): "America/Mazatlan", ("MX", "SINALOA"): "America/Mazatlan",
    ("MX", "SON"): "America/Hermosillo", ("MX", "SONORA"): "America/Hermosillo",
}  # fmt: skip


def zone_of_state(country: str, state: str | None) -> ZoneInfo:
    """The zone of a state, else that of its country. `state` without accents, in capitals; towns at borders between
    zones keep their state's.
    """
    return ZoneInfo(_BY_STATE.get((country, state or ""), _BY_COUNTRY[country]))
