from __future__ import annotations

from datetime import date

import pytest

from services.carrier_gateway.directory import complaints
from shared.contracts.directory import CarrierEntry, CarrierPhone, TrackingLink

TODAY = date(2026, 3, 30)


def entry_with(phone: CarrierPhone | None = None, link: str | None = None) -> CarrierEntry:
    return CarrierEntry(
        id="dhl",
        name="DHL",
        zone="Europe/Berlin",
        phones=(phone,) if phone else (),
        links=(TrackingLink(template=link),) if link else (),
    )


def phone(*, checked_on: date, confirmed: bool = True, source: str = "the carrier's contact page") -> CarrierPhone:
    return CarrierPhone(
        country="ES", number="+34 900 000 000", source=source, checked_on=checked_on, confirmed=confirmed
    )


def test_a_phone_confirmed_this_year_with_its_source_is_fine() -> None:
    assert list(complaints(entry_with(phone(checked_on=date(2025, 4, 1))), TODAY)) == []


def test_an_old_phone_is_fine_as_long_as_nobody_calls_it_confirmed() -> None:
    assert list(complaints(entry_with(phone(checked_on=date(2015, 1, 1), confirmed=False)), TODAY)) == []


@pytest.mark.parametrize(
    "stale",
    [
        phone(checked_on=date(2025, 3, 29)),
        phone(checked_on=date(2026, 3, 31)),
        phone(checked_on=date(2026, 3, 1), source="  "),
    ],
)
def test_a_confirmed_phone_must_be_dated_within_a_year_and_sourced(stale: CarrierPhone) -> None:
    assert len(list(complaints(entry_with(stale), TODAY))) == 1


@pytest.mark.parametrize("link", ["https://dhl.example/track", "http://dhl.example/{reference}"])
def test_a_link_is_https_and_has_room_for_the_reference(link: str) -> None:
    assert len(list(complaints(entry_with(link=link), TODAY))) == 1
