from __future__ import annotations

import json
from typing import Any

import pytest

from services.carrier_gateway.carriers.gls import CODES, GLS, STATUSES, ask, parse
from services.carrier_gateway.parts.base import Malformed, Refusal, Row
from services.carrier_gateway.parts.pull import Query
from shared.contracts.shipments import ShipmentEvent
from shared.contracts.vocabulary import Stage


def told(*events: dict[str, str], **parcel: Any) -> tuple[ShipmentEvent, ...]:
    return parse(json.dumps({"parcels": [{"unitno": "00000000012", "events": list(events), **parcel}]}).encode()).events


def scan(code: str, description: str = "", at: str = "2026-03-30T08:05:00+0200") -> dict[str, str]:
    return {"code": code, "description": description, "eventDateTime": at}


@pytest.mark.parametrize("code", [code for code in CODES if code not in STATUSES])
def test_every_event_code_is_reached(code: str) -> None:
    (event,) = told(scan(code, "The parcel was handed over to GLS."))
    row = CODES[code]

    assert isinstance(row, Row)
    assert (event.stage, event.delivered_to) == (row.stage, row.delivered_to)


@pytest.mark.parametrize("status", STATUSES)
def test_every_status_is_reached_where_it_is_all_there_is(status: str) -> None:
    events = told(status=status, statusDateTime="2026-03-30T08:05:00+0200")
    row = STATUSES[status]

    assert [(e.stage, e.condition) for e in events] == ([(row.stage, row.condition)] if isinstance(row, Row) else [])


def test_a_status_as_old_as_the_newest_event_is_not_told_again() -> None:
    events = told(scan("INTIAL.NORMAL"), status="INTRANSIT", statusDateTime="2026-03-30T08:05:00+0200")

    assert [e.stage for e in events] == [Stage.ACCEPTED]


def test_a_delivery_of_a_kind_nobody_knows_counts_only_beside_a_delivered_parcel() -> None:
    assert [e.stage for e in told(scan("DELIVD.NEW"), status="DELIVERED")] == [Stage.DELIVERED]
    assert [e.stage for e in told(scan("DELIVD.NEW"), status="DELIVEREDPS")] == [Stage.UNKNOWN]


@pytest.mark.parametrize(
    "sentence",
    [
        "The parcel has not been delivered",
        "The parcel has been delivered to the sender",
        "The parcel will be delivered to the ParcelShop",
        "The parcel was not handed over to GLS",
    ],
)
def test_what_a_sentence_denies_or_announces_has_not_happened(sentence: str) -> None:
    (event,) = told(scan("NEW.CODE", sentence))

    assert event.stage not in (Stage.DELIVERED, Stage.READY_FOR_PICKUP, Stage.ACCEPTED)


def test_an_answer_without_parcels_found_is_a_refusal_and_any_other_is_malformed() -> None:
    assert parse(b'{"parcels": []}').refusal is Refusal.NOT_FOUND
    assert parse(b'{"parcels": [{"requested": "1", "errorCode": "E_500_01"}]}').refusal is Refusal.OUTAGE
    assert parse(b'{"fault": {"faultstring": "down"}}').refusal is Refusal.OUTAGE
    with pytest.raises(Malformed, match="parcels"):
        parse(b"{}")


def test_one_number_is_asked_for_even_if_it_looks_like_a_list() -> None:
    request = ask(Query("1,2/3"), "https://api.gls-group.net/", "the-token")

    assert request.url.raw_path == b"/track-and-trace-v1/tracking/simple/trackids/1%2C2%2F3?showEvents=true"
    assert request.headers["authorization"] == "Bearer the-token"
    assert GLS.pull is not None
    assert GLS.pull.token is not None


def test_events_carry_the_number_that_was_asked_for() -> None:
    events = told(scan("INTIAL.NORMAL"), requested="000000000123")

    assert [event.reference for event in events] == ["000000000123"]
