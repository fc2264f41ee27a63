from __future__ import annotations

import json

import pytest

from services.carrier_gateway.carriers.estafeta import ESTAFETA, parse
from shared.contracts.shipments import ShipmentEvent
from shared.contracts.vocabulary import Clock, Stage


def told(text: str = "EN TRANSITO", at: str = "2026-03-30T12:00:00", state: str | None = None) -> ShipmentEvent:
    body = {"reference": "1234567890", "events": [{"datetime": at, "text": text, "state": state}]}
    (event,) = parse(json.dumps(body).encode()).events
    return event


@pytest.mark.parametrize(
    ("text", "stage"),
    [
        ("MERIDA LLEGADA A CENTRO OPERATIVO", Stage.IN_TRANSIT),
        ("PENDIENTE PROGRAMACION PARA SALIDA A RUTA", Stage.IN_TRANSIT),
        ("EN PROCESO DE ENTREGA", Stage.OUT_FOR_DELIVERY),
        ("EN PROCESO DE DEVOLUCION", Stage.RETURNING),
        ("VISITA SIN EXITO", Stage.FAILED_ATTEMPT),
        ("SIN INTENTO DE ENTREGA", Stage.UNKNOWN),
        ("NO ENTREGADO", Stage.FAILED_ATTEMPT),
        ("PROGRAMADO PARA SER ENTREGADO", Stage.UNKNOWN),
        ("ENTREGADO AL REMITENTE", Stage.UNKNOWN),
        ("OCURRE NO DISPONIBLE", Stage.UNKNOWN),
        ("OTRA COSA", Stage.UNKNOWN),
    ],
)
def test_a_sentence_says_where_the_parcel_is(text: str, stage: Stage) -> None:
    assert told(text).stage is stage


@pytest.mark.parametrize(
    ("state", "at", "hour"),
    [
        (None, "2026-07-01T12:00:00", 18),
        ("JAL", "2026-07-01T12:00:00", 18),
        ("Sonora", "2026-07-01T12:00:00", 19),
        ("BCN", "2026-07-01T12:00:00", 19),
        ("BCN", "2026-01-01T12:00:00", 20),
        ("roo", "2026-07-01T12:00:00", 17),
        ("Chihuahua", "2026-07-01T12:00:00", 18),
    ],
)
def test_a_bare_time_is_that_of_the_state_and_only_borders_have_summer_time(
    state: str | None, at: str, hour: int
) -> None:
    assert (told(at=at, state=state).occurred_at.hour, told(at=at, state=state).clock) == (hour, Clock.ASSUMED)


@pytest.mark.parametrize("at", ["03/04/2026 12:00", "27-03-2026", "", "2026-02-31T12:00:00"])
def test_the_order_of_day_and_month_is_never_guessed(at: str) -> None:
    assert told("ENTREGADO", at).stage is Stage.UNKNOWN


def test_estafeta_is_not_asked_because_nobody_could_verify_how() -> None:
    assert ESTAFETA.pull is None
