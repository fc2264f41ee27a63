from __future__ import annotations

import json
from typing import Any

import pytest

from services.carrier_gateway.carriers.mercado_envios import ask, parse
from services.carrier_gateway.carriers.mercado_envios_states import CODES, NONE, WHATEVER
from services.carrier_gateway.parts.base import Malformed, Parsed, Refusal
from services.carrier_gateway.parts.pull import Query
from shared.contracts.vocabulary import Stage


def told(status: str, substatus: str | None = None, **more: Any) -> Parsed:
    shipment = {
        "id": 40000000001,
        "status": status,
        "substatus": substatus,
        "last_updated": "2026-03-30T09:00:00.000-04:00",
    }
    return parse(json.dumps(shipment | more).encode())


@pytest.mark.parametrize("code", CODES)
def test_every_row_is_reached_by_its_status_and_substatus(code: str) -> None:
    status, substatus = code.split("/")

    (event,) = told(status, {NONE: None, WHATEVER: "anything"}.get(substatus, substatus)).events

    assert (event.stage, event.condition) == (CODES[code].stage, CODES[code].condition)
    assert event.carrier_code == code.replace(WHATEVER, "anything")


@pytest.mark.parametrize("status", ["shipped", "delivered", "not_delivered", "ready_to_ship"])
def test_a_new_substatus_is_unknown_whatever_its_status_suggests(status: str) -> None:
    (event,) = told(status, "handed_to_drone").events

    assert (event.stage, event.carrier_code) == (Stage.UNKNOWN, f"{status}/handed_to_drone")


def test_ready_for_pickup_by_the_carrier_is_not_ready_for_the_buyer() -> None:
    assert [e.stage for e in told("ready_to_ship", "ready_for_pickup").events] == [Stage.REGISTERED]
    assert [e.stage for e in told("shipped", "waiting_for_withdrawal").events] == [Stage.READY_FOR_PICKUP]


def test_a_date_that_is_kept_is_truer_than_the_last_update() -> None:
    dates = {"date_shipped": "2026-03-28T10:00:00.000-04:00", "date_delivered": "2026-03-29T12:00:00.000-04:00"}

    shipped, delivered = told("delivered", status_history=dates).events

    assert (shipped.stage, shipped.occurred_at.day) == (Stage.IN_TRANSIT, 28)
    assert (delivered.stage, delivered.occurred_at.day, delivered.occurred_at.hour) == (Stage.DELIVERED, 29, 16)


def test_asked_again_after_an_unrelated_change_a_delivery_is_the_same_event() -> None:
    dates = {"date_delivered": "2026-03-29T12:00:00.000-04:00"}

    first, again = (
        told("delivered", status_history=dates, last_updated=f"2026-04-0{day}T00:00:00Z").events for day in (1, 2)
    )

    assert [e.event_id for e in first] == [e.event_id for e in again]


@pytest.mark.parametrize(
    ("status", "refusal"),
    [
        (404, Refusal.NOT_FOUND),
        (401, Refusal.NOT_ALLOWED),
        (403, Refusal.NOT_ALLOWED),
        (429, Refusal.QUOTA),
        (500, Refusal.OUTAGE),
        (200, Refusal.OUTAGE),
        ("down", Refusal.OUTAGE),
    ],
)
def test_an_error_answer_is_no_shipment(status: int | str, refusal: Refusal) -> None:
    parsed = parse(json.dumps({"error": "some", "message": "", "status": status}).encode())

    assert (parsed.events, parsed.refusal) == ((), refusal)


def test_a_notification_holds_nothing_but_the_hint_to_ask() -> None:
    parsed = parse(b'{"resource": "/shipments/40000000001", "topic": "shipments"}')

    assert parsed == Parsed(skipped=1)


@pytest.mark.parametrize("missing", ["id", "status"])
def test_what_is_missing_is_named(missing: str) -> None:
    with pytest.raises(Malformed, match=f"{missing}: is missing"):
        told("shipped", **{missing: None}) if missing == "id" else parse(b'{"id": 1}')


def test_the_question_carries_the_sellers_token() -> None:
    request = ask(Query("40000000001"), "https://api.test/", "token")

    assert str(request.url) == "https://api.test/shipments/40000000001"
    assert request.headers["authorization"] == "Bearer token"
