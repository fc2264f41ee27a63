from __future__ import annotations

import json

import pytest

from services.carrier_gateway.carriers.andreani import ANDREANI, ask, parse, read_answer
from services.carrier_gateway.carriers.andreani_events import CODES, MOTIVES
from services.carrier_gateway.parts.base import Malformed, Parsed, Row
from services.carrier_gateway.parts.pull import Query
from shared.contracts.vocabulary import Clock, Condition, DeliveredTo, Stage

NUMBER = "360000000000017"
TOLD_BY = {
    "AsignacionACaja/custody": {"Evento": "AsignacionACaja", "Estado": "CUSTODIA"},
    "Distribucion/counter": {"Evento": "Distribución", "Estado": "Mostrador"},
    "Visita/other": {"Evento": "Visita", "Motivo": "LLUVIA"},
    **{f"Visita/{motive.name}": {"Evento": "VisitaMobile", "Motivo": motive.examples[0]} for motive in MOTIVES},
}


def told(**trace: str) -> Parsed:
    return parse(json.dumps({"reference": NUMBER, "eventos": [{"Fecha": "2026-03-30T09:00:00"} | trace]}).encode())


@pytest.mark.parametrize("code", CODES)
def test_every_row_is_reached_by_a_scan(code: str) -> None:
    parsed = told(**TOLD_BY.get(code, {"Evento": code}))

    if isinstance(CODES[code], Row):
        assert [e.carrier_code for e in parsed.events] == [code]
    else:
        assert (parsed.events, parsed.skipped) == ((), 1)


@pytest.mark.parametrize("spelling", ["Distribucion", "distribución", "DISTRIBUCION"])
def test_an_event_is_known_in_any_spelling(spelling: str) -> None:
    (event,) = told(Evento=spelling).events

    assert (event.stage, event.carrier_code) == (Stage.OUT_FOR_DELIVERY, "Distribucion")


@pytest.mark.parametrize("number", [22, 23, 24])
def test_the_number_of_a_state_changes_nothing(number: int) -> None:
    body = {
        "reference": NUMBER,
        "eventos": [{"Fecha": "2026-03-30T09:00:00", "Evento": "Admision", "EstadoId": number}],
    }

    assert [e.stage for e in parse(json.dumps(body).encode()).events] == [Stage.ACCEPTED]


@pytest.mark.parametrize("motive", ["NO ENTREGADO", "SIN ENTREGADO"])
def test_what_was_not_handed_over_is_not_delivered(motive: str) -> None:
    assert [e.stage for e in told(Evento="Visita", Motivo=motive).events] == [Stage.FAILED_ATTEMPT]


def test_a_parcel_handed_over_the_counter_was_taken_at_a_pickup_point() -> None:
    (event,) = told(Evento="Visita", Motivo="ENTREGADO", Submotivo="POR MOSTRADOR").events

    assert (event.stage, event.delivered_to) == (Stage.DELIVERED, DeliveredTo.PICKUP_POINT)


@pytest.mark.parametrize("cycle", ["DEVOLUCION", "Devolución", "Return"])
def test_in_the_cycle_of_a_return_the_parcel_goes_back_and_a_delivery_is_the_shops(cycle: str) -> None:
    moving, absent, delivered, lost = (
        told(Ciclo=cycle, **trace).events[0]
        for trace in (
            {"Evento": "Admision"},
            {"Evento": "Visita", "Motivo": "AUSENTE"},
            {"Evento": "EnvioEntregado"},
            {"Evento": "Siniestro"},
        )
    )

    assert [e.stage for e in (moving, absent, delivered, lost)] == [
        Stage.RETURNING,
        Stage.RETURNING,
        Stage.RETURNED,
        Stage.LOST,
    ]
    assert absent.condition is not Condition.RECIPIENT_ABSENT
    assert moving.carrier_code == "Admision/return"


def test_an_offset_is_honoured_and_a_bare_time_is_argentinas() -> None:
    (bare,) = told(Evento="Admision").events
    (exact,) = told(Evento="Admision", Fecha="2026-03-30T09:00:00-03:00").events

    assert bare.occurred_at == exact.occurred_at
    assert (bare.clock, exact.clock) == (Clock.ASSUMED, Clock.EXACT)


def test_an_answer_is_about_the_shipment_that_was_asked_for() -> None:
    body = json.dumps({"eventos": [{"Fecha": "2026-03-30T09:00:00", "Evento": "Admision"}]}).encode()

    assert [e.reference for e in read_answer(Query(NUMBER), body).events] == [NUMBER]
    with pytest.raises(Malformed, match="reference: is missing"):
        parse(body)


def test_the_question_keeps_a_strange_number_inside_its_path() -> None:
    request = ask(Query("36/../x?y"), "https://apis.test/", "token")

    assert str(request.url) == "https://apis.test/v2/envios/36%2F..%2Fx%3Fy/trazas"
    assert request.headers["x-authorization-token"] == "token"
    assert ANDREANI.pull is not None
