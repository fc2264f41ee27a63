"""The check digits that carriers print, each as one pure function: True when the number agrees with itself.

A number that agrees is not proven to exist: one in ten random ones does. One that disagrees was typed wrong. Every
function takes the number as `normalise` leaves it and of the length that its format has.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import cycle

_S10_WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)
_CORREOS_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def s10(number: str) -> bool:
    """Universal Postal Union, standard S10: `RB123456785GB`; the country has to be one."""
    rest = 11 - _weighted(number[2:10], _S10_WEIGHTS) % 11
    return int(number[10]) == {10: 0, 11: 5}.get(rest, rest) and number[11:] in COUNTRIES


def ups_1z(number: str) -> bool:
    """UPS: the fifteen characters after `1Z`, letters as (ASCII - 3) mod 10, the second of each pair twice."""
    return int(number[-1]) == _ups(number[2:-1])


def ups_waybill(number: str) -> bool:
    """UPS: a letter, nine digits and their check digit."""
    return int(number[-1]) == _ups(number[1:-1])


def fedex_12(number: str) -> bool:
    """FedEx Express: weights 3 1 7 from the left, mod 11, and ten counts as nought."""
    return int(number[-1]) == _weighted(number[:-1], (3, 1, 7)) % 11 % 10


def fedex_15(number: str) -> bool:
    """FedEx Ground: every second digit three times, beginning with the second."""
    return int(number[-1]) == -_weighted(number[:-1], (1, 3)) % 10


def fedex_22(number: str) -> bool:
    """FedEx Ground 96: the Ground number is in its last fifteen digits."""
    return fedex_15(number[-15:])


def fedex_34(number: str) -> bool:
    """FedEx label: thirteen digits of serial number with weights 1 7 3, mod 11, and ten counts as nought."""
    return int(number[-1]) == _weighted(number[20:-1], (1, 7, 3)) % 11 % 10


def gs1(number: str) -> bool:
    """GS1, general specifications 7.9 (SSCC, and the number of the United States Postal Service)."""
    return int(number[-1]) == -_weighted(reversed(number[:-1]), (3, 1)) % 10


def usps_with_zip(number: str) -> bool:
    """USPS: `420` and a ZIP code of five or nine digits stand before the number itself."""
    return any(len(number) - 3 - zip_digits in (20, 22) and gs1(number[3 + zip_digits :]) for zip_digits in (5, 9))


def mod_7(number: str) -> bool:
    """DHL Express: the number without its last digit, mod 7."""
    return int(number[-1]) == int(number[:-1]) % 7


def correos_23(number: str) -> bool:
    """Correos: the letter that the sum of the characters' ASCII codes, mod 23, points at (the table of the DNI)."""
    return number[-1] == _CORREOS_LETTERS[sum(number[:-1].encode("ascii")) % 23]


def dpd_28(number: str) -> bool:
    """DPD label: ISO 7064, mod 37, 36."""
    product = 36
    for character in number[:-1]:
        total = (product + _ALPHABET.index(character)) % 36 or 36
        product = 2 * total % 37
    return _ALPHABET.index(number[-1]) == (37 - product) % 36


def _weighted(digits: Iterable[str], weights: Iterable[int]) -> int:
    return sum(int(digit) * weight for digit, weight in zip(digits, cycle(weights), strict=False))


def _ups(body: str) -> int:
    values = (int(each) if each.isdigit() else (ord(each) - 3) % 10 for each in body)
    return -sum(value * weight for value, weight in zip(values, cycle((1, 2)), strict=False)) % 10


COUNTRIES = frozenset(
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ "
    "CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO "
    "FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE "
    "JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO "
    "MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW "
    "PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM "
    "TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW".split()
)
"""ISO 3166-1 alpha-2, and Kosovo's XK, which postal services use."""
