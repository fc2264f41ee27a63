"""Correos: how it is asked, and answers that are none."""

from __future__ import annotations

import json
from typing import Any

import pytest

from services.carrier_gateway.carriers.correos import CORREOS, ask, parse, read_answer
from services.carrier_gateway.parts.base import Refusal
from services.carrier_gateway.parts.pull import Query
from shared.contracts.vocabulary import DeliveredTo, Stage
from tests.support.carrier_samples import sample

NUMBER = Query("PQ00000000000000000000V")
URL = "https://correos.test/"


def told(**shipment: Any) -> bytes:
    return json.dumps([{"codEnvio": NUMBER.reference} | shipment]).encode()


def test_without_a_contract_the_public_service_is_asked_for_all_events() -> None:
    request = ask(NUMBER, URL, "public")

    assert request.url.path == f"/canonico/eventos_envio_servicio/{NUMBER.reference}"
    assert request.url.params["indUltEvento"] == "N"
    assert "authorization" not in request.headers


def test_a_contract_proves_itself_in_a_header() -> None:
    request = ask(NUMBER, URL, "shop:s:cret")

    assert request.url.path.startswith("/canonico/eventos_envio_servicio_auth/")
    assert request.headers["authorization"] == "Basic c2hvcDpzOmNyZXQ="


def test_a_number_cannot_lead_the_question_elsewhere() -> None:
    request = ask(Query("../../a?b=c#d"), URL, "public")

    assert request.url.raw_path.startswith(b"/canonico/eventos_envio_servicio/..%2F..%2Fa%3Fb%3Dc%23d?")


@pytest.mark.parametrize(
    ("error", "refusal"), [("3", Refusal.NOT_FOUND), (3, Refusal.NOT_FOUND), ("7", Refusal.OUTAGE), ("0", None)]
)
def test_an_error_is_told_by_its_code(error: object, refusal: Refusal | None) -> None:
    assert parse(told(error={"codError": error}, eventos=None)).refusal is refusal


def test_events_count_whatever_the_error_beside_them() -> None:
    event = {"codEvento": "I010000V", "fecEvento": "30/03/2026"}

    assert [e.stage for e in parse(told(error={"codError": "7"}, eventos=[event])).events] == [Stage.DELIVERED]


def test_a_page_instead_of_data_is_an_outage_and_not_an_unknown_parcel() -> None:
    assert read_answer(NUMBER, b"\n<!DOCTYPE html><html>Mantenimiento</html>").refusal is Refusal.OUTAGE


def test_an_answer_to_our_question_reads_like_any_payload() -> None:
    life = sample(CORREOS, "whole_life").payload

    assert read_answer(NUMBER, life) == parse(life)


def test_an_available_parcel_waits_in_the_locker_that_the_text_names() -> None:
    event = {"codEvento": "X380000V", "fecEvento": "30/03/2026", "desTextoResumen": "Disponible en CityPaq"}
    (in_locker,) = parse(told(eventos=[event])).events
    (in_office,) = parse(told(eventos=[event | {"desTextoResumen": "Disponible en oficina"}])).events

    assert (in_locker.delivered_to, in_office.delivered_to) == (DeliveredTo.LOCKER, DeliveredTo.PICKUP_POINT)


@pytest.mark.parametrize("text", ["Entregado en oficina", "En proceso de entrega", "Programado para hoy", ""])
def test_a_text_that_can_be_read_in_two_ways_is_unknown(text: str) -> None:
    event = {"codEvento": "Z1", "fecEvento": "30/03/2026", "desTextoResumen": text}

    assert [e.stage for e in parse(told(eventos=[event])).events] == [Stage.UNKNOWN]
