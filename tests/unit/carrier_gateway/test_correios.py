from __future__ import annotations

import json
from typing import Any

import pytest

from services.carrier_gateway.carriers.correios import ask, meaning_of, parse
from services.carrier_gateway.carriers.correios_events import CODES
from services.carrier_gateway.parts.base import Refusal
from services.carrier_gateway.parts.pull import Query
from shared.contracts.shipments import ShipmentEvent
from shared.contracts.vocabulary import Condition, Stage

NUMBER = "AA473124829BR"


def told(*happenings: dict[str, Any], **tracked: Any) -> tuple[ShipmentEvent, ...]:
    return parse(
        json.dumps({"objetos": [{"codObjeto": NUMBER, "eventos": list(happenings)} | tracked]}).encode()
    ).events


def scan(
    code: str, sentence: str = "", at: str = "2026-03-30T09:00:00", city: str = "", uf: str = "SP"
) -> dict[str, Any]:
    letters, _, number = code.partition("/")
    address = {"endereco": {"cidade": city, "uf": uf}}
    return {"codigo": letters, "tipo": number, "descricao": sentence, "dtHrCriado": at, "unidade": address}


@pytest.mark.parametrize("code", CODES)
def test_every_row_is_reached_by_its_code_and_type(code: str) -> None:
    (event,) = told(scan(code, "Objeto entregue ao destinatário"))

    assert (event.carrier_code, event.stage) == (code, CODES[code].stage)


@pytest.mark.parametrize("letters", ["BDE", "BDI", "BDR"])
def test_the_three_delivery_lists_share_their_numbers(letters: str) -> None:
    assert [meaning_of(f"{letters}/{n}", None)[0].stage for n in ("01", "23", "50")] == [
        Stage.DELIVERED,
        Stage.RETURNED,
        Stage.LOST,
    ]


def test_out_for_delivery_to_the_sender_is_a_return() -> None:
    assert [e.stage for e in told(scan("OEC/09"))] == [Stage.RETURNING]


@pytest.mark.parametrize(
    ("sentence", "stage", "condition"),
    [
        ("Objeto saiu para entrega ao remetente", Stage.RETURNING, None),
        ("Objeto entregue ao remetente", Stage.RETURNED, None),
        ("Objeto entregue ao destinatário", Stage.DELIVERED, None),
        ("Objeto não entregue ao destinatário", Stage.UNKNOWN, None),
        ("Objeto será entregue ao destinatário", Stage.UNKNOWN, None),
        ("Encaminhado para fiscalização aduaneira", Stage.IN_TRANSIT, Condition.CUSTOMS),
        ("Algo novo", Stage.UNKNOWN, None),
    ],
)
def test_a_code_without_a_row_is_read_by_its_sentence(sentence: str, stage: Stage, condition: Condition | None) -> None:
    (event,) = told(scan("XYZ/07", sentence))

    assert (event.stage, event.condition) == (stage, condition)


def test_what_nobody_is_sure_of_stays_unknown_whatever_the_sentence_says() -> None:
    assert [e.stage for e in told(scan("BDE/38", "Objeto entregue ao destinatário"))] == [Stage.UNKNOWN]


@pytest.mark.parametrize(
    ("city", "uf", "hour"),
    [
        ("SAO PAULO", "SP", 12),
        ("MANAUS", "AM", 13),
        ("PORTO VELHO", "RO", 13),
        ("CAMPO GRANDE", "MS", 13),
        ("RIO BRANCO", "AC", 14),
        ("FERNANDO DE NORONHA", "PE", 11),
        ("RECIFE", "pe", 12),
        ("", "", 12),
    ],
)
def test_a_time_is_that_of_the_units_state(city: str, uf: str, hour: int) -> None:
    assert [e.occurred_at.hour for e in told(scan("DO/01", city=city, uf=uf))] == [hour]


def test_summer_time_of_earlier_years_is_known() -> None:
    assert [e.occurred_at.hour for e in told(scan("DO/01", at="2018-12-01T09:00:00"))] == [11]


def test_the_expected_day_ends_at_its_last_second_and_is_forgotten_on_arrival() -> None:
    day = "2026-04-07T00:00:00"
    (moving,) = told(scan("DO/01"), dtPrevista=day)
    (arrived,) = told(scan("BDE/01"), dtPrevista=day)

    assert moving.eta is not None
    assert moving.eta.until.isoformat() == "2026-04-08T02:59:59+00:00"
    assert arrived.eta is None


@pytest.mark.parametrize("tracked", [{"mensagem": "SRO-020: Objeto não encontrado"}, {"eventos": []}])
def test_an_object_without_events_is_not_found(tracked: dict[str, Any]) -> None:
    parsed = parse(json.dumps({"objetos": [{"codObjeto": NUMBER} | tracked]}).encode())

    assert (parsed.events, parsed.refusal) == ((), Refusal.NOT_FOUND)


def test_the_question_asks_for_all_events_with_the_token() -> None:
    request = ask(Query(NUMBER), "https://api.test", "token")

    assert str(request.url) == f"https://api.test/srorastro/v1/objetos/{NUMBER}?resultado=T"
    assert request.headers["authorization"] == "Bearer token"
