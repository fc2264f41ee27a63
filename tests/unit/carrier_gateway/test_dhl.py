from __future__ import annotations

import json
from typing import Any

import pytest

from services.carrier_gateway.carriers.dhl import DHL, ask, parse, read_answer
from services.carrier_gateway.parts.base import Malformed, Refusal
from services.carrier_gateway.parts.pull import Query
from shared.contracts.shipments import ShipmentEvent
from shared.contracts.vocabulary import Clock, Stage
from tests.support.carrier_samples import sample


def told(**shipment: Any) -> tuple[ShipmentEvent, ...]:
    return parse(json.dumps({"shipments": [{"id": "1234567891"} | shipment]}).encode()).events


def scan(timestamp: str, code: str | None = "transit", description: str = "", **place: str) -> dict[str, Any]:
    return {
        "timestamp": timestamp,
        "description": description,
        **({"statusCode": code} if code else {}),
        **({"location": {"address": place}} if place else {}),
    }


def test_the_summary_is_one_event_with_its_twin_whose_place_gives_the_time() -> None:
    events = told(
        status=scan("2026-03-30T09:12:00Z"),
        events=[scan("2026-03-30T09:12:00", countryCode="ES")],
    )

    assert [(e.occurred_at.hour, e.clock) for e in events] == [(7, Clock.ASSUMED)]


def test_a_summary_newer_than_every_event_is_one_more_event() -> None:
    events = told(
        status=scan("2026-03-30T11:00:00Z", "delivered"),
        events=[scan("2026-03-30T09:12:00Z")],
    )

    assert [e.stage for e in events] == [Stage.IN_TRANSIT, Stage.DELIVERED]


def test_a_summary_older_than_the_events_says_nothing_new() -> None:
    events = told(
        status=scan("2026-03-30T08:00:00Z", "pre-transit"),
        events=[scan("2026-03-30T09:12:00Z")],
    )

    assert [e.stage for e in events] == [Stage.IN_TRANSIT]


def test_a_summary_alone_is_the_event() -> None:
    assert [e.stage for e in told(status=scan("2026-03-30T08:00:00Z", "delivered"))] == [Stage.DELIVERED]


def test_two_facts_of_one_minute_stay_two() -> None:
    events = told(
        events=[
            scan("2026-03-30T08:00:00Z", description="Customs status updated"),
            scan("2026-03-30T08:00:00Z", description="Processed at LEIPZIG"),
        ]
    )

    assert len({event.event_id for event in events}) == 2


def test_a_bare_time_without_a_place_is_read_in_dhls_own_zone() -> None:
    (event,) = told(status=scan("2026-03-30T09:12:00"))

    assert (event.occurred_at.hour, event.clock) == (7, Clock.ASSUMED)


def test_an_impossible_date_keeps_the_event_for_operators_and_out_of_the_story() -> None:
    (event,) = told(status=scan("2026-02-31T09:12:00Z", "delivered"))

    assert (event.stage, event.carrier_code, event.occurred_at.year) == (Stage.UNKNOWN, "delivered", 1970)


@pytest.mark.parametrize(
    ("estimate", "begin", "until"),
    [
        (
            {"estimatedDeliveryTimeFrame": {
                "estimatedFrom": "2026-03-30T09:00:00+02:00", "estimatedThrough": "2026-03-30T14:00:00+02:00"}},
            "2026-03-30T07:00:00Z", "2026-03-30T12:00:00Z",
        ),
        ({"estimatedTimeOfDelivery": "2026-03-30T18:00:00"}, None, "2026-03-30T16:00:00Z"),
        ({"estimatedTimeOfDelivery": "2026-03-30"}, None, "2026-03-30T21:59:59Z"),
        ({"estimatedTimeOfDelivery": "2026-03-30T00:00:00Z"}, None, "2026-03-30T21:59:59Z"),
        (
            {"estimatedDeliveryTimeFrame": {
                "estimatedFrom": "2026-03-30T00:00:00", "estimatedThrough": "2026-03-31T00:00:00"}},
            "2026-03-29T22:00:00Z", "2026-03-31T21:59:59Z",
        ),
    ],
)  # fmt: skip
def test_what_dhl_expects_is_carried_by_the_newest_event(
    estimate: dict[str, Any], begin: str | None, until: str
) -> None:
    older, newest = told(
        events=[scan("2026-03-29T10:00:00Z"), scan("2026-03-28T10:00:00Z")],
        destination={"address": {"countryCode": "ES"}},
        **estimate,
    )

    assert older.eta is None
    assert newest.eta is not None
    wire = json.loads(newest.eta.model_dump_json(exclude_none=True))
    assert (wire.get("from"), wire["until"]) == (begin, until)


def test_nothing_is_expected_of_a_parcel_that_has_arrived() -> None:
    (event,) = told(status=scan("2026-03-30T08:00:00Z", "delivered"), estimatedTimeOfDelivery="2026-03-30T18:00:00Z")

    assert event.eta is None


def test_an_estimate_nobody_can_read_does_not_refuse_what_happened() -> None:
    (event,) = told(status=scan("2026-03-30T08:00:00Z"), estimatedTimeOfDelivery="soon")

    assert (event.stage, event.eta) == (Stage.IN_TRANSIT, None)


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        (b'{"title": "No result", "status": 404, "detail": "No shipment", "instance": "/x"}', Refusal.NOT_FOUND),
        (b'{"shipments": []}', Refusal.NOT_FOUND),
        (b'{"status": 401, "title": "Unauthorized"}', Refusal.NOT_ALLOWED),
        (b'{"status": 429, "title": "Too many requests"}', Refusal.QUOTA),
        (b'{"status": 503, "title": "Unavailable"}', Refusal.OUTAGE),
    ],
)
def test_an_error_body_is_an_outcome_of_its_own_kind(body: bytes, refusal: Refusal) -> None:
    parsed = parse(body)

    assert (parsed.refusal, parsed.events) == (refusal, ())


def test_a_push_without_shipments_is_malformed() -> None:
    with pytest.raises(Malformed, match="shipments"):
        parse(b'{"scope": "subscription.push"}')


@pytest.mark.parametrize("number", ["", "1" * 65, "1\u202e2"])
def test_a_number_that_cannot_be_one_is_malformed_under_dhls_own_name_for_it(number: str) -> None:
    with pytest.raises(Malformed, match=r"shipments\.0\.id"):
        told(id=number, status=scan("2026-03-30T08:00:00Z"))


def test_of_equal_numbers_in_two_divisions_the_one_that_goes_to_the_buyers_country_is_taken() -> None:
    body = sample(DHL, "two_divisions").payload

    def cities(country: str | None) -> list[str | None]:
        events = read_answer(Query("12345678901234", country), body).events
        return [event.location.city if event.location else None for event in events]

    assert cities("ES") == ["ZARAGOZA"]
    assert cities("FR") == cities(None) == ["ZARAGOZA", None]


def test_a_question_carries_the_key_in_its_header_and_the_number_encoded() -> None:
    request = ask(Query("12 34/56&x=1", postal_code="28001"), "https://dhl.example/", "the-key")

    assert str(request.url) == (
        "https://dhl.example/track/shipments?trackingNumber=12+34%2F56%26x%3D1&language=en&recipientPostalCode=28001"
    )
    assert request.headers["DHL-API-Key"] == "the-key"
