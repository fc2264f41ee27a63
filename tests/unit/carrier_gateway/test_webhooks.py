from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from services.carrier_gateway.carriers import CARRIERS
from services.carrier_gateway.carriers.dhl import DHL, TOKEN_HEADER
from services.carrier_gateway.carriers.generic import GENERIC
from shared.contracts.directory import CarrierList
from shared.contracts.topics import CARRIER_SHIPMENTS
from shared.observability.metrics import UNMAPPED_CODES
from tests.support.carrier_samples import OTHER_SECRET, SECRET, sample
from tests.support.gateway_caller import Gateway, courier_event, running_gateway


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    async with running_gateway() as gateway:
        yield gateway


async def test_a_signed_webhook_is_answered_202_after_its_events_are_with_the_broker(gateway: Gateway) -> None:
    given = sample(GENERIC, "day_of_delivery")

    answer = await gateway.post("generic", given.payload)

    assert (answer.status_code, answer.json()) == (202, {"accepted": 5})
    assert [event.to_json().decode() for event in gateway.publisher.shipment_events] == given.expected


async def test_events_travel_under_the_parcels_key_as_cloudevents(gateway: Gateway) -> None:
    await gateway.post("generic", courier_event(reference="F/1"))

    (message,), (envelope,), (event,) = (
        gateway.publisher.messages,
        gateway.publisher.envelopes,
        gateway.publisher.shipment_events,
    )
    assert (message.topic, message.key) == (CARRIER_SHIPMENTS.name, b"generic/F/1")
    assert (envelope.id, envelope.time) == (event.event_id, event.occurred_at)
    assert (envelope.type, envelope.source, envelope.subject) == ("hito.shipment.v1", "/carriers/generic", None)
    assert envelope.traceparent is not None


async def test_the_trace_of_the_caller_is_carried_on(gateway: Gateway) -> None:
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"

    await gateway.post("generic", courier_event(), {"traceparent": f"00-{trace}-00f067aa0ba902b7-01"})

    assert trace in (gateway.publisher.envelopes[0].traceparent or "")


async def test_dhl_proves_itself_with_the_header_we_document(gateway: Gateway) -> None:
    given = sample(DHL, "out_for_delivery_pushed")

    answer = await gateway.client.post("/webhooks/dhl", content=given.payload, headers={TOKEN_HEADER: SECRET})

    assert (answer.status_code, answer.json()) == (202, {"accepted": 4})


async def test_a_dhl_message_about_the_subscription_is_taken_and_holds_no_events(gateway: Gateway) -> None:
    answer = await gateway.post("dhl", sample(DHL, "subscription_created").payload)

    assert (answer.status_code, answer.json()) == (202, {"accepted": 0})
    assert gateway.publisher.messages == []


async def test_while_a_secret_is_rotated_both_are_accepted() -> None:
    async with running_gateway({"CARRIER_GENERIC_SECRET": f"{OTHER_SECRET}, {SECRET}"}) as gateway:
        assert (await gateway.post("generic", courier_event(), secret=SECRET)).status_code == 202
        assert (await gateway.post("generic", courier_event(), secret=OTHER_SECRET)).status_code == 202


async def test_a_replayed_webhook_is_202_and_carries_the_same_ids(gateway: Gateway) -> None:
    answers = [await gateway.post("generic", courier_event()) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [202, 202]
    first, second = gateway.publisher.envelopes
    assert (first.id, first.time) == (second.id, second.time)


async def test_a_status_nobody_knows_is_published_as_unknown_and_counted(gateway: Gateway) -> None:
    counted = UNMAPPED_CODES.labels("generic")
    before = counted._value.get()

    answer = await gateway.post("generic", sample(GENERIC, "unknown_code").payload)

    assert answer.status_code == 202
    assert {event.stage for event in gateway.publisher.shipment_events} == {"unknown"}
    assert counted._value.get() == before + 2


async def test_the_directory_lists_every_carrier_with_its_links(gateway: Gateway) -> None:
    answer = await gateway.client.get("/carriers")

    listed = {entry.id: entry for entry in CarrierList.model_validate_json(answer.content).carriers}
    assert set(listed) == {carrier.id for carrier in CARRIERS}
    assert listed["dhl"].polled
    assert all("{reference}" in link.template for link in listed["dhl"].links)
    assert not any(phone.confirmed for phone in listed["dhl"].phones)


async def test_the_directory_is_not_sent_again_to_whoever_has_it(gateway: Gateway) -> None:
    first = await gateway.client.get("/carriers")

    second = await gateway.client.get("/carriers", headers={"if-none-match": f'W/"old", {first.headers["etag"]}'})

    assert "max-age" in first.headers["cache-control"]
    assert (second.status_code, second.content) == (304, b"")
    assert (await gateway.client.get("/carriers", headers={"if-none-match": '"old"'})).status_code == 200
