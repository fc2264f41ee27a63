from __future__ import annotations

import pytest

from services.carrier_gateway.carriers.oca import ask, parse
from services.carrier_gateway.carriers.oca_wording import MOTIVES
from services.carrier_gateway.parts.base import Malformed, Parsed, Refusal
from services.carrier_gateway.parts.pull import Query
from services.carrier_gateway.parts.wording import Wording, recognise
from shared.contracts.shipments import ShipmentEvent
from shared.contracts.vocabulary import Actor, Clock, Stage

NUMBER = "0000000000000000001"
MIDNIGHT = "2026-03-30T00:00:00-03:00"


def row(sentence: str, at: str = MIDNIGHT, motive: str = "Sin Motivo", number: str = NUMBER) -> str:
    return (
        f"<Table><NumeroEnvio>{number}</NumeroEnvio><Descripcion_Motivo>{motive}</Descripcion_Motivo>"
        f"<Desdcripcion_Estado>{sentence}</Desdcripcion_Estado><SUC>CORDOBA</SUC><fecha>{at}</fecha></Table>"
    )


def told(*rows: str) -> Parsed:
    return parse(f"<DataSet><diffgram><NewDataSet>{''.join(rows)}</NewDataSet></diffgram></DataSet>".encode())


def first(sentence: str, at: str = MIDNIGHT, motive: str = "Sin Motivo") -> ShipmentEvent:
    return told(row(sentence, at, motive)).events[0]


@pytest.mark.parametrize(
    ("sentence", "stage"),
    [
        ("En Proceso de Retiro", Stage.REGISTERED),
        ("En Sucursal de Destino", Stage.IN_TRANSIT),
        ("En espera de retiro en Sucursal de Destino", Stage.READY_FOR_PICKUP),
        ("Programado para visita a domicilio", Stage.IN_TRANSIT),
        ("Visita a domicilio", Stage.OUT_FOR_DELIVERY),
        ("Entregado", Stage.DELIVERED),
        ("Entregado al remitente", Stage.RETURNED),
        ("No entregado", Stage.FAILED_ATTEMPT),
        ("Será entregado", Stage.UNKNOWN),
        ("17", Stage.UNKNOWN),
    ],
)
def test_a_sentence_says_where_the_parcel_is(sentence: str, stage: Stage) -> None:
    assert first(sentence).stage is stage


@pytest.mark.parametrize("motive", MOTIVES, ids=lambda motive: motive.name)
def test_the_motive_says_why_a_visit_failed(motive: Wording) -> None:
    for example in motive.examples:
        event = first("No Entregado", motive=example)
        found = recognise(example, MOTIVES)

        assert found is not None
        assert (event.stage, event.condition) == (Stage.FAILED_ATTEMPT, found.wording.row.condition)
        assert event.carrier_code == f"{found.wording.name}/not_delivered"


def test_a_motive_beside_anything_else_changes_nothing() -> None:
    event = first("Entregado", motive="Ausente")

    assert (event.stage, event.condition) == (Stage.DELIVERED, None)


def test_an_unknown_motive_leaves_a_visit_that_failed() -> None:
    event = first("No Entregado", motive="Lluvia")

    assert (event.stage, event.condition, event.action_by) == (Stage.FAILED_ATTEMPT, None, Actor.BUYER)


@pytest.mark.parametrize(
    ("at", "instant", "clock"),
    [
        (MIDNIGHT, "2026-03-30T03:00:00+00:00", Clock.ASSUMED),
        ("2026-03-30T00:00:00+00:00", "2026-03-30T03:00:00+00:00", Clock.ASSUMED),
        ("2026-03-30T10:15:00-03:00", "2026-03-30T13:15:00+00:00", Clock.EXACT),
        ("04/03/2026 10:15:00", "2026-03-04T13:15:00+00:00", Clock.ASSUMED),
    ],
)
def test_midnight_is_a_day_without_an_hour(at: str, instant: str, clock: Clock) -> None:
    event = first("Entregado", at)

    assert (event.occurred_at.isoformat(), event.clock) == (instant, clock)


def test_days_are_put_in_order_and_the_list_keeps_its_order_within_one() -> None:
    events = told(
        row("Entregado", "2026-03-31T00:00:00-03:00"), row("Visita a domicilio"), row("No Entregado", motive="Ausente")
    ).events

    assert [e.stage for e in events] == [Stage.OUT_FOR_DELIVERY, Stage.FAILED_ATTEMPT, Stage.DELIVERED]


def test_a_parcel_is_delivered_once_whatever_the_books_say_later() -> None:
    parsed = told(row("Entregado", "2026-04-06T00:00:00-03:00"), row("Entregado"))

    assert [e.occurred_at.day for e in parsed.events] == [30]
    assert parsed.skipped == 1


@pytest.mark.parametrize("body", [b"<DataSet><NewDataSet/></DataSet>", b"<DataSet/>", b"<NewDataSet/>"])
def test_an_empty_set_is_a_piece_they_do_not_know(body: bytes) -> None:
    assert parse(body) == Parsed(refusal=Refusal.NOT_FOUND)


@pytest.mark.parametrize(
    "body",
    [
        b"<html><body>Service Unavailable</body></html>",
        b"\xef\xbb\xbf\r\n<!DOCTYPE html><html/>",
        b"System.Data.SqlClient.SqlException: Timeout expired.",
        b"System.NullReferenceException: Object reference not set",
    ],
)
def test_a_web_page_or_an_exception_is_an_outage(body: bytes) -> None:
    assert parse(body) == Parsed(refusal=Refusal.OUTAGE)


def test_a_row_without_a_number_is_malformed() -> None:
    with pytest.raises(Malformed, match=r"Table\.0\.NumeroEnvio: is missing"):
        told("<Table><Desdcripcion_Estado>Entregado</Desdcripcion_Estado></Table>")


def test_a_flood_of_rows_is_refused() -> None:
    with pytest.raises(Malformed, match="more than 150 times"):
        told(*(row("Entregado") for _ in range(151)))


@pytest.mark.parametrize(("key", "cuit"), [("30-12345678-9", "30-12345678-9"), ("public", "")])
def test_the_question_names_the_piece_and_the_customer_where_there_is_one(key: str, cuit: str) -> None:
    request = ask(Query("1&CUIT=2"), "http://oca.test", key)

    assert request.url.path == "/ePak_tracking/Oep_TrackEPak.asmx/Tracking_Pieza"
    assert dict(request.url.params) == {"Pieza": "1&CUIT=2", "NroDocumentoCliente": "", "CUIT": cuit}
