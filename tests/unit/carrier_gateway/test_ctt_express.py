"""CTT Express: true offsets, incidents by their words, and an address that only a contract knows."""

from __future__ import annotations

import json
from typing import Any

import pytest

from services.carrier_gateway.carriers.ctt_express import CTT_EXPRESS, ask, parse, read_answer
from services.carrier_gateway.parts.base import Malformed, Refusal
from services.carrier_gateway.parts.pull import Query
from services.carrier_gateway.settings import read_access
from shared.contracts.vocabulary import Condition, Stage
from shared.settings import BrokenConfiguration
from tests.support.carrier_samples import sample

QUERY = Query("0000000000000000000001001")


def told(**event: Any) -> bytes:
    complete = {"code": "1600", "datetime": "2026-03-30T08:41:00+02:00"} | event
    return json.dumps({"shipping_code": "0000000000000000000001", "events": [complete]}).encode()


@pytest.mark.parametrize(
    ("text", "condition"),
    [("Ausente", Condition.RECIPIENT_ABSENT), ("Rehusado", Condition.REFUSED), ("Otra cosa", None), (None, None)],
)
def test_an_incident_is_a_failed_visit_whose_words_say_why(text: str | None, condition: Condition | None) -> None:
    (event,) = parse(told(description=text)).events

    assert (event.stage, event.condition) == (Stage.FAILED_ATTEMPT, condition)


def test_words_say_nothing_of_other_codes() -> None:
    (event,) = parse(told(code="1500", description="Ausente")).events

    assert (event.stage, event.condition) == (Stage.OUT_FOR_DELIVERY, None)


def test_an_empty_list_is_an_unknown_parcel_and_a_missing_one_is_malformed() -> None:
    assert parse(b'{"shipping_code": "1", "events": []}').refusal is Refusal.NOT_FOUND
    with pytest.raises(Malformed, match="events"):
        parse(b'{"shipping_code": "1"}')


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("https://ctt.test/track?sc={reference}&l=es", "https://ctt.test/track?sc=a%2Fb%3F&l=es"),
        ("https://ctt.test/track/", "https://ctt.test/track/a%2Fb%3F"),
    ],
)
def test_the_number_stands_where_the_address_says(url: str, asked: str) -> None:
    assert str(ask(Query("a/b?"), url, "public").url) == asked


def test_the_key_is_the_header_as_the_contract_gives_it() -> None:
    assert ask(QUERY, "https://ctt.test", "Bearer abc").headers["authorization"] == "Bearer abc"
    assert "authorization" not in ask(QUERY, "https://ctt.test", "public").headers


def test_without_an_address_it_cannot_be_polled_and_the_gateway_says_so() -> None:
    with pytest.raises(BrokenConfiguration, match="CARRIER_CTT_EXPRESS_URL"):
        read_access({"CARRIER_CTT_EXPRESS_KEY": "public"}, [CTT_EXPRESS])

    access = read_access(
        {"CARRIER_CTT_EXPRESS_KEY": "public", "CARRIER_CTT_EXPRESS_URL": "https://ctt.test/{reference}"}, [CTT_EXPRESS]
    )
    assert access["ctt_express"].key is not None


def test_the_events_of_an_answer_bear_the_number_that_was_asked_about() -> None:
    life = sample(CTT_EXPRESS, "whole_life").payload

    assert {event.reference for event in read_answer(QUERY, life).events} == {QUERY.reference}
