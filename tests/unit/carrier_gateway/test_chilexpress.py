from __future__ import annotations

import json
from typing import Any

import pytest

from services.carrier_gateway.carriers.chilexpress import ask, parse
from services.carrier_gateway.parts.base import Malformed, Parsed, Refusal
from services.carrier_gateway.parts.pull import Query
from shared.contracts.shipments import ShipmentEvent
from shared.contracts.vocabulary import Clock, Stage


def told(
    description: str = "En tránsito", date: str = "27/03/2026", hour: str = "10:33", office: str = ""
) -> ShipmentEvent:
    event = {"eventDate": date, "eventHour": hour, "description": description, "officeName": office}
    data = {"transportOrderData": {"transportOrderNumber": 700000000001}, "trackingEvents": [event]}
    (read,) = parse(json.dumps({"data": data, "statusCode": 0}).encode()).events
    return read


@pytest.mark.parametrize(
    ("description", "stage"),
    [
        ("PIEZA NO ENTREGADA", Stage.FAILED_ATTEMPT),
        ("Entregado", Stage.DELIVERED),
        ("Entregada a remitente", Stage.UNKNOWN),
        ("Sin novedad, entregado ayer", Stage.UNKNOWN),
        ("Será entregado hoy", Stage.UNKNOWN),
        ("Envío devuelto, entregado a remitente", Stage.RETURNED),
        ("Devolución en tránsito", Stage.RETURNING),
        ("No disponible para retiro", Stage.UNKNOWN),
        ("Recepcionado por cliente", Stage.UNKNOWN),
        ("Cualquier otra cosa", Stage.UNKNOWN),
    ],
)
def test_only_what_is_said_plainly_is_read(description: str, stage: Stage) -> None:
    assert told(description).stage is stage


@pytest.mark.parametrize("date", ["04/03/2026", "04-03-2026", "2026-03-04"])
def test_three_ways_to_write_a_date_are_read(date: str) -> None:
    event = told(date=date, hour="10:33")

    assert event.occurred_at.isoformat() == "2026-03-04T13:33:00+00:00"
    assert event.clock is Clock.ASSUMED


@pytest.mark.parametrize("date", ["03/27/2026", "27.03.2026", "27/3/26", "31/02/2026", ""])
def test_no_other_way_is_tried(date: str) -> None:
    assert told(date=date).stage is Stage.UNKNOWN


@pytest.mark.parametrize(
    ("office", "hour"), [("SANTIAGO", 16), ("PUNTA ARENAS CENTRO", 15), ("Hanga Roa", 18), ("", 16)]
)
def test_winter_hours_are_those_of_the_office(office: str, hour: int) -> None:
    assert told(date="15/07/2026", hour="12:00", office=office).occurred_at.hour == hour


@pytest.mark.parametrize(
    ("code", "refusal"), [(-81, Refusal.NOT_FOUND), (90, Refusal.BAD_REFERENCE), (7, Refusal.OUTAGE)]
)
def test_an_error_answer_says_which(code: int, refusal: Refusal) -> None:
    body: dict[str, Any] = {"data": None, "statusCode": code, "statusDescription": "", "errors": []}

    assert parse(json.dumps(body).encode()) == Parsed(refusal=refusal)


@pytest.mark.parametrize("data", [None, {}, {"trackingEvents": []}])
def test_a_good_answer_names_its_order(data: Any) -> None:
    with pytest.raises(Malformed, match=r"data\.transportOrderData: is missing"):
        parse(json.dumps({"data": data, "statusCode": 0}).encode())


def test_the_question_names_the_order_and_the_customer() -> None:
    request = ask(Query("700000000001"), "https://api.test", "subscription=s3cret&rut=11111111")

    assert str(request.url) == "https://api.test/transport-orders/api/v1.0/tracking"
    assert request.headers["ocp-apim-subscription-key"] == "s3cret"
    assert json.loads(request.content) == {
        "transportOrderNumber": 700000000001,
        "rut": 11111111,
        "showTrackingEvents": 1,
    }


def test_a_number_that_is_none_is_asked_for_as_the_shops_reference() -> None:
    asked = json.loads(ask(Query("ORDER-1"), "https://api.test", "subscription=s3cret&rut=11111111-1").content)

    assert asked == {"reference": "ORDER-1", "showTrackingEvents": 1}
