"""MRW: texts before numbers, one call for all states, and answers whose HTTP status is always 200."""

from __future__ import annotations

import pytest

from services.carrier_gateway.carriers.mrw import MRW, ask, parse, read_answer
from services.carrier_gateway.parts.base import Malformed, Refusal
from services.carrier_gateway.parts.pull import Query
from services.carrier_gateway.parts.xml_payload import read_xml
from shared.contracts.shipments import ShipmentEvent
from shared.contracts.vocabulary import Stage
from tests.support.carrier_samples import sample

KEY = "login=l&password=p%26&subscriber=01234&franchise=00001"


def answer(states: str, message: str = "BUSQUEDA CORRECTA") -> bytes:
    said = f"<MensajeSeguimiento>{message}</MensajeSeguimiento>"
    return f"<GetEnviosResult>{said}<Seguimiento>{states}</Seguimiento></GetEnviosResult>".encode()


def told(code: str, text: str) -> tuple[ShipmentEvent, ...]:
    date = "<FechaEntrega>30032026</FechaEntrega><HoraEntrega>1015</HoraEntrega>"
    state = f"<Estado>{code}</Estado><EstadoDescripcion>{text}</EstadoDescripcion>{date}"
    return parse(answer(f"<Seguimiento><NumAlbaran>00000A000001</NumAlbaran>{state}</Seguimiento>")).events


@pytest.mark.parametrize(
    ("code", "text", "stage"),
    [
        ("00", "", Stage.DELIVERED),
        ("00", "No entregado", Stage.UNKNOWN),
        ("00", "Depositado en punto MRW", Stage.READY_FOR_PICKUP),
        ("00", "Entregado en punto", Stage.DELIVERED),
        ("01", "", Stage.UNKNOWN),
        ("02", "Entregado", Stage.DELIVERED),
        ("99", "Entregado en punto", Stage.UNKNOWN),
        ("99", "Será entregado", Stage.UNKNOWN),
        ("99", "Devuelto", Stage.RETURNED),
    ],
)
def test_the_text_decides_and_no_number_but_00_is_trusted(code: str, text: str, stage: Stage) -> None:
    assert [event.stage for event in told(code, text)] == [stage]


@pytest.mark.parametrize(
    ("message", "refusal"),
    [
        ("BUSQUEDA CORRECTA. 0 ENVIOS", Refusal.NOT_FOUND),
        ("NO SE HAN ENCONTRADO ENVIOS", Refusal.NOT_FOUND),
        ("Login o password incorrectos", Refusal.NOT_ALLOWED),
        ("Error interno del servidor", Refusal.OUTAGE),
    ],
)
def test_without_states_the_message_says_why(message: str, refusal: Refusal) -> None:
    assert parse(answer("", message)).refusal is refusal


def test_a_soap_fault_is_an_outage() -> None:
    assert parse(b"<Envelope><Body><Fault><faultstring>x</faultstring></Fault></Body></Envelope>").refusal == "outage"


def test_an_answer_of_another_shape_is_malformed() -> None:
    with pytest.raises(Malformed, match="GetEnviosResult"):
        parse(b"<html/>")


def test_the_question_asks_for_all_states_of_one_number_under_the_contract() -> None:
    request = ask(Query("00000A000001"), "https://mrw.test/", KEY)
    call = next(read_xml(request.content).everywhere("GetEnvios"))

    assert str(request.url) == "https://mrw.test/TrackingService.svc/TrackingServices"
    assert request.headers["soapaction"] == '"http://tempuri.org/ITrackingService/GetEnvios"'
    assert {child.name: child.text for child in call.children if child.text} == {
        "login": "l", "pass": "p&", "codigoIdioma": "3082", "tipoFiltro": "0", "tipoInformacion": "1",
        "valorFiltroDesde": "00000A000001", "valorFiltroHasta": "00000A000001",
        "codigoAbonado": "01234", "codigoFranquicia": "00001",
    }  # fmt: skip


def test_the_events_of_an_answer_bear_the_number_that_was_asked_about() -> None:
    life = sample(MRW, "whole_life").payload

    assert {event.reference for event in read_answer(Query("00000a000001"), life).events} == {"00000a000001"}
