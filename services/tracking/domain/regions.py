"""Whose holidays count: the country a parcel goes to, and within it the region where that has holidays of its own.

A postal code narrows it down only where it does so beyond doubt; else the country's holidays alone are kept, so that an
odd postal code costs a regional holiday at most, never an error.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import NamedTuple


class Region(NamedTuple):
    """ISO 3166-1 alpha-2, and the part of the country as the library `holidays` names it (mostly ISO 3166-2)."""

    country: str
    subdivision: str | None = None


_PROVINCES_OF_SPAIN: Mapping[str, str] = {
    "AN": "04 11 14 18 21 23 29 41",
    "AR": "22 44 50",
    "AS": "33",
    "CB": "39",
    "CE": "51",
    "CL": "05 09 24 34 37 40 42 47 49",
    "CM": "02 13 16 19 45",
    "CN": "35 38",
    "CT": "08 17 25 43",
    "EX": "06 10",
    "GA": "15 27 32 36",
    "IB": "07",
    "MC": "30",
    "MD": "28",
    "ML": "52",
    "NC": "31",
    "PV": "01 20 48",
    "RI": "26",
    "VC": "03 12 46",
}
"""Autonomous community or city -> its provinces, by the first two digits of their postal codes.

The digits are the province codes of the INE (ine.es, "Relación de comunidades autónomas y provincias con sus códigos").
"""
COMMUNITY_OF_PROVINCE: Mapping[str, str] = {
    province: community for community, provinces in _PROVINCES_OF_SPAIN.items() for province in provinces.split()
}

_STATES_OF_BRAZIL = (
    (1000, "SP"), (20000, "RJ"), (29000, "ES"), (30000, "MG"), (40000, "BA"), (49000, "SE"), (50000, "PE"),
    (57000, "AL"), (58000, "PB"), (59000, "RN"), (60000, "CE"), (64000, "PI"), (65000, "MA"), (66000, "PA"),
    (68900, "AP"), (69000, "AM"), (69300, "RR"), (69400, "AM"), (69900, "AC"), (70000, "DF"), (72800, "GO"),
    (73000, "DF"), (73700, "GO"), (76800, "RO"), (77000, "TO"), (78000, "MT"), (78900, "RO"), (79000, "MS"),
    (80000, "PR"), (88000, "SC"), (90000, "RS"),
)  # fmt: skip
"""The first five digits from which a state's postal codes (CEP) run, up to the next row.

Correios, "Faixas de CEP" (buscacepinter.correios.com.br); 78900 was Rondônia's until its codes moved to 76800.
"""

_PROVINCES_OF_ARGENTINA = frozenset("ABCDEFGHJKLMNPQRSTUVWXYZ")
"""The letter that opens a CPA is that of ISO 3166-2:AR. The older four digits do not tell the province."""

_DEPARTMENTS_OF_FRANCE = {"57": "57", "67": "6AE", "68": "6AE"} | {
    code: code for code in ("971", "972", "973", "974", "976")
}
"""Alsace and Moselle, and overseas where it is addressed as France (La Poste: the code opens with the department)."""


@lru_cache(maxsize=16_384)
def region_of(country: str | None, postal_code: str | None = None) -> Region:
    """The region that a destination lies in. Never raises: what is not known has Saturdays and Sundays off alone.

    `country`: ISO 3166-1 alpha-2. `postal_code`: as people write it; spaces, hyphens, a country prefix do not matter.
    """
    within = _WITHIN.get(country or "")
    code = re.sub(r"[\s.-]", "", postal_code or "").upper()
    return Region(country or "", within(code) if within and code else None)


def _community_of_spain(code: str) -> str | None:
    """A leading zero that a spreadsheet ate is put back."""
    found = re.fullmatch(r"(?:ES?)?([0-9]{4,5})", code)
    return COMMUNITY_OF_PROVINCE.get(found[1].zfill(5)[:2]) if found else None


def _islands_of_portugal(code: str) -> str | None:
    """Madeira 9000-9399, Açores 9500-9999 (CTT, "Códigos postais"). On the mainland a code crosses districts."""
    found = re.fullmatch(r"(?:PT?)?([0-9]{4})(?:[0-9]{3})?", code)
    if not found or not found[1].startswith("9"):
        return None
    return "30" if found[1] < "9400" else "20" if found[1] >= "9500" else None


def _state_of_brazil(code: str) -> str | None:
    found = re.fullmatch(r"(?:BR)?([0-9]{5}|[0-9]{7,8})", code)
    if not found:
        return None
    digits = found[1] if len(found[1]) == 5 else found[1].zfill(8)
    at = bisect_right(_STATES_OF_BRAZIL, int(digits[:5]), key=lambda row: row[0]) - 1
    return _STATES_OF_BRAZIL[at][1] if at >= 0 else None


def _province_of_argentina(code: str) -> str | None:
    found = re.fullmatch(r"([A-Z])[0-9]{4}(?:[A-Z]{3})?", code)
    return found[1] if found and found[1] in _PROVINCES_OF_ARGENTINA else None


def _department_of_france(code: str) -> str | None:
    found = re.fullmatch(r"(?:FR?)?([0-9]{4,5})", code)
    if not found:
        return None
    digits = found[1].zfill(5)
    return _DEPARTMENTS_OF_FRANCE.get(digits[:3]) or _DEPARTMENTS_OF_FRANCE.get(digits[:2])


_WITHIN: Mapping[str, Callable[[str], str | None]] = {
    "ES": _community_of_spain,
    "PT": _islands_of_portugal,
    "BR": _state_of_brazil,
    "AR": _province_of_argentina,
    "FR": _department_of_france,
}
