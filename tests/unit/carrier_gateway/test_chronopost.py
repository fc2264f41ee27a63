from __future__ import annotations

import pytest

from services.carrier_gateway.carriers.chronopost import CODES, ask, meaning_of, parse, read_answer
from services.carrier_gateway.parts.base import Malformed, Refusal, Skip
from services.carrier_gateway.parts.pull import Query
from services.carrier_gateway.parts.xml_payload import read_xml
from shared.contracts.vocabulary import Condition, Stage


def answer(inner: str) -> bytes:
    return f"<a><trackSkybillV2Response><return>{inner}</return></trackSkybillV2Response></a>".encode()


def scan(code: str, label: str = "") -> str:
    at = "2026-03-30T07:12:05+02:00"
    return f"<events><code>{code}</code><eventDate>{at}</eventDate><eventLabel>{label}</eventLabel></events>"


@pytest.mark.parametrize("code", CODES)
def test_every_code_is_reached_where_the_sentence_says_nothing(code: str) -> None:
    listed = f"<listEventInfoComp>{scan(code)}<skybillNumber>X1</skybillNumber></listEventInfoComp>"

    parsed = parse(answer(listed))
    row = CODES[code]

    if isinstance(row, Skip):
        assert (parsed.events, parsed.skipped) == ((), 1)
    else:
        assert [(e.stage, e.condition, e.carrier_code) for e in parsed.events] == [(row.stage, row.condition, code)]


@pytest.mark.parametrize(
    ("code", "label", "stage", "condition"),
    [
        ("SD", "Trié", Stage.IN_TRANSIT, None),
        ("SD", "Livraison reportée", Stage.IN_TRANSIT, Condition.DELAYED),
        ("P", "Colis non livré", Stage.FAILED_ATTEMPT, Condition.RECIPIENT_ABSENT),
        ("D", "Colis non livré", Stage.FAILED_ATTEMPT, None),
        ("TA", "Votre colis va être livré", Stage.OUT_FOR_DELIVERY, None),
        ("TA", "Le colis sera livré demain", Stage.OUT_FOR_DELIVERY, None),
        ("TS", "Sortie de douane", Stage.IN_TRANSIT, None),
        ("TS", "En douane", Stage.IN_TRANSIT, Condition.CUSTOMS),
        ("D", "Retourné à l'expéditeur", Stage.RETURNING, None),
        ("AB", "Colis livré au relais", Stage.READY_FOR_PICKUP, None),
        ("TS", "Adresse erronée", Stage.IN_TRANSIT, Condition.ADDRESS_PROBLEM),
    ],
)
def test_the_sentence_comes_before_the_code(code: str, label: str, stage: Stage, condition: Condition | None) -> None:
    meaning, _ = meaning_of(code, label)

    assert not isinstance(meaning, Skip)
    assert (meaning.stage, meaning.condition) == (stage, condition)


@pytest.mark.parametrize(
    ("inner", "refusal"),
    [
        ("<errorCode>0</errorCode>", Refusal.NOT_FOUND),
        ("<errorCode>2</errorCode><errorMessage>unknown</errorMessage>", Refusal.NOT_FOUND),
        ("<errorCode>1</errorCode>", Refusal.OUTAGE),
        ("<errorCode>7</errorCode><errorMessage>System busy</errorMessage>", Refusal.OUTAGE),
    ],
)
def test_an_answer_without_events_is_a_refusal(inner: str, refusal: Refusal) -> None:
    assert parse(answer(inner)).refusal is refusal


def test_a_fault_is_an_outage() -> None:
    assert parse(b"<e><Fault><faultstring>down</faultstring></Fault></e>").refusal is Refusal.OUTAGE


def test_an_answer_is_about_the_number_that_was_asked_for() -> None:
    body = answer(f"<listEventInfoComp>{scan('D')}</listEventInfoComp>")

    assert [e.reference for e in read_answer(Query("XY123456785FR"), body).events] == ["XY123456785FR"]
    with pytest.raises(Malformed, match="skybillNumber"):
        parse(body)


def test_a_number_cannot_add_anything_to_the_question() -> None:
    request = ask(Query("</skybillNumber><x>&\x01"), "https://ws.chronopost.fr/tracking-cxf", "any")

    (call,) = read_xml(request.content).everywhere("trackSkybillV2")
    assert call.said("skybillNumber") == "</skybillNumber><x>&"
    assert [child.name for child in call.children] == ["language", "skybillNumber"]
