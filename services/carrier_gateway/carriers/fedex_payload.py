"""The part of FedEx's tracking answer that we read; a push holds the same. Whatever is not named here (who received it,
signature, recipient, shipper) never gets into a variable.
"""

from __future__ import annotations

from pydantic import Field

from services.carrier_gateway.parts.json_shape import Part, Written
from services.carrier_gateway.parts.plain_text import clean, country_code
from services.carrier_gateway.parts.scans import MOST_SCANS


class Place(Part):
    city: str | None = None
    state_or_province_code: str | None = None
    postal_code: Written | None = None
    country_code: str | None = None

    @property
    def town(self) -> str | None:
        return clean(self.city)

    @property
    def post(self) -> str | None:
        return clean(self.postal_code, 20)

    @property
    def land(self) -> str | None:
        return country_code(self.country_code)


class Delay(Part):
    type: str | None = None
    status: str | None = None


class Scan(Part):
    date: str | None = None
    event_type: Written | None = None
    event_description: str | None = None
    exception_code: Written | None = None
    exception_description: str | None = None
    derived_status_code: Written | None = None
    location_type: str | None = None
    scan_location: Place | None = None
    delay_detail: Delay | None = None

    @property
    def kind(self) -> str:
        return clean(self.event_type, 60) or clean(self.derived_status_code, 60) or ""

    @property
    def exception(self) -> str:
        return clean(self.exception_code, 20) or ""

    @property
    def sentence(self) -> str:
        return " - ".join(part for part in (self.event_description, self.exception_description) if part)

    @property
    def place(self) -> Place:
        return self.scan_location or Place()


class Window(Part):
    begins: str | None = None
    ends: str | None = None


class EstimatedWindow(Part):
    window: Window | None = None


class Dated(Part):
    type: str | None = None
    date_time: str | None = None


class Error(Part):
    code: Written | None = None


class NumberInfo(Part):
    tracking_number: Written | None = None


class Result(Part):
    tracking_number_info: NumberInfo | None = None
    scan_events: list[Scan] | None = Field(default=None, max_length=MOST_SCANS)
    date_and_times: list[Dated] | None = Field(default=None, max_length=100)
    estimated_delivery_time_window: EstimatedWindow | None = None
    error: Error | None = None


class Results(Part):
    """Several results under one number are several parcels that have had it, or one under an old and a new label."""

    tracking_number: Written | None = None
    track_results: list[Result] = Field(max_length=50)

    @property
    def number(self) -> str:
        infos = (result.tracking_number_info for result in self.track_results)
        told = (info.tracking_number for info in infos if info is not None)
        return (self.tracking_number or next((number for number in told if number), "")).strip()


class Output(Part):
    complete_track_results: list[Results] = Field(max_length=100)


class Told(Part):
    output: Output | None = None
    errors: list[Error] | None = Field(default=None, max_length=100)
