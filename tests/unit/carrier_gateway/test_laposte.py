from __future__ import annotations

import json
from typing import Any

import pytest

from services.carrier_gateway.carriers.laposte import CODES, ask, meaning_of, parse
from services.carrier_gateway.parts.base import Malformed, Refusal
from services.carrier_gateway.parts.pull import Query
from shared.contracts.vocabulary import Condition, DeliveredTo, Stage


def answer(**fields: Any) -> bytes:
    return json.dumps(fields).encode()


@pytest.mark.parametrize("code", CODES)
def test_every_code_is_reached(code: str) -> None:
    event = {"code": code, "date": "2026-03-30T12:00:00+02:00"}

    (told,) = parse(answer(returnCode=200, shipment={"idShip": "LZ473124829FR", "event": [event]})).events

    assert (told.stage, told.condition, told.delivered_to) == (
        CODES[code].stage,
        CODES[code].condition,
        CODES[code].delivered_to,
    )


@pytest.mark.parametrize(
    ("label", "condition"),
    [
        ("Destinataire absent", Condition.RECIPIENT_ABSENT),
        ("Adresse incomplète", Condition.ADDRESS_PROBLEM),
        ("Refusé par le destinataire", Condition.REFUSED),
        ("Non livré", None),
    ],
)
def test_a_failed_visit_has_the_reason_that_its_label_gives(label: str, condition: Condition | None) -> None:
    row = meaning_of("ND1", label)

    assert (row.stage, row.condition) == (Stage.FAILED_ATTEMPT, condition)


@pytest.mark.parametrize(
    ("code", "label", "place"),
    [
        ("DI1", "Livré chez votre voisin", DeliveredTo.NEIGHBOUR),
        ("DI1", "Remis au gardien ou à l'accueil", DeliveredTo.RECEPTION),
        ("DI1", "Retiré dans votre bureau de poste", DeliveredTo.PICKUP_POINT),
        ("DI1", "Livré", None),
        ("DESBAL", "Distribué", DeliveredTo.SAFE_PLACE),
        ("AG1", "Disponible en consigne", DeliveredTo.LOCKER),
        ("ET1", "Vers votre point de retrait", None),
    ],
)
def test_who_took_it_or_where_it_waits_is_what_the_label_says(code: str, label: str, place: DeliveredTo | None) -> None:
    assert meaning_of(code, label).delivered_to is place


@pytest.mark.parametrize(
    ("code", "refusal"),
    [(404, Refusal.NOT_FOUND), (400, Refusal.BAD_REFERENCE), (401, Refusal.NOT_ALLOWED), (500, Refusal.OUTAGE)],
)
def test_the_code_in_the_body_says_why_there_is_no_parcel(code: int, refusal: Refusal) -> None:
    assert parse(answer(returnCode=code)).refusal is refusal
    assert parse(json.dumps([{"returnCode": code}]).encode()).refusal is refusal


@pytest.mark.parametrize("body", [b"{}", b"[]", b'{"returnCode": 200}', b'{"returnCode": 207}'])
def test_an_answer_with_neither_parcel_nor_reason_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed, match="is missing"):
        parse(body)


def test_the_question_carries_the_key_and_asks_in_french() -> None:
    request = ask(Query("LZ473124829FR"), "https://api.laposte.fr/suivi/v2", "the-key")

    assert str(request.url) == "https://api.laposte.fr/suivi/v2/idships/LZ473124829FR?lang=fr_FR"
    assert request.headers["X-Okapi-Key"] == "the-key"
