from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from services.carrier_gateway.carriers.ups import CODES, UPS, ask, meaning_of, parse, read_answer
from services.carrier_gateway.carriers.ups_payload import Status
from services.carrier_gateway.parts.base import SKIP, UNMAPPED, Meaning, Refusal, Row
from services.carrier_gateway.parts.pull import Query
from shared.contracts.vocabulary import Clock, Stage
from tests.support.carrier_samples import SECRET, sample

NUMBER = "1Z999AA10123456784"


def package(number: str = NUMBER, *activities: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"trackingNumber": number, "activity": list(activities)} | fields


def scan(day: str = "20260330", **fields: Any) -> dict[str, Any]:
    status = {"type": "I", "code": "AR"}
    return {"gmtDate": day, "gmtTime": "120000", "status": status} | fields


def answer(*packages: dict[str, Any]) -> bytes:
    return json.dumps({"trackResponse": {"shipment": [{"package": list(packages)}]}}).encode()


def meaning(kind: str, code: str, digits: str = "", said: str = "") -> Meaning:
    return meaning_of(Status(type=kind, code=code, status_code=digits, simplified_text_description=said))


def stage(*status: str) -> Stage:
    row = meaning(*status)
    assert isinstance(row, Row)
    return row.stage


def test_the_whole_table_is_there() -> None:
    assert len(CODES) == 1048  # the file's 1,047 and the type MV
    assert len([code for code, row in CODES.items() if row is SKIP]) == 92


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (("X", "48"), Stage.FAILED_ATTEMPT),
        (("X", "1"), Stage.IN_TRANSIT),  # written 01 in the table
        (("X", "DL"), Stage.RETURNING),
        (("D", "DL"), Stage.UNKNOWN),  # a movement whose meaning is thin
        (("D", "OT"), Stage.OUT_FOR_DELIVERY),  # looked up among the movements
        (("X", "2W"), Stage.DELIVERED),  # looked up among the deliveries
        (("D", "M5"), Stage.DELIVERED),
        (("D", "M5", "021"), Stage.OUT_FOR_DELIVERY),
        (("D", "", "11"), Stage.DELIVERED),
        (("D", ""), Stage.UNKNOWN),
        (("D", "KB", "011"), Stage.DELIVERED),  # thin alone, but the digits know
        (("MV", "VP"), Stage.CANCELLED),
        (("MV", ""), Stage.CANCELLED),
        (("M", "VP"), Stage.CANCELLED),
        (("I", "", "", "Delivered to UPS Access Point location and awaiting customer pickup"), Stage.READY_FOR_PICKUP),
        (("I", "", "", "We have your package"), Stage.UNKNOWN),
        (("X", "7QQ", "", "Delivered"), Stage.UNKNOWN),
        (("NA", "48"), Stage.UNKNOWN),
        (("", "48"), Stage.UNKNOWN),
    ],
)
def test_a_code_is_read_by_its_type_then_by_the_digits_then_by_the_words(
    status: tuple[str, ...], expected: Stage
) -> None:
    assert stage(*status) is expected


def test_a_known_record_is_no_event_and_not_unknown() -> None:
    parsed = parse(answer(package(NUMBER, scan(status={"type": "X", "code": "56"}), scan())))

    assert ([event.stage for event in parsed.events], parsed.skipped) == ([Stage.IN_TRANSIT], 1)
    assert meaning("X", "56") is SKIP
    assert CODES["013"] is UNMAPPED


def test_a_push_and_an_answer_tell_the_same_fact_under_the_same_id() -> None:
    (pushed,) = parse(sample(UPS, "out_for_delivery_pushed").payload).events
    asked = parse(sample(UPS, "life_of_a_parcel").payload).events

    assert pushed.event_id in [event.event_id for event in asked]


@pytest.mark.parametrize(
    ("when", "instant", "clock"),
    [
        ({"gmtDate": "20260330", "gmtTime": "74700", "date": "20260330", "time": "010000"}, "07:47:00", Clock.EXACT),
        ({"date": "20260330", "time": "094700", "gmtOffset": "+02:00"}, "07:47:00", Clock.EXACT),
        ({"date": "20260330", "time": "034700", "gmtOffset": "-04.00"}, "07:47:00", Clock.EXACT),
        ({"date": "20260330", "time": "094700", "gmtOffset": "summer"}, "07:47:00", Clock.ASSUMED),
        ({"date": "20260330", "time": "094700"}, "07:47:00", Clock.ASSUMED),
        ({"gmtDate": "20260330", "gmtTime": "", "date": "20260330", "time": "094700"}, "07:47:00", Clock.ASSUMED),
        ({"date": "2026-03-30", "time": "094700"}, "00:00:00", Clock.ASSUMED),
    ],
)
def test_the_truest_clock_decides(when: dict[str, str], instant: str, clock: Clock) -> None:
    place = {"location": {"address": {"countryCode": "ES"}}}
    body = answer(package(NUMBER, {"status": {"type": "I", "code": "AR"}} | place | when))
    (event,) = parse(body).events

    assert (f"{event.occurred_at:%H:%M:%S}", event.clock) == (instant, clock)
    assert (event.stage is Stage.UNKNOWN) is (instant == "00:00:00")


def test_a_rescheduled_day_replaces_the_planned_one_and_ends_where_the_parcel_goes() -> None:
    dates = [{"type": "SDD", "date": "20260331"}, {"type": "RDD", "date": "20260401"}]
    body = answer(package(NUMBER, scan(), deliveryDate=dates))

    (event,) = read_answer(Query(NUMBER, "ES"), body).events

    assert event.eta is not None
    assert event.eta.until.isoformat() == "2026-04-01T21:59:59+00:00"


@pytest.mark.parametrize(("kind", "begins"), [("EDW", True), ("CMT", False)])
def test_only_a_window_has_a_beginning(kind: str, begins: bool) -> None:
    times = {"type": kind, "startTime": "100000", "endTime": "120000"}
    body = answer(package(NUMBER, scan(), deliveryDate=[{"type": "SDD", "date": "20260331"}], deliveryTime=times))

    (event,) = read_answer(Query(NUMBER, "ES"), body).events

    assert event.eta is not None
    assert (event.eta.from_ is not None) is begins
    assert event.eta.until.hour == 10


def test_of_a_shipment_of_several_packages_only_ours_is_read_and_under_the_number_we_asked_with() -> None:
    body = answer(package("1Z5R89390357567127", scan()), package(NUMBER, scan("20260331")))

    events = read_answer(Query(NUMBER.lower()), body).events

    assert [(event.reference, event.occurred_at.day) for event in events] == [(NUMBER.lower(), 31)]
    assert len(parse(body).events) == 2


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        (sample(UPS, "not_found_yet").payload, Refusal.NOT_FOUND),
        (sample(UPS, "invalid_number").payload, Refusal.BAD_REFERENCE),
        (b'{"response": {"errors": [{"code": "250003"}]}}', Refusal.NOT_ALLOWED),
        (b'{"response": {"errors": [{"code": 10004}]}}', Refusal.OUTAGE),
    ],
)
def test_an_error_is_told_apart(body: bytes, refusal: Refusal) -> None:
    assert parse(body).refusal is refusal


def test_the_question_carries_the_token_and_holds_the_number_in_its_path() -> None:
    request = ask(Query("1Z 9/9"), "https://ups.example/", "the-token")

    assert request.url.raw_path.startswith(b"/api/track/v1/details/1Z%209%2F9?locale=en_US")
    assert request.headers["Authorization"] == "Bearer the-token"
    assert request.headers["transId"]


def test_a_push_proves_itself_in_the_header_of_either_version() -> None:
    for name in ("credential", "x-api-key"):
        UPS.verify(b"{}", {name: SECRET}, [SECRET], datetime.now(UTC))
