"""Carriers whose JSON is simple: one parcel a payload, with a list of what happened to it or the one thing that did.

Such an adapter says where the fields stand and what the codes mean; this module does the rest. Nothing is guessed: a
code without a row is unknown, a time that cannot be read keeps its event for operators, and a payload without its
number, its list or a code is malformed. A text that says more than a code is for an adapter of its own: `read` gives
it what the carrier told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pydantic import AliasPath, BaseModel, Field, create_model

from services.carrier_gateway.parts.base import UNMAPPED, Meaning, Parsed, Row, read_body
from services.carrier_gateway.parts.json_shape import Written
from services.carrier_gateway.parts.readings import moment_of, place_of
from services.carrier_gateway.parts.scan_order import by_time
from services.carrier_gateway.parts.scans import MOST_SCANS, Scan, tell
from services.carrier_gateway.parts.zones import zone_of
from shared.contracts.directory import CarrierEntry


class Told(BaseModel):
    """One thing that happened, as the carrier wrote it; None for what it left out or its shape does not name. `region`
    is a state or a province.
    """

    time: str | None = None
    code: str | None = None
    text: str | None = None
    city: str | None = None
    postal_code: str | None = None
    region: str | None = None
    country: str | None = None


@dataclass(frozen=True)
class Report:
    number: str
    told: tuple[Told, ...]


@dataclass(frozen=True)
class ReportShape:
    """Where a carrier's payload has what we read. A dot goes into an object: `parcel.number`.

    `events` is the list; without it the payload itself is the only event. The other fields stand inside an event.
    """

    number: str
    time: str
    code: str | None = None
    events: str | None = None
    text: str | None = None
    city: str | None = None
    postal_code: str | None = None
    region: str | None = None
    country: str | None = None

    def read(self, body: bytes) -> Report:
        """Raises Malformed."""
        payload: Any = read_body(self._payload, body)
        events = payload.events if self.events else [read_body(self._event, body)]
        return Report(payload.number.strip(), tuple(Told(**dict(event)) for event in events))

    def parser(self, carrier: CarrierEntry, codes: Mapping[str, Meaning]) -> Callable[[bytes], Parsed]:
        """The whole `parse` of a carrier whose codes say everything. Bare times are those of the place, else of the
        carrier's zone.
        """

        def parse(body: bytes) -> Parsed:
            report = self.read(body)
            scans = by_time(
                _scan(told, row, carrier.zone)
                for told in report.told
                if isinstance(row := codes.get((told.code or "").strip(), UNMAPPED), Row)
            )
            return Parsed(tell(carrier.id, (report.number, "body", self.number), scans), len(report.told) - len(scans))

        return parse

    @property
    def models(self) -> tuple[type[BaseModel], ...]:
        """What it reads, for whoever watches the carrier's shape."""
        return self._payload, self._event

    @cached_property
    def _event(self) -> type[BaseModel]:
        named = {name: path for name in Told.model_fields if (path := getattr(self, name)) is not None}
        fields: dict[str, Any] = {
            name: (Written, _at(path)) if name == "code" else (Written | None, _at(path, default=None))
            for name, path in named.items()
        }
        return create_model("Event", **fields)

    @cached_property
    def _payload(self) -> type[BaseModel]:
        fields: dict[str, Any] = {"number": (Written, _at(self.number))}
        if self.events:
            fields["events"] = (list[self._event], _at(self.events, max_length=MOST_SCANS))  # type: ignore[name-defined]
        return create_model("Payload", **fields)


def _at(path: str, **wanted: Any) -> Any:
    first, *others = path.split(".")
    return Field(validation_alias=AliasPath(first, *others), **wanted)


def _scan(told: Told, row: Row, zone: str) -> Scan:
    place = place_of(told.city, told.postal_code, told.country)
    here = zone_of(place.country, place.postal_code, zone) if place else zone_of(None, None, zone)
    return Scan(row, moment_of(told.time, here), told.code, told.text, None, place)
