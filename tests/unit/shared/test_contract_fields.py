"""What a contract refuses it refuses by name; what it takes in comes out of it unchanged."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from shared.contracts.base import decode, rfc3339
from shared.contracts.orders import OrderSnapshot
from shared.contracts.shipments import ShipmentEvent
from tests.support.golden import FACTS, Example

LEAST: dict[str, Any] = {
    "order_id": "A-1001",
    "placed_at": "2026-03-23T18:02:11+01:00",
    "state": "placed",
    "buyer": {"email": "lucia@example.com"},
}
SCAN: dict[str, Any] = {
    "carrier": "seur",
    "reference": "12345678901234",
    "stage": "in_transit",
    "occurred_at": "2026-03-25T06:41:00Z",
}


def read(data: dict[str, Any]) -> OrderSnapshot:
    return OrderSnapshot.model_validate_json(json.dumps(data))


def test_four_fields_are_enough_to_start() -> None:
    order = read(LEAST)
    assert order.sequence == 0
    assert order.placed_at == datetime(2026, 3, 23, 17, 2, 11, tzinfo=UTC)


REFUSED: dict[str, tuple[dict[str, Any], str, str]] = {
    "no contact at all": ({"buyer": {"name": "Lucía"}}, "", "buyer.email or buyer.phone is required"),
    "no buyer": ({"buyer": None}, "buyer", "Input should be an object"),
    "unknown currency": (
        {"payment": {"total": {"amount": 4990, "currency": "EUX"}}},
        "payment.total.currency",
        "ISO 4217",
    ),
    "currency in small letters": (
        {"payment": {"total": {"amount": 4990, "currency": "eur"}}},
        "payment.total.currency",
        "pattern",
    ),
    "money in euros instead of cents": (
        {"payment": {"total": {"amount": 49.9, "currency": "EUR"}}},
        "payment.total.amount",
        "valid integer",
    ),
    "money below nothing": (
        {"payment": {"total": {"amount": -1, "currency": "EUR"}}},
        "payment.total.amount",
        "greater than or equal to 0",
    ),
    "phone without country": ({"buyer": {"phone": "600000001"}}, "buyer.phone", "pattern"),
    "phone with spaces": ({"buyer": {"phone": "+34 600 000 001"}}, "buyer.phone", "pattern"),
    "phone with a line break": ({"buyer": {"phone": "+34600000001\n"}}, "buyer.phone", "pattern"),
    "phone too long": ({"buyer": {"phone": "+3460000000100000"}}, "buyer.phone", "pattern"),
    "mail address without a domain": ({"buyer": {"email": "lucia@example"}}, "buyer.email", "pattern"),
    "mail address with a second header": (
        {"buyer": {"email": "lucia@example.com\r\nBcc: x@example.com"}},
        "buyer.email",
        "pattern",
    ),
    "time without zone": ({"placed_at": "2026-03-23T18:02:11"}, "placed_at", "timezone"),
    "time that is none": ({"placed_at": "yesterday"}, "placed_at", "datetime"),
    "time before the calendar": ({"placed_at": "0001-01-01T00:00:00+14:00"}, "placed_at", "out of range"),
    "locale in words": ({"buyer": {"email": "l@example.com", "locale": "Spanish"}}, "buyer.locale", "pattern"),
    "zone that is none": (
        {"buyer": {"email": "l@example.com", "timezone": "Europe/Atlantis"}},
        "buyer.timezone",
        "IANA time zone",
    ),
    "zone that is a file": (
        {"buyer": {"email": "l@example.com", "timezone": "../../etc/passwd"}},
        "buyer.timezone",
        "IANA time zone",
    ),
    "unknown state": ({"state": "partly_shipped"}, "state", "Input should be 'placed'"),
    "slash in the order number": ({"order_id": "A/1001"}, "order_id", "pattern"),
    "empty order number": ({"order_id": ""}, "order_id", "at least 1 character"),
    "sequence below nothing": ({"sequence": -1}, "sequence", "greater than or equal to 0"),
    "carrier that is no id": (
        {"shipments": [{"carrier": "SEUR", "reference": "1"}]},
        "shipments.0.carrier",
        "pattern",
    ),
    "reference of blanks": (
        {"shipments": [{"carrier": "seur", "reference": "  "}]},
        "shipments.0.reference",
        "pattern",
    ),
    "the same parcel twice": (
        {"shipments": [{"carrier": "seur", "reference": "1"}, {"carrier": "seur", "reference": "1"}]},
        "",
        "the same carrier and reference twice",
    ),
    "nothing of a thing": ({"lines": [{"id": "1", "title": "Atlas", "quantity": 0}]}, "lines.0.quantity", "greater"),
    "promise the wrong way round": (
        {"promise": {"deliver_from": "2026-03-27", "deliver_until": "2026-03-26"}},
        "promise",
        "deliver_from is after",
    ),
    "recipient whom nobody can reach": (
        {"recipients": [{"name": "Inés"}]},
        "recipients.0",
        "needs an email or a phone",
    ),
    "eleven recipients": ({"recipients": [{"email": "i@example.com"}] * 11}, "recipients", "at most 10 items"),
    "policy that is no link": (
        {"policies": {"returns": {"version": "1", "url": "javascript:alert(1)"}}},
        "policies.returns.url",
        "pattern",
    ),
    "step that does not exist": ({"notify": {"suppress": ["teleported"]}}, "notify.suppress", "Input should be"),
    "a NUL, which no database text can hold": (
        {"lines": [{"id": "1", "title": "At\0las", "quantity": 1}]},
        "lines.0.title",
        "pattern",
    ),
    "a field nobody knows": ({"discount": 5}, "discount", "Extra inputs are not permitted"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_an_order_that_cannot_be_right_is_refused_by_the_name_of_its_field(case: str) -> None:
    change, field, says = REFUSED[case]
    with pytest.raises(ValidationError) as refused:
        read({**LEAST, **change})
    problems = {".".join(map(str, e["loc"])): e["msg"] for e in refused.value.errors()}
    named = [problem for name, problem in problems.items() if name == field or name.startswith(f"{field}.")]
    assert any(says in problem for problem in named), problems


@pytest.mark.parametrize("missing", LEAST)
def test_each_of_the_four_fields_is_missed_by_name(missing: str) -> None:
    with pytest.raises(ValidationError) as refused:
        read({name: value for name, value in LEAST.items() if name != missing})
    assert [error["loc"] for error in refused.value.errors()] == [(missing,)]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"stage": "somewhere"}, "stage"),
        ({"reference": "12\x0034"}, "reference"),
        ({"occurred_at": "2026-03-25T06:41:00"}, "occurred_at"),
        ({"eta": {"from": "2026-03-26T00:00:00Z", "until": "2026-03-25T00:00:00Z"}}, "eta"),
        ({"location": {"country": "Spain"}}, "location.country"),
    ],
)
def test_a_carriers_event_that_cannot_be_right_is_refused_by_the_name_of_its_field(
    change: dict[str, Any], field: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        decode(ShipmentEvent, json.dumps({**SCAN, **change}))
    assert [".".join(map(str, error["loc"])) for error in refused.value.errors()] == [field]


@pytest.mark.parametrize("reference", ["1234/56789012", "JD01 4600 0001", "ПОЧТА-1", "x" * 64])
def test_a_reference_is_whatever_the_carrier_calls_its_parcel(reference: str) -> None:
    event = decode(ShipmentEvent, json.dumps({**SCAN, "reference": reference}))
    assert event.key == f"seur/{reference}"


@settings(deadline=None)
@given(
    since_1970=st.timedeltas(timedelta(days=-300_000), timedelta(days=2_000_000)),
    offset=st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes))),
)
def test_an_instant_stays_the_same_instant_and_travels_in_utc(since_1970: timedelta, offset: timezone) -> None:
    moment = (datetime(1970, 1, 1, tzinfo=UTC) + since_1970).astimezone(offset)
    order = OrderSnapshot.model_validate({**LEAST, "placed_at": moment})
    wire = json.loads(order.to_json())["placed_at"]
    assert wire.endswith("Z")
    assert wire == rfc3339(moment), "as it is written into ids and headers"
    assert datetime.fromisoformat(wire) == moment
    assert decode(OrderSnapshot, order.to_json()).placed_at == moment


@pytest.mark.parametrize("example", FACTS, ids=str)
def test_what_is_absent_stays_absent_on_the_wire(example: Example) -> None:
    data = decode(example.topic.model, example.value or b"")
    assert b"null" not in data.to_json()
    assert decode(example.topic.model, data.to_json()) == data


def test_a_fact_cannot_be_changed_after_it_was_read() -> None:
    order = read(LEAST)
    with pytest.raises(ValidationError, match="frozen"):
        order.sequence = 7  # type: ignore[misc]
