"""Customer lines found in an old list: carried with their source and age, never shown until somebody confirms them."""

from __future__ import annotations

from datetime import date

from shared.contracts.directory import CarrierPhone

OLD_LIST = "public courier directory of about 2015"
HEARSAY = "said here and there; no list or document that names it was found"


def old_phone(country: str, number: str, source: str = OLD_LIST) -> CarrierPhone:
    """Unconfirmed. Spanish 902 numbers cost extra and are being withdrawn: take them as expired."""
    return CarrierPhone(country=country, number=number, source=source, checked_on=date(2015, 1, 1))
