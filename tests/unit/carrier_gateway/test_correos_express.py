"""Correos Express: texts before numbers, how it is asked, and errors that are told in words."""

from __future__ import annotations

import json
from typing import Any

import pytest

from services.carrier_gateway.carriers.correos_express import CORREOS_EXPRESS, ask, parse, read_answer
from services.carrier_gateway.parts.base import Malformed, Refusal
from services.carrier_gateway.parts.pull import Query
from shared.contracts.vocabulary import Condition, Stage
from tests.support.carrier_samples import sample

STATE = {"fechaEstado": "30032026", "horaEstado": "084100"}


def told(*states: dict[str, Any], **flat: Any) -> bytes:
    states_in_full = [STATE | state for state in states]
    return json.dumps({"error": 0, "numEnvio": "0000000000000001", "estadoEnvios": states_in_full} | flat).encode()


@pytest.mark.parametrize(
    ("number", "text", "stage"),
    [
        ("4", "Entregado", Stage.DELIVERED),
        ("4", "Tránsito", Stage.IN_TRANSIT),
        ("4", "", Stage.UNKNOWN),
        ("6", "Devuelto", Stage.RETURNED),
        ("6", "Delegación destino", Stage.IN_TRANSIT),
        ("6", "", Stage.UNKNOWN),
        ("3", "Texto nuevo", Stage.UNKNOWN),
        ("12", "Texto nuevo", Stage.DELIVERED),
        ("12", "No entregado", Stage.UNKNOWN),
        ("12", "Su envío no ha podido ser entregado", Stage.FAILED_ATTEMPT),
        ("12", "Disponible en punto de conveniencia", Stage.READY_FOR_PICKUP),
    ],
)
def test_the_text_decides_and_a_number_only_where_all_agree_on_it(number: str, text: str, stage: Stage) -> None:
    assert [e.stage for e in parse(told({"codEstado": number, "descEstado": text})).events] == [stage]


def test_an_incident_says_what_is_the_matter_with_a_state_and_where_a_visit_failed() -> None:
    (out,) = parse(told({"codEstado": "8", "descEstado": "En reparto", "descIncEstado": "Ausente"})).events
    (held,) = parse(told({"codEstado": "4", "descEstado": "Tránsito", "descIncEstado": "Retenido en aduana"})).events
    (over,) = parse(told({"codEstado": "12", "descEstado": "Entregado", "descIncEstado": "Ausente"})).events

    assert (out.stage, out.condition) == (Stage.FAILED_ATTEMPT, Condition.RECIPIENT_ABSENT)
    assert (held.stage, held.condition) == (Stage.IN_TRANSIT, Condition.CUSTOMS)
    assert over.stage is Stage.DELIVERED


def test_the_current_state_is_told_once_more_only_when_it_is_news() -> None:
    listed = {"codEstado": "8", "descEstado": "En reparto"}
    newer = {"codEstado": "12", "descEstado": "Entregado", "fechaEstado": "30032026", "horaEstado": "101500"}

    assert [e.stage for e in parse(told(listed, **STATE, **listed)).events] == [Stage.OUT_FOR_DELIVERY]
    assert [e.stage for e in parse(told(listed, **newer)).events] == [Stage.OUT_FOR_DELIVERY, Stage.DELIVERED]
    assert [e.stage for e in parse(told(**newer)).events] == [Stage.DELIVERED]


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("No existe ningún envío con ese número", Refusal.NOT_FOUND),
        ("NO SE HAN ENCONTRADO DATOS", Refusal.NOT_FOUND),
        ("Usuario o contraseña incorrectos", Refusal.NOT_ALLOWED),
        ("CLIENTE NO AUTORIZADO", Refusal.NOT_ALLOWED),
        ("Error interno", Refusal.OUTAGE),
        ("", Refusal.OUTAGE),
    ],
)
def test_an_error_is_sorted_by_what_it_speaks_of(text: str, refusal: Refusal) -> None:
    assert parse(json.dumps({"error": 1, "mensajeError": text}).encode()).refusal is refusal


def test_an_answer_without_a_number_is_malformed() -> None:
    with pytest.raises(Malformed, match="numEnvio"):
        parse(b'{"error": 0, "estadoEnvios": []}')


def test_the_question_goes_to_the_contract_service_with_its_customer_code() -> None:
    request = ask(Query("0000000000000001"), "https://cex.test/", "user=A_WS&password=s%26cret&client=C1")

    assert str(request.url) == "https://cex.test/wspsc/apiRestSeguimientoEnviosk8s/json/seguimientoEnvio"
    assert json.loads(request.content) == {"codigoCliente": "C1", "dato": "0000000000000001", "idioma": "ES"}
    assert request.headers["authorization"] == "Basic QV9XUzpzJmNyZXQ="


def test_the_events_of_an_answer_bear_the_number_that_was_asked_about() -> None:
    life = sample(CORREOS_EXPRESS, "whole_life").payload

    assert {e.reference for e in read_answer(Query("PEDIDO-7"), life).events} == {"PEDIDO-7"}
