"""What carriers push shows on `GET /carriers?health=true`, and changes nothing for those who read the directory."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from prometheus_client import REGISTRY

from services.carrier_gateway.carriers import CARRIERS
from services.carrier_gateway.carriers.generic import GENERIC
from services.carrier_gateway.health.record import Way
from services.carrier_gateway.processes import heard_by
from shared.contracts.base import decode
from shared.contracts.directory import CarrierList
from tests.support.carrier_samples import CANARY, OTHER_SECRET, SECRET, sample, samples_of
from tests.support.gateway_caller import NOW, SECRETS, Gateway, courier_event, running_gateway


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    async with running_gateway() as gateway:
        yield gateway


async def health_of(gateway: Gateway, carrier: str = "generic") -> dict[str, Any]:
    listed = (await gateway.client.get("/carriers", params={"health": "true"})).json()["carriers"]
    health: dict[str, Any] = next(entry["health"] for entry in listed if entry["id"] == carrier)
    return health


def metric(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, {"carrier": "generic", "way": "push", **labels}) or 0.0


async def test_a_carrier_nobody_has_heard_of_yet_is_here_and_nothing_more(gateway: Gateway) -> None:
    assert (await health_of(gateway))["push"] == {"where": "here", "unmapped": [], "unmapped_forgotten": 0}


async def test_a_good_push_is_the_last_good_one(gateway: Gateway) -> None:
    gateway.now = NOW + timedelta(minutes=3)
    await gateway.post("generic", courier_event())

    push = (await health_of(gateway))["push"]

    assert push["last_good_at"] == "2026-04-10T12:03:00Z"
    assert push["last_hour"]["results"] == {"good": 1}
    assert metric("otn_carrier_last_good_timestamp_seconds") == gateway.now.timestamp()


async def test_forged_and_malformed_pushes_are_told_apart_and_counted(gateway: Gateway) -> None:
    before = metric("otn_carrier_calls_total", result="not_signed")
    await gateway.post("generic", courier_event())
    await gateway.post("generic", courier_event(), secret=OTHER_SECRET)
    await gateway.post("generic", courier_event(status=3))
    await gateway.post("generic", b"nothing")

    push = (await health_of(gateway))["push"]

    assert push["last_hour"] == {
        "minutes": 60,
        "results": {"good": 1, "not_signed": 1, "malformed": 2},
        "error_rate": 0.75,
    }
    assert {each["field"] for each in push["drift"]["malformed"]} == {"events.*.status", "body"}
    assert metric("otn_carrier_calls_total", result="not_signed") == before + 1


async def test_an_error_answer_that_is_pushed_is_malformed(gateway: Gateway) -> None:
    answer = await gateway.post("dhl", b'{"title": "No result", "status": 404}')

    assert answer.status_code == 422
    assert (await health_of(gateway, "dhl"))["push"]["last_hour"]["results"] == {"malformed": 1}


async def test_a_push_that_the_broker_did_not_take_is_not_good(gateway: Gateway) -> None:
    gateway.publisher.away = True
    await gateway.post("generic", courier_event())

    assert "last_good_at" not in (await health_of(gateway))["push"]


async def test_an_unmapped_code_comes_with_a_sample(gateway: Gateway) -> None:
    await gateway.post("generic", courier_event(status="teleported", text="Delivered to Tomasito"))

    (found,) = (await health_of(gateway))["push"]["unmapped"]

    assert (found["code"], found["count"], found["text"]) == ("teleported", 1, "Delivered to …")


async def test_a_carrier_that_stops_pushing_is_called_silent_until_it_is_back(gateway: Gateway) -> None:
    for _ in range(30):
        gateway.now += timedelta(hours=1)
        await gateway.post("generic", courier_event())
    assert metric("otn_carrier_silent") == 0

    gateway.now += timedelta(days=3)
    silence = (await health_of(gateway))["push"]["silence"]
    assert (silence["alarm"], silence["learnt"], metric("otn_carrier_silent")) == (True, True, 1)

    await gateway.post("generic", courier_event())
    assert not (await health_of(gateway))["push"]["silence"]["alarm"]


async def test_the_directory_stays_what_it_is_for_tracking_whatever_carriers_do(gateway: Gateway) -> None:
    before = await gateway.client.get("/carriers")
    await gateway.post("generic", sample(GENERIC, "unknown_code").payload)
    await gateway.post("generic", b"nothing")

    after = await gateway.client.get("/carriers")
    health = await gateway.client.get("/carriers?health=true", headers={"if-none-match": before.headers["etag"]})

    assert (after.content, after.headers["etag"]) == (before.content, before.headers["etag"])
    assert "health" not in after.text
    assert (health.status_code, health.headers["cache-control"], "etag" in health.headers) == (200, "no-store", False)


async def test_who_knows_only_the_directory_reads_the_answer_with_health_as_well(gateway: Gateway) -> None:
    plain = await gateway.client.get("/carriers")
    health = await gateway.client.get("/carriers?health=true")

    assert decode(CarrierList, health.content) == decode(CarrierList, plain.content)


async def test_what_another_os_process_knows_is_said_to_be_elsewhere() -> None:
    keys = {"CARRIER_DHL_KEY": "the-key"}
    async with running_gateway({**SECRETS, **keys}, (Way.PUSH,)) as api_alone:
        assert (await health_of(api_alone, "dhl"))["poll"]["where"] == "elsewhere"
        assert (await health_of(api_alone, "generic"))["poll"]["where"] == "off", "it cannot be asked"
    async with running_gateway(keys, (Way.PUSH, Way.POLL)) as both:
        assert (await health_of(both, "dhl"))["poll"]["where"] == "here"
        assert (await health_of(both, "dhl"))["push"]["where"] == "off"
        assert (await health_of(both, "ups"))["poll"]["where"] == "off", "it has no key"


def test_parts_of_one_os_process_share_what_they_hear() -> None:
    both = ("api", "poll")

    assert heard_by(both) is heard_by(both)
    assert heard_by(both) is not heard_by(("api",))


async def test_nothing_personal_of_any_sample_shows_on_the_page_or_among_the_metrics(gateway: Gateway) -> None:
    for carrier in CARRIERS:
        for given in samples_of(carrier):
            gateway.now += timedelta(seconds=2)
            await gateway.post(carrier.id, given.payload)
            await gateway.post(carrier.id, given.payload.replace(b'"', b"", 3))

    page = await gateway.client.get("/carriers?health=true")
    metrics = await gateway.client.get("/metrics")

    assert sum(bool(entry["health"]["push"].get("last_good_at")) for entry in page.json()["carriers"]) > 20
    assert CANARY not in page.text.lower()
    assert CANARY not in metrics.text.lower()


async def test_a_field_that_a_carrier_adds_is_named_and_its_value_is_not(gateway: Gateway) -> None:
    for number in range(51):
        gateway.now += timedelta(minutes=1)
        added = {"lockerCode": "4711-canary"} if number == 50 else {}
        event = {**json.loads(courier_event())["events"][0], **added}
        await gateway.post("generic", json.dumps({"events": [event]}).encode())

    drift = (await health_of(gateway))["push"]["drift"]

    assert [(each["field"], each["read"]) for each in drift["changed"]] == [("events.lockerCode", False)]
    assert "4711" not in json.dumps(drift)


async def test_a_secret_is_not_on_the_page(gateway: Gateway) -> None:
    assert SECRET not in (await gateway.client.get("/carriers?health=true")).text
