"""Customer lines found in one old public list: carried with source and age, shown to nobody until confirmed."""

from __future__ import annotations

from datetime import date

from shared.contracts.directory import CarrierPhone


def old_phone(country: str, number: str) -> CarrierPhone:
    """`number` in international form."""
    return CarrierPhone(
        country=country, number=number, source="public courier directory of about 2015", checked_on=date(2015, 1, 1)
    )
