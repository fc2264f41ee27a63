from __future__ import annotations

import json
from typing import Any

import pytest

from services.carrier_gateway.carriers.correo_argentino import ask, parse
from services.carrier_gateway.carriers.correo_argentino_wording import CODES
from services.carrier_gateway.parts.base import Malformed, Parsed, Refusal
from services.carrier_gateway.parts.pull import Query
from shared.contracts.shipments import ShipmentEvent
from shared.contracts.vocabulary import Clock, Condition, Stage

NUMBER = "000000000000000000000AA"


def told(**happening: Any) -> ShipmentEvent:
    body = [{"trackingNumber": NUMBER, "event": [{"date": "30-03-2026 09:00"} | happening]}]
    (event,) = parse(json.dumps(body).encode()).events
    return event


@pytest.mark.parametrize("code", CODES)
def test_a_code_of_the_manual_needs_no_sentence(code: str) -> None:
    assert (told(statusId=code).stage, told(statusId=code.lower()).stage) == (CODES[code].stage,) * 2


@pytest.mark.parametrize(
    ("sentence", "stage", "condition"),
    [
        ("Preimposición", Stage.REGISTERED, None),
        ("Imposición", Stage.UNKNOWN, None),
        ("DOMICILIO CERRADO", Stage.FAILED_ATTEMPT, Condition.RECIPIENT_ABSENT),
        ("INTENTO DE ENTREGA", Stage.FAILED_ATTEMPT, None),
        ("SIN INTENTO DE ENTREGA", Stage.UNKNOWN, None),
        ("EN ADUANA", Stage.IN_TRANSIT, Condition.CUSTOMS),
        ("ENTREGADO", Stage.DELIVERED, None),
        ("ENTREGADO AL REMITENTE", Stage.RETURNED, None),
        ("NO ENTREGADO", Stage.UNKNOWN, None),
        ("SERA ENTREGADO MAÑANA", Stage.UNKNOWN, None),
        ("EN DEVOLUCION", Stage.RETURNING, None),
    ],
)
def test_a_sentence_says_where_the_parcel_is(sentence: str, stage: Stage, condition: Condition | None) -> None:
    for event in (told(event=sentence), told(statusId="X9", status=sentence)):
        assert (event.stage, event.condition) == (stage, condition)


@pytest.mark.parametrize(
    ("date", "day", "clock"),
    [
        ("04-03-2026 10:33", 4, Clock.ASSUMED),
        ("04/03/2026 10:33:00", 4, Clock.ASSUMED),
        ("2026-03-04T10:33:00-03:00", 4, Clock.EXACT),
        ("2026-03-04 10:33", 4, Clock.ASSUMED),
    ],
)
def test_the_day_comes_first_and_an_offset_is_honoured(date: str, day: int, clock: Clock) -> None:
    event = told(statusId="PRE", date=date)

    assert (event.occurred_at.month, event.occurred_at.day, event.occurred_at.hour) == (3, day, 13)
    assert event.clock is clock


@pytest.mark.parametrize("date", ["03-27-2026 10:33", "31-02-2026 10:33", "yesterday", "", None])
def test_an_impossible_date_is_never_read_the_other_way_round(date: str | None) -> None:
    assert told(statusId="PRE", date=date).stage is Stage.UNKNOWN


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ({"id": None, "events": []}, Refusal.NOT_FOUND),
        ({"error": "No existe el cliente o pedido", "code": "0"}, Refusal.NOT_FOUND),
        ({"error": "Error interno", "code": "9"}, Refusal.OUTAGE),
        ([], Refusal.NOT_FOUND),
        ([{"trackingNumber": NUMBER}], None),
    ],
)
def test_an_answer_without_events_says_why(body: Any, refusal: Refusal | None) -> None:
    assert parse(json.dumps(body).encode()) == Parsed(refusal=refusal)


def test_a_parcel_without_its_number_is_malformed() -> None:
    with pytest.raises(Malformed, match=r"parcels\.0\.trackingNumber: is missing"):
        parse(b'[{"events": [{"event": "ENTREGADO"}]}]')


def test_the_question_is_a_get_with_a_body_under_the_agreement() -> None:
    request = ask(Query(NUMBER), "https://api.test/paqar", "agreement=18017&extClient=123&key=se%26cret")

    assert (request.method, str(request.url)) == ("GET", "https://api.test/paqar/v1/tracking?extClient=123")
    assert json.loads(request.content) == [{"trackingNumber": NUMBER}]
    assert (request.headers["agreement"], request.headers["authorization"]) == ("18017", "Apikey se&cret")
