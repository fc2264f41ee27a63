"""SEUR: a token for each question, thin codes read by their text, and records that are no events."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
from pydantic import SecretStr

from services.carrier_gateway.carriers.seur import CODES, SEUR, ask, parse, read_answer
from services.carrier_gateway.parts.base import SKIP, UNMAPPED, Refusal
from services.carrier_gateway.parts.pull import Query
from services.carrier_gateway.polling.tokens import Access
from shared.contracts.vocabulary import Stage
from tests.support.carrier_samples import sample

KEY = "client_id=c&client_secret=s%26&username=u&password=p%3D&nif=B00000000&account=12345-6&business_unit=31"
QUERY = Query("00000000000001")


def told(*situations: tuple[str | None, str], **shipment: Any) -> bytes:
    listed = [
        {"eventCode": code, "description": text, "situationDate": f"2026-03-30T08:{minute:02}:00.000"}
        for minute, (code, text) in enumerate(situations)
    ]
    return json.dumps({"data": [{"shipmentCode": "00000000000001", "situations": listed} | shipment]}).encode()


def test_the_whole_table_is_read() -> None:
    kinds = Counter("skip" if row is SKIP else "thin" if row is UNMAPPED else "known" for row in CODES.values())

    assert sum(kinds.values()) == 407
    assert kinds["skip"] == 67
    assert kinds["known"] > 250


@pytest.mark.parametrize(
    ("code", "text", "stage"),
    [
        ("LI577", "Depositado en locker", Stage.READY_FOR_PICKUP),
        ("LI577", "", Stage.UNKNOWN),
        (None, "Entregado al vecino", Stage.DELIVERED),
        (None, "Entregado en locker", Stage.UNKNOWN),
        (None, "No entregado", Stage.UNKNOWN),
        (None, "Será entregado mañana", Stage.UNKNOWN),
        ("ZZ999", "Entregado", Stage.UNKNOWN),
        ("LI523", "Entregado", Stage.FAILED_ATTEMPT),
    ],
)
def test_a_text_speaks_only_where_the_code_is_missing_or_thin(code: str | None, text: str, stage: Stage) -> None:
    assert [event.stage for event in parse(told((code, text))).events] == [stage]


def test_what_is_settled_after_delivery_does_not_open_the_parcel_again() -> None:
    parsed = parse(told(("LL003", "Entregado"), ("LM001", "Liquidado")))

    assert [event.stage for event in parsed.events] == [Stage.DELIVERED]
    assert parsed.skipped == 1


def test_a_hub_is_a_place_only_where_the_code_says_so() -> None:
    hub, word = parse(told(("LI310", "Mercancía en Zaragoza"), ("LO001", "Mercancía en manos ajenas"))).events

    assert hub.location is not None
    assert hub.location.city == "ZARAGOZA"
    assert word.location is None


def test_the_key_buys_a_token_with_its_login_and_keeps_the_account_for_the_question() -> None:
    assert SEUR.pull is not None
    assert SEUR.pull.token is not None
    bought = SEUR.pull.token.request("https://seur.test/", KEY)
    question = ask(QUERY, "https://seur.test/", SEUR.pull.token.hand(KEY, "t0k&n"))

    assert str(bought.url) == "https://seur.test/pic_token"
    assert parse_qs(bought.content.decode()) == {
        "grant_type": ["password"], "client_id": ["c"], "client_secret": ["s&"], "username": ["u"], "password": ["p="],
    }  # fmt: skip
    assert question.headers["authorization"] == "Bearer t0k&n"
    assert dict(question.url.params) == {
        "refType": "REFERENCE", "ref": QUERY.reference, "idNumber": "B00000000", "accountNumber": "12345-6",
        "businessUnit": "31",
    }  # fmt: skip


async def test_each_question_buys_its_own_token_as_they_live_for_seconds() -> None:
    calls: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        calls.append(request.url.path)
        if request.url.path == "/pic_token":
            return httpx.Response(200, json={"access_token": f"t{len(calls)}", "expires_in": 30})
        assert request.headers["authorization"] == f"Bearer t{len(calls) - 1}"
        return httpx.Response(200, content=sample(SEUR, "whole_life").payload)

    assert SEUR.pull is not None
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
        access = Access(client, SEUR.pull, "https://seur.test", SecretStr(KEY))
        answers = [await access.ask(QUERY, datetime(2026, 4, 1, 12, second, tzinfo=UTC)) for second in (0, 1)]

    assert calls == ["/pic_token", "/pic/v1/tracking-services/extended"] * 2
    assert [len(each.parsed.events) for each in answers] == [8, 8]


@pytest.mark.parametrize(
    ("trouble", "refusal"),
    [
        ({"status": 404, "title": "Not found"}, Refusal.NOT_FOUND),
        ({"status": "401", "title": "Unauthorized"}, Refusal.NOT_ALLOWED),
        ({"status": 500}, Refusal.OUTAGE),
        ({"detail": "No existe el envío"}, Refusal.NOT_FOUND),
        ({"detail": "Algo ha ido mal"}, Refusal.OUTAGE),
    ],
)
def test_errors_are_sorted_by_status_and_else_by_words(trouble: dict[str, Any], refusal: Refusal) -> None:
    assert parse(json.dumps({"errors": [trouble]}).encode()).refusal is refusal


def test_an_empty_answer_is_a_parcel_that_seur_knows_nothing_of_yet() -> None:
    assert read_answer(QUERY, b"").refusal is Refusal.NOT_FOUND
    assert read_answer(QUERY, b'{"data": []}').refusal is Refusal.NOT_FOUND


def test_the_one_shipment_of_an_answer_bears_the_number_that_was_asked_about() -> None:
    life = sample(SEUR, "whole_life").payload

    assert {event.reference for event in read_answer(Query("PEDIDO-7"), life).events} == {"PEDIDO-7"}


def test_of_several_shipments_the_one_that_was_asked_about_is_told_and_else_each_under_its_own_number() -> None:
    situation = {"eventCode": "LL003", "situationDate": "2026-03-30T08:00:00.000"}
    body = json.dumps({"data": [{"shipmentCode": code, "situations": [situation]} for code in ("A1", "B2")]}).encode()

    assert {event.reference for event in read_answer(Query("B2"), body).events} == {"B2"}
    assert {event.reference for event in read_answer(Query("PEDIDO-7"), body).events} == {"A1", "B2"}
