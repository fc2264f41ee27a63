from __future__ import annotations

import json
from typing import Any

import pytest

from services.carrier_gateway.carriers.usps import USPS, ask, meaning_of, parse, read_answer
from services.carrier_gateway.carriers.usps_payload import Event, bare_number
from services.carrier_gateway.parts.base import Malformed, Refusal, Row
from services.carrier_gateway.parts.pull import Query
from shared.contracts.vocabulary import Actor, Clock, Condition, DeliveredTo, Stage
from tests.support.carrier_samples import sample

NUMBER = "9400111206206406260787"


def scan(code: str = "10", **fields: Any) -> dict[str, Any]:
    return {"eventCode": code, "GMTTimestamp": "2026-03-30T14:10:45Z", "eventState": "OK"} | fields


def answer(*events: dict[str, Any], **fields: Any) -> bytes:
    return json.dumps({"trackingNumber": NUMBER, "trackingEvents": list(events)} | fields).encode()


def meaning(code: str, said: str = "") -> Row:
    return meaning_of(Event(event_code=code, event_type=said))


@pytest.mark.parametrize(
    ("code", "said", "expected"),
    [
        ("01", "Delivered, Parcel Locker", Row(Stage.DELIVERED, delivered_to=DeliveredTo.LOCKER)),
        ("1", "Delivered, In/At Mailbox", Row(Stage.DELIVERED, delivered_to=DeliveredTo.SAFE_PLACE)),
        ("01", "Delivered, Front Desk/Reception/Mail Room", Row(Stage.DELIVERED, delivered_to=DeliveredTo.RECEPTION)),
        ("01", "Delivered, To Original Sender", Row(Stage.RETURNED, action_by=Actor.SHOP)),
        ("01", "Delivered", Row(Stage.DELIVERED)),
        ("17", "Picked up by agent", Row(Stage.DELIVERED, delivered_to=DeliveredTo.PICKUP_POINT)),
        ("07", "Arrived at Post Office", Row(Stage.IN_TRANSIT)),
        ("07", "Arrived at USPS Facility", Row(Stage.IN_TRANSIT)),
        ("02", "Delivered, Front Door/Porch", Row(Stage.FAILED_ATTEMPT, Condition.RECIPIENT_ABSENT, Actor.BUYER)),
        ("21", "No Such Number", Row(Stage.RETURNING, Condition.ADDRESS_PROBLEM, Actor.SHOP)),
        ("11", "Dead letter", Row(Stage.LOST, action_by=Actor.SHOP)),
        ("ZZ", "Inbound Into Customs", Row(Stage.IN_TRANSIT, Condition.CUSTOMS)),
        ("ZZ", "Inbound Out of Customs", Row(Stage.IN_TRANSIT)),
        ("ZZ", "Alert: delayed by severe weather", Row(Stage.IN_TRANSIT, Condition.WEATHER, Actor.CARRIER)),
        ("ZZ", "Delivered, will be left at the front door", Row(Stage.UNKNOWN)),
        ("41", "Received at opening unit", Row(Stage.UNKNOWN)),
        ("TM", "Shipment Received, Package Acceptance Pending", Row(Stage.UNKNOWN)),
        ("19", "", Row(Stage.UNKNOWN)),
    ],
)
def test_the_code_says_what_and_the_words_say_where(code: str, said: str, expected: Row) -> None:
    assert meaning(code, said) == expected


@pytest.mark.parametrize(
    ("when", "instant", "clock"),
    [
        ({"eventTimestamp": "2026-03-30T09:10:00"}, "14:10:45", Clock.EXACT),
        ({"GMTTimestamp": "2026-03-30T14:10:45"}, "14:10:45", Clock.EXACT),
        (
            {"GMTTimestamp": None, "eventTimestamp": "2026-03-30T07:10:00", "GMTOffset": "-7:00"},
            "14:10:00",
            Clock.EXACT,
        ),
        ({"GMTTimestamp": None, "eventTimestamp": "2026-03-30T09:10:00"}, "14:10:00", Clock.ASSUMED),
        ({"GMTTimestamp": "soon", "eventTimestamp": "2026-03-30T09:10:00"}, "14:10:00", Clock.ASSUMED),
        ({"GMTTimestamp": None, "eventTimestamp": None}, "00:00:00", Clock.ASSUMED),
    ],
)
def test_greenwich_time_is_the_true_one(when: dict[str, Any], instant: str, clock: Clock) -> None:
    (event,) = parse(answer(scan(**when))).events

    assert (f"{event.occurred_at:%H:%M:%S}", event.clock) == (instant, clock)
    assert (event.stage is Stage.UNKNOWN) is (instant == "00:00:00")


@pytest.mark.parametrize(
    ("written", "bare"),
    [
        ("9400 1112 0620 6406 2607 87", NUMBER),
        (f"42078745{NUMBER}", NUMBER),
        (f"420787451234{NUMBER}", NUMBER),
        ("42078745", "42078745"),
        ("rb123456785us", "RB123456785US"),
    ],
)
def test_the_zip_code_on_a_label_is_no_part_of_the_number(written: str, bare: str) -> None:
    assert bare_number(written) == bare


def test_we_ask_for_the_bare_number_and_tell_under_the_one_we_were_given() -> None:
    query = Query(f"42078745{NUMBER}")
    request = ask(query, "https://usps.example/", "the-token")

    assert request.url.raw_path == f"/tracking/v3/tracking/{NUMBER}?expand=DETAIL".encode()
    assert request.headers["Authorization"] == "Bearer the-token"
    assert [event.reference for event in read_answer(query, answer(scan())).events] == [query.reference]
    assert [event.reference for event in parse(answer(scan())).events] == [NUMBER]


@pytest.mark.parametrize(
    ("fields", "begins", "until"),
    [
        (
            {
                "predictedDeliveryDate": "2026-03-31",
                "predictedDeliveryWindowStartTime": "13:00",
                "predictedDeliveryWindowEndTime": "17:00",
            },
            "2026-03-31T18:00:00+00:00",
            "2026-03-31T22:00:00+00:00",
        ),
        ({"predictedDeliveryDate": "2026-03-31"}, None, "2026-04-01T04:59:59+00:00"),
        ({"expectedDeliveryTimeStamp": "2026-03-31T21:00:00"}, None, "2026-04-01T02:00:00+00:00"),
        ({"predictedDeliveryDate": "soon", "predictedDeliveryWindowEndTime": "5pm"}, None, None),
    ],
)
def test_what_is_expected_is_read_by_the_clock_of_the_last_scan(
    fields: dict[str, str], begins: str | None, until: str | None
) -> None:
    (event,) = parse(answer(scan("OF"), **fields)).events

    told = event.eta and (event.eta.from_ and event.eta.from_.isoformat(), event.eta.until.isoformat())
    assert told == ((begins, until) if until else None)


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        (sample(USPS, "not_found").payload, Refusal.NOT_FOUND),
        (sample(USPS, "token_refused").payload, Refusal.NOT_ALLOWED),
        (b'{"error": {"code": 429}}', Refusal.QUOTA),
        (b'{"error": {"code": "503"}}', Refusal.OUTAGE),
        (b'{"error": {"code": "200"}}', Refusal.OUTAGE),
        (b'{"error": {}}', Refusal.OUTAGE),
    ],
)
def test_an_error_is_told_apart(body: bytes, refusal: Refusal) -> None:
    assert parse(body).refusal is refusal


def test_an_answer_without_a_number_names_the_field() -> None:
    with pytest.raises(Malformed, match=r"body\.trackingNumber"):
        parse(answer(scan(), trackingNumber=None))
