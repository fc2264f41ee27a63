from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from services.carrier_gateway.carriers.fedex import FEDEX, ask, meaning_of, parse, read_answer
from services.carrier_gateway.carriers.fedex_payload import Scan
from services.carrier_gateway.parts.base import Refusal, Row, Skip
from services.carrier_gateway.parts.pull import Query
from shared.contracts.vocabulary import Actor, Condition, DeliveredTo, Stage
from shared.signatures import BadSignature
from tests.support.carrier_samples import SECRET, sample

NOW = datetime(2026, 3, 30, 12, 0, tzinfo=UTC)
NUMBER = "986578788855"


def scan(kind: str = "IT", day: int = 30, **fields: Any) -> dict[str, Any]:
    return {"date": f"2026-03-{day}T12:00:00+02:00", "eventType": kind} | fields


def result(*scans: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"scanEvents": list(scans)} | fields


def answer(*results: dict[str, Any], number: str = NUMBER) -> bytes:
    complete = {"trackingNumber": number, "trackResults": list(results)}
    return json.dumps({"output": {"completeTrackResults": [complete]}}).encode()


def meaning(kind: str, **fields: Any) -> Row:
    row = meaning_of(Scan.model_validate({"eventType": kind} | fields))
    assert isinstance(row, Row)
    return row


def delay(kind: str, status: str) -> dict[str, Any]:
    return {"delayDetail": {"type": kind, "status": status}}


@pytest.mark.parametrize(
    ("kind", "exception", "said", "expected"),
    [
        ("DE", "08", "", Row(Stage.FAILED_ATTEMPT, Condition.RECIPIENT_ABSENT, Actor.BUYER)),
        ("SE", "08", "", Row(Stage.FAILED_ATTEMPT, Condition.RECIPIENT_ABSENT, Actor.BUYER)),
        ("DE", "A47", "", Row(Stage.IN_TRANSIT)),
        ("DE", "A52", "", Row(Stage.IN_TRANSIT, Condition.DELAYED, Actor.CARRIER)),
        ("SE", "A25", "", Row(Stage.IN_TRANSIT, Condition.CUSTOMS)),
        ("DE", "A25", "", Row(Stage.FAILED_ATTEMPT, Condition.CUSTOMS)),
        ("DE", "77", "Shipment refused by recipient", Row(Stage.FAILED_ATTEMPT, Condition.REFUSED, Actor.SHOP)),
        ("SE", "77", "Package damage reported", Row(Stage.IN_TRANSIT, Condition.DAMAGED, Actor.SHOP)),
        ("SE", "77", "Something else", Row(Stage.IN_TRANSIT)),
        ("DY", "77", "Weather delay", Row(Stage.IN_TRANSIT, Condition.WEATHER, Actor.CARRIER)),
        ("OD", "77", "Weather delay", Row(Stage.OUT_FOR_DELIVERY)),
        ("DL", "08", "", Row(Stage.DELIVERED)),
    ],
)
def test_an_exception_says_why_and_the_event_where(kind: str, exception: str, said: str, expected: Row) -> None:
    assert meaning(kind, exceptionCode=exception, exceptionDescription=said) == expected


@pytest.mark.parametrize(
    ("kind", "detail", "condition", "action_by"),
    [
        ("SE", delay("WEATHER", "DELAYED"), Condition.WEATHER, Actor.CARRIER),
        ("SE", delay("CLEARANCE", "DELAYED"), Condition.CUSTOMS, None),
        ("AR", delay("OPERATIONAL", "DELAYED"), Condition.DELAYED, Actor.CARRIER),
        ("AR", delay("MARTIAN", "DELAYED"), Condition.DELAYED, Actor.CARRIER),
        ("DY", delay("LOCAL", "ON_TIME"), None, None),
        ("DD", delay("", "EARLY"), None, None),
        ("DD", {}, Condition.DELAYED, Actor.CARRIER),
        ("CP", delay("GENERAL", "DELAYED"), Condition.CUSTOMS, None),
    ],
)
def test_the_detail_of_a_delay_sets_it_and_clears_it(
    kind: str, detail: dict[str, Any], condition: Condition | None, action_by: Actor | None
) -> None:
    row = meaning(kind, **detail)

    assert (row.stage, row.condition, row.action_by) == (Stage.IN_TRANSIT, condition, action_by)


def test_the_coarse_code_never_stands_in_for_a_type_without_a_row() -> None:
    assert meaning("ZZ", derivedStatusCode="IT").stage is Stage.UNKNOWN
    assert meaning("", derivedStatusCode="IT").stage is Stage.IN_TRANSIT


@pytest.mark.parametrize(
    ("kind", "fields", "place"),
    [
        ("HL", {"locationType": "FEDEX_OFFICE"}, DeliveredTo.PICKUP_POINT),
        ("DL", {"locationType": "HOLD_LOCATION"}, DeliveredTo.PICKUP_POINT),
        (
            "DL",
            {"exceptionDescription": "Left at front door. Signature Service not requested."},
            DeliveredTo.SAFE_PLACE,
        ),
        ("DL", {"locationType": "DELIVERY_LOCATION"}, None),
        ("AR", {"locationType": "FEDEX_OFFICE"}, None),
    ],
)
def test_where_it_was_left_is_told_only_where_fedex_says_it(
    kind: str, fields: dict[str, Any], place: DeliveredTo | None
) -> None:
    assert meaning(kind, **fields).delivered_to is place


def test_a_forecast_or_an_option_is_no_event() -> None:
    assert all(isinstance(meaning_of(Scan(event_type=kind)), Skip) for kind in ("AO", "AE", "RR", "RG"))
    parsed = parse(answer(result(scan("AO"))))

    assert (parsed.events, parsed.skipped, parsed.refusal) == ((), 1, None)


def test_of_two_parcels_under_one_number_the_one_that_set_out_last_is_read() -> None:
    before, ours = result(scan("DL", 29), scan("PU", 10)), result(scan("IT", 27), scan("PU", 26))

    for results in ((before, ours), (ours, before)):
        assert [e.occurred_at.day for e in parse(answer(*results)).events] == [26, 27]


def test_scans_beside_an_error_are_used() -> None:
    told = result(scan(), error={"code": "TRACKING.TRACKINGNUMBER.NOTFOUND"})

    assert len(parse(answer(told)).events) == 1


def test_an_answer_is_told_under_the_number_we_asked_with_and_only_if_it_is_ours() -> None:
    body = answer(result(scan()))

    assert [e.reference for e in read_answer(Query("9865 7878 8855"), body).events] == ["9865 7878 8855"]
    assert read_answer(Query("477179081230"), body).refusal is Refusal.NOT_FOUND


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        (sample(FEDEX, "not_found").payload, Refusal.NOT_FOUND),
        (sample(FEDEX, "empty_number").payload, Refusal.BAD_REFERENCE),
        (b'{"errors": [{"code": "INTERNAL.SERVER.ERROR"}]}', Refusal.OUTAGE),
        (b'{"output": {"completeTrackResults": []}}', Refusal.NOT_FOUND),
    ],
)
def test_an_error_is_told_apart(body: bytes, refusal: Refusal) -> None:
    assert parse(body).refusal is refusal


def test_a_day_written_as_midnight_ends_with_the_day_where_the_parcel_goes() -> None:
    told = result(scan(), dateAndTimes=[{"type": "ESTIMATED_DELIVERY", "dateTime": "2026-04-01T00:00:00"}])

    (event,) = read_answer(Query(NUMBER, "ES", "35001"), answer(told)).events

    assert event.eta is not None
    assert event.eta.until.isoformat() == "2026-04-01T22:59:59+00:00"


def test_a_signature_in_base64_or_in_hexadecimal_is_taken_and_one_of_another_body_is_not() -> None:
    digest = hmac.new(SECRET.encode(), b"{}", hashlib.sha256)

    for written in (base64.b64encode(digest.digest()).decode(), digest.hexdigest()):
        FEDEX.verify(b"{}", {"fdx-signature": written}, [SECRET], NOW)
        with pytest.raises(BadSignature):
            FEDEX.verify(b"{ }", {"fdx-signature": written}, [SECRET], NOW)


def test_the_question_names_the_number_and_carries_the_token() -> None:
    request = ask(Query(NUMBER), "https://fedex.example", "the-token")

    assert (request.method, request.url.path) == ("POST", "/track/v1/trackingnumbers")
    assert request.headers["Authorization"] == "Bearer the-token"
    assert json.loads(request.content) == {
        "includeDetailedScans": True,
        "trackingInfo": [{"trackingNumberInfo": {"trackingNumber": NUMBER}}],
    }
