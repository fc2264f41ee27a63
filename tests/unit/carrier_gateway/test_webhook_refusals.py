from __future__ import annotations

import gzip
import json
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from services.carrier_gateway.carriers import CARRIERS
from tests.support.carrier_samples import OTHER_SECRET, SECRET
from tests.support.gateway_caller import NOW, Gateway, courier_event, running_gateway


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    async with running_gateway() as gateway:
        yield gateway


@pytest.mark.parametrize("carrier", [carrier.id for carrier in CARRIERS])
async def test_a_wrong_signature_is_401_and_nothing_is_published(gateway: Gateway, carrier: str) -> None:
    answer = await gateway.post(carrier, courier_event(), secret=OTHER_SECRET)

    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert gateway.publisher.messages == []


@pytest.mark.parametrize("carrier", [carrier.id for carrier in CARRIERS])
async def test_a_missing_signature_is_401(gateway: Gateway, carrier: str) -> None:
    assert (await gateway.client.post(f"/webhooks/{carrier}", content=courier_event())).status_code == 401


@pytest.mark.parametrize("away", [timedelta(minutes=-6), timedelta(minutes=6)])
async def test_a_signature_from_another_time_is_401(gateway: Gateway, away: timedelta) -> None:
    assert (await gateway.post("generic", courier_event(), signed_at=NOW + away)).status_code == 401


async def test_the_signature_is_checked_before_the_body_is_read(gateway: Gateway) -> None:
    assert (await gateway.post("generic", b"not json", secret=OTHER_SECRET)).status_code == 401


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"not json", "body"),
        (b"", "body"),
        (b'{"events": []}', "events"),
        (b'{"events": "no"}', "events"),
        (courier_event(reference=None), "events.0.reference"),
        (courier_event(reference=7), "events.0.reference"),
        (courier_event(reference=""), "events.0.reference"),
        (courier_event(reference="r" * 65), "events.0.reference"),
        (courier_event(reference="a\nb"), "events.0.reference"),
        (courier_event(reference="a\u202eb"), "events.0.reference"),
        (courier_event(status=["delivered"]), "events.0.status"),
        (courier_event(occurred_at="yesterday"), "events.0.occurred_at"),
        (courier_event(occurred_at="2026-03-30T09:12:00"), "events.0.occurred_at"),
        (courier_event(occurred_at="2026-02-31T09:12:00Z"), "events.0.occurred_at"),
        (courier_event(occurred_at=1774861920), "events.0.occurred_at"),
        (courier_event(condition="lost in thought"), "events.0.condition"),
        (courier_event(location={"country": "Spain"}), "events.0.location.country"),
        (courier_event(eta={"from": "2026-03-30T09:12:00Z"}), "events.0.eta.until"),
        (
            courier_event(eta={"from": "2026-03-31T09:12:00Z", "until": "2026-03-30T09:12:00Z"}),
            "events.0.eta.from",
        ),
    ],
)
async def test_a_malformed_body_is_422_and_names_the_field(gateway: Gateway, body: bytes, field: str) -> None:
    answer = await gateway.post("generic", body)

    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert field in answer.json()["detail"]
    assert gateway.publisher.messages == []


async def test_one_wrong_event_refuses_the_whole_report_so_that_it_can_be_sent_again(gateway: Gateway) -> None:
    good, bad = json.loads(courier_event())["events"][0], {"reference": "F-2"}

    answer = await gateway.post("generic", json.dumps([good, bad]).encode())

    assert answer.status_code == 422
    assert {e["field"] for e in answer.json()["errors"]} == {"events.1.status", "events.1.occurred_at"}
    assert gateway.publisher.messages == []


async def test_what_is_wrong_is_said_without_echoing_the_value(gateway: Gateway) -> None:
    answer = await gateway.post("generic", courier_event(status={"name": "CANARIO-PRIVADO"}))

    assert "CANARIO" not in answer.text


async def test_an_error_answer_of_a_carrier_is_no_push(gateway: Gateway) -> None:
    assert (await gateway.post("dhl", b'{"status": 404, "title": "Not found"}')).status_code == 422


async def test_two_mebibytes_are_413(gateway: Gateway) -> None:
    answer = await gateway.post("generic", b" " * 2 * 1024 * 1024)

    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"


async def test_two_mebibytes_in_pieces_of_undeclared_length_are_413(gateway: Gateway) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(512):
            yield b" " * 4096

    assert (await gateway.client.post("/webhooks/generic", content=pieces())).status_code == 413


async def test_a_compressed_body_is_415(gateway: Gateway) -> None:
    answer = await gateway.post("generic", gzip.compress(courier_event()), {"content-encoding": "gzip"})

    assert answer.status_code == 415


async def test_an_unknown_carrier_and_one_without_its_secret_are_the_same_404() -> None:
    async with running_gateway({"CARRIER_GENERIC_SECRET": SECRET}) as gateway:
        unknown = await gateway.post("nobody", courier_event())
        off = await gateway.post("dhl", courier_event())

    assert (unknown.status_code, off.status_code) == (404, 404)
    assert unknown.json() == off.json()


async def test_while_the_broker_is_away_the_carrier_is_asked_to_come_back(gateway: Gateway) -> None:
    gateway.publisher.away = True

    answer = await gateway.post("generic", courier_event())

    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0

    gateway.publisher.away = False
    assert (await gateway.post("generic", courier_event())).status_code == 202
    assert len(gateway.publisher.messages) == 1


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_a_webhook_is_only_ever_posted(gateway: Gateway, method: str) -> None:
    answer = await gateway.client.request(method, "/webhooks/generic")

    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert answer.headers["content-type"] == "application/problem+json"
