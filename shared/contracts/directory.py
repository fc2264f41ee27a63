"""What `GET /carriers` of the gateway answers: whom to call about a parcel and where to follow it.

A phone is shown to a buyer only while it is `confirmed`: somebody looked it up, on `checked_on`, at `source`. What was
merely found in an old list is carried with its source and stays unconfirmed; the shop's own phone stands in for it.
"""

from __future__ import annotations

from datetime import date

from pydantic import Field

from shared.contracts.base import CarrierId, Contract, CountryCode, HttpUrl, ShortText


class CarrierPhone(Contract):
    country: CountryCode
    number: ShortText
    source: ShortText
    checked_on: date
    confirmed: bool = False
    hours: ShortText | None = None


class TrackingLink(Contract):
    """`template` holds `{reference}`, which is percent-encoded when filled. Without `country` it serves them all."""

    template: HttpUrl
    country: CountryCode | None = None


class CarrierEntry(Contract):
    id: CarrierId
    name: ShortText
    zone: ShortText
    languages: tuple[ShortText, ...] = ()
    phones: tuple[CarrierPhone, ...] = ()
    links: tuple[TrackingLink, ...] = ()
    polled: bool = False
    """True when this carrier's parcels must be asked for: tracking then keeps a watch on each."""


class CarrierList(Contract):
    carriers: tuple[CarrierEntry, ...] = Field(max_length=500)
