"""NACEX: one line of fields, a reference with a slash, and a digest in the address."""

from __future__ import annotations

import pytest

from services.carrier_gateway.carriers.nacex import ask, parse, read_answer
from services.carrier_gateway.parts.base import Malformed, Refusal
from services.carrier_gateway.parts.pull import Query
from shared.contracts.shipments import ShipmentEvent
from shared.contracts.vocabulary import Actor, Condition, Stage

KEY = "user=SHOP&password=secreto%26"


def line(word: str, code: str = "", observations: str = "") -> bytes:
    return f"90000001|30/03/2026|08:41|{observations}|{word}|{code}|2800|00000001|".encode()


def told(word: str, code: str = "", observations: str = "") -> ShipmentEvent:
    (event,) = parse(line(word, code, observations)).events
    return event


@pytest.mark.parametrize(
    ("word", "code", "stage"),
    [
        ("EN REPARTO", "", Stage.OUT_FOR_DELIVERY),
        ("", "3", Stage.OUT_FOR_DELIVERY),
        ("TRANSITO", "4", Stage.IN_TRANSIT),
        ("OK", "7", Stage.DELIVERED),
        ("NO OK", "4", Stage.UNKNOWN),
        ("SOL SIN OK", "4", Stage.UNKNOWN),
        ("AUSENTE", "", Stage.FAILED_ATTEMPT),
        ("DISPONIBLE EN PUNTO NACEX", "", Stage.READY_FOR_PICKUP),
        ("", "7", Stage.UNKNOWN),
    ],
)
def test_the_word_decides_and_the_number_where_no_word_came(word: str, code: str, stage: Stage) -> None:
    assert told(word, code).stage is stage


@pytest.mark.parametrize(
    ("observations", "stage", "condition", "actor"),
    [
        ("AUSENTE", Stage.FAILED_ATTEMPT, Condition.RECIPIENT_ABSENT, Actor.BUYER),
        ("REHUSADO POR EL CLIENTE", Stage.FAILED_ATTEMPT, Condition.REFUSED, Actor.CARRIER),
        ("DIRECCION INCORRECTA", Stage.IN_TRANSIT, Condition.ADDRESS_PROBLEM, Actor.BUYER),
        ("EN DEVOLUCION", Stage.RETURNING, None, Actor.SHOP),
        ("VARIOS", Stage.IN_TRANSIT, None, Actor.CARRIER),
    ],
)
def test_an_incident_is_what_its_observations_say(
    observations: str, stage: Stage, condition: Condition | None, actor: Actor
) -> None:
    event = told("INCIDENCIA", "5", observations)

    assert (event.stage, event.condition, event.action_by) == (stage, condition, actor)


def test_observations_say_nothing_of_any_other_state() -> None:
    assert told("REPARTO", "3", "AUSENTE AYER").stage is Stage.OUT_FOR_DELIVERY


def test_a_pickup_orders_state_is_no_event_whatever_its_word() -> None:
    parsed = parse(line("OK", "16"))

    assert (parsed.events, parsed.skipped) == ((), 1)


def test_agency_and_number_are_one_reference() -> None:
    assert told("OK").reference == "2800/00000001"
    assert read_answer(Query("90000001"), line("OK")).events[0].reference == "90000001"


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        (b"ERROR|La expedicion no esta integrada|5611", Refusal.NOT_FOUND),
        (b"ERROR|No existe la expedicion|1", Refusal.NOT_FOUND),
        (b"ERROR|Usuario o password incorrectos|1", Refusal.NOT_ALLOWED),
        (b"ERROR", Refusal.OUTAGE),
        (b" \n", Refusal.OUTAGE),
    ],
)
def test_what_is_no_state_is_sorted(body: bytes, refusal: Refusal) -> None:
    assert read_answer(Query("2800/00000001"), body).refusal is refusal


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>Mantenimiento</html>", b"a|b", line("OK") + b"x|y", line("OK") + b"\n" + line("OK"), b"x" * 20_001,
     b"1|30/03/2026|08:41||OK|4||00000001|"],
)  # fmt: skip
def test_what_is_not_one_line_of_its_fields_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        parse(body)


def test_an_answer_in_an_old_encoding_is_read() -> None:
    assert (
        parse("1|30/03/2026|08:41|señal|TRÁNSITO|2|2800|00000001|".encode("iso-8859-1")).events[0].stage == "in_transit"
    )


def test_the_question_names_agency_and_number_and_hides_the_password_in_a_digest() -> None:
    request = ask(Query("2800/00000001"), "https://nacex.test/", KEY)

    assert request.url.path == "/nacex_ws/ws"
    assert dict(request.url.params) == {
        "method": "getEstadoExpedicion", "data": "origen=2800|albaran=00000001", "user": "SHOP",
        "pass": "0FA9D03212AFA72D1AA7D03191C180D8",
    }  # fmt: skip


def test_another_reference_is_asked_for_by_its_code_and_cannot_add_fields() -> None:
    assert ask(Query("9000|user=x"), "https://nacex.test", KEY).url.params["data"] == "expe_codigo=9000userx"
