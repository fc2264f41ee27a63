"""GLS Spain: incidents over states, one number of two meanings, and what its SOAP service answers otherwise."""

from __future__ import annotations

import pytest

from services.carrier_gateway.carriers.gls_spain import GLS_SPAIN, ask, parse, read_answer
from services.carrier_gateway.parts.base import Malformed, Refusal
from services.carrier_gateway.parts.pull import Query
from services.carrier_gateway.parts.xml_payload import read_xml
from shared.contracts.shipments import ShipmentEvent
from shared.contracts.vocabulary import Condition, Stage
from tests.support.carrier_samples import sample

Row = tuple[str, str, str]


def shipment(*rows: Row, number: str = "61000000000001", incident: str = "SIN INCIDENCIA") -> str:
    """Rows are (type, number, text), a minute apart."""
    listed = "".join(
        f"<tracking><fecha>30/03/2026 08:{minute:02}</fecha><tipo>{kind}</tipo><codigo>{code}</codigo>"
        f"<evento>{text}</evento><nombreplaza>MADRID</nombreplaza></tracking>"
        for minute, (kind, code, text) in enumerate(rows)
    )
    known = f"<codbar>{number}</codbar><incidencia>{incident}</incidencia>"
    return f"<exp>{known}<tracking_list>{listed}</tracking_list></exp>"


def told(*rows: Row, incident: str = "SIN INCIDENCIA") -> tuple[ShipmentEvent, ...]:
    return parse(f"<expediciones>{shipment(*rows, incident=incident)}</expediciones>".encode()).events


@pytest.mark.parametrize(
    ("code", "text", "stage"),
    [
        ("10", "Entregado", Stage.DELIVERED),
        ("10", "Devuelta", Stage.RETURNED),
        ("10", "No entregado", Stage.UNKNOWN),
        ("10", "", Stage.UNKNOWN),
        ("22", "Entregado en ParcelShop", Stage.IN_TRANSIT),
        ("25", "", Stage.READY_FOR_PICKUP),
        ("50", "Preconfirmada", Stage.UNKNOWN),
    ],
)
def test_only_state_10_is_decided_by_its_text(code: str, text: str, stage: Stage) -> None:
    assert [event.stage for event in told(("ESTADO", code, text))] == [stage]


def test_an_incident_on_the_way_is_a_failed_visit_or_a_condition_of_the_state_before_it() -> None:
    absent = told(("ESTADO", "6", "En reparto"), ("INCIDENCIA", "1", "Ausente"))[-1]
    damaged = told(("ESTADO", "9", "Almacenado"), ("INCIDENCIA", "2", "Rotura"))[-1]
    alone = told(("INCIDENCIA", "3", "Retraso"))[-1]

    assert (absent.stage, absent.condition) == (Stage.FAILED_ATTEMPT, Condition.RECIPIENT_ABSENT)
    assert (damaged.stage, damaged.condition) == (Stage.IN_TRANSIT, Condition.DAMAGED)
    assert (alone.stage, alone.condition) == (Stage.IN_TRANSIT, Condition.DELAYED)


def test_an_incident_after_the_end_does_not_open_the_parcel_again() -> None:
    assert told(("ESTADO", "7", "Entregado"), ("INCIDENCIA", "1", "Ausente"))[-1].stage is Stage.DELIVERED
    assert [e.stage for e in told(("ESTADO", "7", "Entregado"), incident="AUSENTE")] == [Stage.DELIVERED]


def test_the_summarys_incident_counts_where_no_row_told_of_one() -> None:
    (newest,) = told(("ESTADO", "6", "En reparto"), incident="AUSENTE")
    (plain,) = told(("ESTADO", "6", "En reparto"), incident="SIN INCIDENCIA")

    assert (newest.stage, plain.stage) == (Stage.FAILED_ATTEMPT, Stage.OUT_FOR_DELIVERY)
    assert newest.event_id != plain.event_id


def test_a_closed_claim_is_lost_and_broken_where_it_says_so() -> None:
    assert [e.condition for e in told(("ESTADO", "20", "Rotura"), ("ESTADO", "20", "Extravío"))] == [
        Condition.DAMAGED,
        None,
    ]


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ("<expediciones/>", Refusal.NOT_FOUND),
        ("<Error>No se encuentra la expedición</Error>", Refusal.NOT_FOUND),
        ("<Error>Error interno</Error>", Refusal.OUTAGE),
        ("<Envelope><Body><Fault/></Body></Envelope>", Refusal.OUTAGE),
    ],
)
def test_answers_without_a_shipment(body: str, refusal: Refusal) -> None:
    assert parse(body.encode()).refusal is refusal


@pytest.mark.parametrize("body", ["<html><body>Mantenimiento</body></html>", "<expediciones><exp/></expediciones>"])
def test_an_answer_of_another_shape_is_malformed(body: str) -> None:
    with pytest.raises(Malformed, match="is missing"):
        parse(body.encode())


def test_the_question_is_a_soap_call_whose_values_cannot_break_out() -> None:
    request = ask(Query("1</codigo><uid>x"), "https://gls.test/", "a-guid")
    call = next(read_xml(request.content).everywhere("GetExpCli"))

    assert str(request.url) == "https://gls.test/b2b.asmx"
    assert request.headers["soapaction"] == '"http://www.asmred.com/GetExpCli"'
    assert [(child.name, child.text) for child in call.children] == [("codigo", "1</codigo><uid>x"), ("uid", "a-guid")]


def test_the_events_bear_the_code_that_was_asked_with_unless_several_shipments_share_it() -> None:
    life = sample(GLS_SPAIN, "whole_life").payload
    row = ("ESTADO", "7", "Entregado")
    both = f"<expediciones>{shipment(row, number='1')}{shipment(row, number='2')}</expediciones>".encode()

    assert {event.reference for event in read_answer(Query("PEDIDO-7"), life).events} == {"PEDIDO-7"}
    assert {event.reference for event in read_answer(Query("2"), both).events} == {"2"}
    assert {event.reference for event in read_answer(Query("PEDIDO-7"), both).events} == {"1", "2"}
