from __future__ import annotations

import json
from typing import Any

import pytest

from services.carrier_gateway.parts.base import SKIP, Malformed, Meaning, Parsed, Row, code_table
from services.carrier_gateway.parts.json_report import ReportShape, Told
from shared.contracts.directory import CarrierEntry
from shared.contracts.vocabulary import Stage

ENTRY = CarrierEntry(id="paloma", name="Paloma", zone="Europe/Madrid")
ROWS: tuple[tuple[str, Meaning], ...] = (
    ("FLYING", Row(Stage.IN_TRANSIT)),
    ("LANDED", Row(Stage.DELIVERED)),
    ("INVOICED", SKIP),
)
CODES = code_table(*ROWS)
SHAPE = ReportShape(
    number="parcel.number",
    events="parcel.scans",
    time="at",
    code="event.name",
    text="note",
    city="place.city",
    postal_code="place.zip",
    country="place.country",
)


def scan(at: str = "2026-03-27T18:02:11", name: Any = "FLYING", **fields: Any) -> dict[str, Any]:
    return {"at": at, "event": {"name": name}, **fields}


def parsed(*scans: Any, number: Any = "PAL-7", shape: ReportShape = SHAPE) -> Parsed:
    return shape.parser(ENTRY, CODES)(json.dumps({"parcel": {"number": number, "scans": list(scans)}}).encode())


def test_scans_are_told_oldest_first_in_whatever_order_they_come() -> None:
    events = parsed(scan("2026-03-28T10:00:00", "LANDED"), scan("2026-03-27T18:00:00")).events

    assert [event.stage for event in events] == [Stage.IN_TRANSIT, Stage.DELIVERED]
    assert {(event.carrier, event.reference) for event in events} == {("paloma", "PAL-7")}


def test_a_bare_time_is_that_of_the_place_else_of_the_carriers_zone_and_an_offset_is_believed() -> None:
    at_home, far, exact = parsed(
        scan("2026-03-27T08:00:00"),
        scan("2026-03-27T09:00:00", place={"city": "Arrecife", "zip": "35500", "country": "ES"}),
        scan("2026-03-27T12:00:00+00:00"),
    ).events

    assert [event.occurred_at.hour for event in (at_home, far, exact)] == [7, 9, 12]
    assert [str(event.clock) for event in (at_home, far, exact)] == ["assumed", "assumed", "exact"]


def test_a_code_without_a_row_is_unknown_and_one_that_is_no_event_is_skipped() -> None:
    told = parsed(scan(name="teleported"), scan(name="INVOICED"), scan("2026-03-28T10:00:00", " LANDED "))

    assert [(event.stage, event.carrier_code) for event in told.events] == [
        (Stage.UNKNOWN, "teleported"),
        (Stage.DELIVERED, "LANDED"),
    ]
    assert told.skipped == 1


def test_a_time_that_cannot_be_read_keeps_its_scan_for_operators() -> None:
    assert [event.stage for event in parsed(scan("27/03/2026", "LANDED")).events] == [Stage.UNKNOWN]


def test_numbers_written_as_numbers_are_their_digits() -> None:
    (event,) = parsed(scan(name=7), number=12).events

    assert (event.reference, event.carrier_code) == ("12", "7")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"parcel": {"scans": []}}, "parcel.number"),
        ({"parcel": "PAL-7"}, "parcel.number"),
        ({"parcel": {"number": "PAL-7"}}, "parcel.scans"),
        ({"parcel": {"number": "PAL-7", "scans": [{"at": "2026-03-27T18:02:11"}]}}, "parcel.scans.0.event.name"),
        ({"parcel": {"number": "PAL-7", "scans": [scan(note=["a"])]}}, "parcel.scans.0.note"),
        ({"parcel": {"number": "PAL-7", "scans": [scan()] * 501}}, "parcel.scans"),
        ({"parcel": {"number": "P\u200bL", "scans": [scan()]}}, "body.parcel.number"),
    ],
)
def test_what_is_missing_or_wrong_is_named_by_the_carriers_own_words(body: Any, field: str) -> None:
    with pytest.raises(Malformed) as refused:
        SHAPE.parser(ENTRY, CODES)(json.dumps(body).encode())

    assert field in [where for where, _ in refused.value.errors]


def test_a_payload_that_is_one_event_has_no_list() -> None:
    shape = ReportShape(number="number", time="at", code="code", region="state")

    report = shape.read(
        b'{"number": "PAL-7", "at": "2026-03-27T18:02:11", "code": "LANDED", "state": "CU", "city": "x"}'
    )

    assert report.number == "PAL-7"
    assert report.told == (Told(time="2026-03-27T18:02:11", code="LANDED", region="CU"),)
