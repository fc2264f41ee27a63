"""Where the parcels of the simulated year go, and the two shops that send them."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

import holidays

from shared.shops import PromiseRules, Shop


class Place(NamedTuple):
    """`region` as the library `holidays` names it; `share` is the weight with which parcels go there."""

    country: str
    region: str | None
    postal_code: str
    zone: str
    share: float = 1.0


_SPAIN = {
    "AN": "04 11 14 18 21 23 29 41", "AR": "22 44 50", "AS": "33", "CB": "39", "CL": "05 09 24 34 37 40 42 47 49",
    "CM": "02 13 16 19 45", "CT": "08 08 08 17 25 43", "EX": "06 10", "GA": "15 27 32 36", "IB": "07", "MC": "30",
    "MD": "28 28 28 28", "NC": "31", "PV": "01 20 48", "RI": "26", "VC": "03 12 46",
}  # fmt: skip
_IN_SPAIN = (
    *(
        Place("ES", region, f"{code}001", "Europe/Madrid", 3.0)
        for region, codes in _SPAIN.items()
        for code in codes.split()
    ),
    Place("ES", "CN", "35001", "Atlantic/Canary", 6.0),
    Place("ES", "CN", "38001", "Atlantic/Canary", 6.0),
    Place("ES", "CE", "51001", "Africa/Ceuta", 2.0),
    Place("ES", "ML", "52001", "Africa/Ceuta", 2.0),
)
_IN_MEXICO = (
    Place("MX", None, "06000", "America/Mexico_City", 6.0),
    Place("MX", None, "22000", "America/Tijuana", 2.0),
    Place("MX", None, "77500", "America/Cancun", 2.0),
    Place("MX", None, "83000", "America/Hermosillo", 2.0),
)
_ELSEWHERE = (
    Place("PT", None, "1000-001", "Europe/Lisbon", 8.0),
    Place("PT", "30", "9000-001", "Atlantic/Madeira", 2.0),
    Place("PT", "20", "9500-001", "Atlantic/Azores", 2.0),
    Place("AR", "C", "C1425ABC", "America/Argentina/Buenos_Aires", 3.0),
    Place("AR", "X", "X5000", "America/Argentina/Cordoba"),
    Place("CL", None, "8320000", "America/Santiago", 3.0),
    Place("CL", None, "6200000", "America/Punta_Arenas"),
    Place("CL", None, "2770000", "Pacific/Easter", 0.5),
    Place("CO", None, "110111", "America/Bogota", 3.0),
    Place("BR", "SP", "01310-100", "America/Sao_Paulo", 3.0),
    Place("BR", "RJ", "20040-002", "America/Sao_Paulo", 2.0),
    Place("BR", "AM", "69005-010", "America/Manaus"),
    Place("BR", "AC", "69900-100", "America/Rio_Branco", 0.5),
    Place("FR", None, "75001", "Europe/Paris", 3.0),
    Place("FR", "6AE", "67000", "Europe/Paris"),
    Place("US", None, "10001", "America/New_York", 2.0),
    Place("US", None, "96801", "Pacific/Honolulu", 0.5),
    Place("SA", None, "11564", "Asia/Riyadh"),
    Place("JP", None, "100-0001", "Asia/Tokyo"),
    Place("AU", None, "2000", "Australia/Sydney"),
    Place("NP", None, "44600", "Asia/Kathmandu", 0.5),
)


class Sender(NamedTuple):
    """A shop, where it sends from, where to, and through which carriers at home and abroad."""

    shop: Shop
    home: Place
    places: tuple[Place, ...]
    share: float


FARO = Sender(
    Shop(id="faro", name="Librería Faro", support_phone="+34 910 000 001"),
    Place("ES", "MD", "28001", "Europe/Madrid"),
    (*_IN_SPAIN, *_IN_MEXICO, *_ELSEWHERE),
    share=0.85,
)
NORTE = Sender(
    Shop(
        id="norte",
        name="Casa Norte",
        support_phone="+52 55 0000 0001",
        country="MX",
        zone="America/Mexico_City",
        promise=PromiseRules(
            first_scan_business_days=2,
            stalled_domestic_business_days=2,
            stalled_international_business_days=7,
            cut_off=time(16, 30),
            tell_at=time(10, 30),
        ),
    ),
    Place("MX", None, "06000", "America/Mexico_City"),
    (*(place._replace(share=place.share * 8) for place in _IN_MEXICO), *_IN_SPAIN[::6], *_ELSEWHERE),
    share=0.15,
)
SENDERS = (FARO, NORTE)

CARRIERS = ("seur", "correos")
"""The first calls us within minutes, the second is asked every few hours."""

_QUIET_DAYS = frozenset({(12, 24), (12, 31)})


@cache
def _holidays(country: str, region: str | None) -> holidays.HolidayBase:
    return holidays.country_holidays(country, subdiv=region, years=(2025, 2026, 2027, 2028))


@cache
def is_worked(day: date, place: Place) -> bool:
    """Business days as the library itself counts them."""
    return _holidays(place.country, place.region).is_working_day(day)


def is_moving(day: date, place: Place) -> bool:
    """A day on which carriers scan there: on the eves of Christmas and New Year few do."""
    return is_worked(day, place) and (day.month, day.day) not in _QUIET_DAYS


def worked_day(day: date, count: int, place: Place) -> date:
    """The `count`-th business day after `day`; with a negative count, before it; 0: `day`."""
    step = timedelta(days=1 if count > 0 else -1)
    while count:
        day += step
        if is_worked(day, place):
            count -= 1 if count > 0 else -1
    return day


def moving_day(day: date, place: Place) -> date:
    """`day`, or the next one on which something moves."""
    while not is_moving(day, place):
        day += timedelta(days=1)
    return day


def instant(day: date, hour: float, zone: str) -> datetime:
    """A local hour such as 21.5 as an instant in UTC, to the second."""
    local = datetime.combine(day, time()) + timedelta(seconds=round(hour * 3600))
    return local.replace(tzinfo=ZoneInfo(zone)).astimezone(ZoneInfo("UTC"))
