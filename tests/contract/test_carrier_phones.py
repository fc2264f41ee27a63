"""A buyer is given a carrier's phone that somebody has confirmed, or the shop's; one of an old list never by itself."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from services.carrier_gateway.carriers import CARRIERS
from services.carrier_gateway.directory import PHONE_LIFETIME, list_carriers
from services.tracking.directory import Directory
from shared.contracts.directory import CarrierPhone
from shared.shops import Shop

SUPPORT = "+34 910 000 001"
OLD = date(2020, 1, 1)
PHONES = [(carrier.id, phone) for carrier in CARRIERS for phone in carrier.entry.phones]
each_phone = pytest.mark.parametrize(
    ("carrier", "phone"), PHONES, ids=[f"{carrier}-{phone.country}-{phone.number}" for carrier, phone in PHONES]
)


def directory() -> Directory:
    return Directory(list_carriers(CARRIERS).carriers)


def shop_that_says(carrier: str, phone: CarrierPhone) -> Shop:
    numbers = {carrier: {phone.country: phone.number}}
    return Shop(id="faro", name="Faro", support_phone=SUPPORT, carrier_phones=numbers)


@each_phone
def test_every_phone_says_where_it_is_from_and_when_somebody_looked(carrier: str, phone: CarrierPhone) -> None:
    today = datetime.now(UTC).date()

    assert phone.source.strip()
    assert phone.checked_on <= today
    assert not phone.confirmed or today - phone.checked_on <= PHONE_LIFETIME


@each_phone
def test_an_unconfirmed_phone_is_given_to_no_buyer_until_the_shop_says_it(carrier: str, phone: CarrierPhone) -> None:
    shop = Shop(id="faro", name="Faro", support_phone=SUPPORT)
    given = directory().contact_for(shop, carrier, phone.country)
    assert (given.phone, given.of_shop) == (SUPPORT, True) or phone.confirmed

    given = directory().contact_for(shop_that_says(carrier, phone), carrier, phone.country)
    assert (given.phone, given.of_shop) == (phone.number, False)


def test_what_was_found_in_old_lists_is_carried_and_unconfirmed() -> None:
    old = [phone for _, phone in PHONES if phone.checked_on < OLD]

    assert len(old) >= 20
    assert not any(phone.confirmed for phone in old)
