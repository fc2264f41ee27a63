"""The part of DHL's tracking answer that we read. Whatever is not named here (receiver, sender, proof of delivery,
remarks) never gets into a variable.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from services.carrier_gateway.parts.json_shape import Part, Written
from services.carrier_gateway.parts.plain_text import clean, country_code
from services.carrier_gateway.parts.scans import MOST_SCANS


class Address(Part):
    country_code: str | None = None
    postal_code: Written | None = None
    address_locality: str | None = None


class Place(Part):
    address: Address | None = None

    @property
    def country_and_code(self) -> tuple[str | None, str | None]:
        if self.address is None:
            return None, None
        return country_code(self.address.country_code), clean(self.address.postal_code, 20)

    @property
    def city(self) -> str | None:
        return clean(self.address.address_locality) if self.address else None


class Incident(Part):
    """One event, or the summary of a shipment, which has the same shape."""

    timestamp: str | None = None
    status_code: str | None = None
    status: Written | None = None
    description: str | None = None
    location: Place | None = None

    @property
    def place(self) -> Place:
        return self.location or Place()

    @property
    def code(self) -> str | None:
        return clean(self.status_code, 60)

    @property
    def sentence(self) -> str:
        """What it says in words; `status` is words in some divisions and a number in others."""
        return self.description or self.status or ""


class TimeFrame(Part):
    estimated_from: str | None = None
    estimated_through: str | None = None


class Shipment(Part):
    id: Annotated[Written, BeforeValidator(lambda value: value.strip() if isinstance(value, str) else value)]
    status: Incident | None = None
    events: list[Incident] | None = Field(default=None, max_length=MOST_SCANS)
    destination: Place | None = None
    estimated_delivery_time_frame: TimeFrame | None = None
    estimated_time_of_delivery: str | None = None

    @property
    def goes_to(self) -> tuple[str | None, str | None]:
        return (self.destination or Place()).country_and_code


class Answer(Part):
    """A push has a `scope`; an error has a `status` (RFC 7807) and no shipments."""

    scope: str | None = None
    shipments: list[Shipment] | None = Field(default=None, max_length=100)
    status: int | None = None
