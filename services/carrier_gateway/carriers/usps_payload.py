"""The part of USPS's tracking answer that we read. Whatever is not named here (firm, name, recipient, signature) never
gets into a variable.
"""

from __future__ import annotations

import re

from pydantic import Field

from services.carrier_gateway.parts.json_shape import Part, Written
from services.carrier_gateway.parts.plain_text import clean, country_code
from services.carrier_gateway.parts.scans import MOST_SCANS


class Event(Part):
    event_type: str | None = None
    event_code: Written | None = None
    event_timestamp: str | None = None
    greenwich: str | None = Field(default=None, alias="GMTTimestamp")
    offset: str | None = Field(default=None, alias="GMTOffset")
    event_city: str | None = None
    event_state: str | None = None
    event_zip: Written | None = Field(default=None, alias="eventZIP")
    event_country: str | None = None

    @property
    def code(self) -> str:
        """Two characters; a number loses its leading zero on the way through some programs."""
        code = clean(self.event_code, 60) or ""
        return code.zfill(2) if code.isdigit() else code

    @property
    def town(self) -> str | None:
        return clean(self.event_city)

    @property
    def post(self) -> str | None:
        return clean(self.event_zip, 20)

    @property
    def land(self) -> str | None:
        """At home USPS leaves the country out; abroad it may write its name, which we do not read."""
        if (self.event_country or "").strip():
            return country_code(self.event_country)
        return "US" if self.event_state or self.event_zip else None


class ApiError(Part):
    code: Written | None = None


class Told(Part):
    """An answer has `trackingEvents`; an error an `error`, which is a word where a token was refused."""

    tracking_number: Written | None = None
    tracking_events: list[Event] | None = Field(default=None, max_length=MOST_SCANS)
    predicted_delivery_date: str | None = None
    predicted_delivery_window_start_time: str | None = None
    predicted_delivery_window_end_time: str | None = None
    expected_delivery_time_stamp: str | None = None
    error: ApiError | str | None = None


def bare_number(number: str) -> str:
    """Without blanks, and without the 420 and the ZIP code (5 or 9 digits) that labels print before it."""
    bare = "".join(number.split()).upper()
    found = re.fullmatch(r"420(?:\d{9}|\d{5})(9[1-5]\d{20})", bare, re.ASCII)
    return found[1] if found else bare
