"""The part of UPS's two payloads that we read: an answer of Track and a push of Track Alert. Whatever is not named here
(who received it, signature, photo, addresses) never gets into a variable.
"""

from __future__ import annotations

from pydantic import Field

from services.carrier_gateway.parts.json_shape import Part, Written
from services.carrier_gateway.parts.plain_text import clean, country_code
from services.carrier_gateway.parts.scans import MOST_SCANS


class Place(Part):
    """`country` in a push, `countryCode` in an answer."""

    city: str | None = None
    state_province: str | None = None
    postal_code: Written | None = None
    country_code: str | None = None
    country: str | None = None

    @property
    def land(self) -> str | None:
        return country_code(self.country_code) or country_code(self.country)

    @property
    def town(self) -> str | None:
        return clean(self.city)

    @property
    def post(self) -> str | None:
        return clean(self.postal_code, 20)


class Status(Part):
    """`statusCode` in an answer and `descriptionCode` in a push are the same three digits."""

    type: str | None = None
    code: Written | None = None
    description: str | None = None
    status_code: Written | None = None
    description_code: Written | None = None
    simplified_text_description: str | None = None

    @property
    def letters(self) -> tuple[str, str]:
        """Type and code, as UPS writes them in its tables; "" for what is missing."""
        return (clean(self.type, 20) or "").upper(), (clean(self.code, 60) or "").zfill(2 if self.code else 0)

    @property
    def digits(self) -> str:
        number = clean(self.status_code, 60) or clean(self.description_code, 60) or ""
        return number.zfill(3) if number.isdigit() else number

    @property
    def name(self) -> str:
        """`X/48`, else what there is of it."""
        kind, code = self.letters
        return "/".join(part for part in (kind, code) if part) if code else self.digits or kind


class Where(Part):
    address: Place | None = None


class Activity(Part):
    date: Written | None = None
    time: Written | None = None
    gmt_date: Written | None = None
    gmt_time: Written | None = None
    gmt_offset: str | None = None
    location: Where | None = None
    status: Status | None = None


class DeliveryDate(Part):
    type: str | None = None
    date: Written | None = None


class DeliveryTime(Part):
    type: str | None = None
    start_time: Written | None = None
    end_time: Written | None = None


class Package(Part):
    tracking_number: str | None = None
    activity: list[Activity] = Field(default=[], max_length=MOST_SCANS)
    delivery_date: list[DeliveryDate] = Field(default=[], max_length=50)
    delivery_time: DeliveryTime | None = None


class Shipment(Part):
    inquiry_number: str | None = None
    package: list[Package] = Field(default=[], max_length=100)


class TrackResponse(Part):
    shipment: list[Shipment] = Field(max_length=100)


class Remark(Part):
    code: Written | None = None


class Errors(Part):
    errors: list[Remark] = Field(max_length=100)


class Told(Part):
    """An answer has a `trackResponse`, an error a `response`, a push its fields at the top."""

    track_response: TrackResponse | None = None
    response: Errors | None = None
    tracking_number: str | None = None
    local_activity_date: Written | None = None
    local_activity_time: Written | None = None
    gmt_activity_date: Written | None = None
    gmt_activity_time: Written | None = None
    gmt_offset: str | None = None
    activity_location: Place | None = None
    activity_status: Status | None = None
    scheduled_delivery_date: Written | None = None
    delivery_start_time: Written | None = None
    delivery_end_time: Written | None = None

    @property
    def pushed(self) -> Package:
        """The push as an answer would have told it."""
        activity = Activity(
            date=self.local_activity_date,
            time=self.local_activity_time,
            gmt_date=self.gmt_activity_date,
            gmt_time=self.gmt_activity_time,
            gmt_offset=self.gmt_offset,
            location=Where(address=self.activity_location),
            status=self.activity_status,
        )
        return Package(
            tracking_number=self.tracking_number,
            activity=[activity],
            delivery_date=[DeliveryDate(type="SDD", date=self.scheduled_delivery_date)],
            delivery_time=DeliveryTime(start_time=self.delivery_start_time, end_time=self.delivery_end_time),
        )
