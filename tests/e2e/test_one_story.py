"""A webhook, the message it leads to and what became of that are one story, through every process and topic."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import httpx
from opentelemetry.sdk.trace import ReadableSpan

from sandbox.backends.servers import Broker
from services.carrier_gateway.carriers.generic import GENERIC
from services.carrier_gateway.health.heard import Heard
from services.carrier_gateway.health.record import Way
from services.carrier_gateway.settings import read_access
from services.carrier_gateway.webhooks import create_gateway
from shared.contracts.orders import OrderSnapshot
from shared.database import Database
from shared.health import Health
from shared.messaging.publish import Publisher
from tests.support.both_services import BothServices, both_services
from tests.support.carrier_samples import SECRET
from tests.support.deliveries import order
from tests.support.gateway_caller import SECRETS, courier_event
from tests.support.notifier_world import BY_MAIL, Notifier, now
from tests.support.recorded_spans import RecordedSpans, names, recorded_spans
from tests.support.waiting import until

STORY = [
    "send smtp",
    "process tracking.steps.v1",
    "create tracking.steps.v1",
    "process carrier.shipments.v1",
    "send carrier.shipments.v1",
    "POST /webhooks/{carrier}",
]


@asynccontextmanager
async def gateway(publisher: Publisher) -> AsyncIterator[httpx.AsyncClient]:
    app = create_gateway(publisher, read_access(SECRETS), Health(), now, Heard(now, (Way.PUSH,)))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://gateway") as client:
        yield client


async def order_is_known(services: BothServices, order_id: str, reference: str) -> None:
    told = order(order_id=order_id, parcels=[("generic", reference)], buyer=BY_MAIL, placed_at=now())
    body = told.model_dump(mode="json", include=set(OrderSnapshot.model_fields))
    assert (await services.shop.post("orders", json=body)).status_code == 202

    async def known() -> bool:
        return (await services.shop.get(f"orders/{order_id}")).status_code == 200

    await until(known, "tracking knows the order")


async def courier_says(publisher: Publisher, reference: str) -> None:
    body = courier_event(reference=reference, status="out_for_delivery", occurred_at=now().isoformat())
    signed = GENERIC.signature.sign(body, SECRET, "msg_1", now())
    async with gateway(publisher) as carrier:
        answer = await carrier.post("/webhooks/generic", content=body, headers={**signed, "traceparent": FROM_OUTSIDE})
    assert answer.status_code == 202, answer.text


FROM_OUTSIDE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"


async def told_of(recorded: RecordedSpans, notifier: Notifier) -> ReadableSpan:
    """The accepted attempt of the message that the courier's word led to."""

    async def accepted() -> list[ReadableSpan]:
        await notifier.send_what_is_due()
        attempts = recorded.named("send smtp", outcome_class="accepted")
        return [one for one in attempts if names(recorded.back_from(one))[-1] == STORY[-1]]

    (attempt,) = await until(accepted, "the courier's word has reached the buyer, and its span the beginning")
    return attempt


async def test_from_the_providers_yes_back_to_the_webhook(
    broker: Broker, tracking_database: Database, notifier: Notifier
) -> None:
    order_id, reference = f"S-{uuid4().hex}", f"F-{uuid4().hex}"
    with recorded_spans() as recorded:
        async with both_services(broker, tracking_database, notifier.database) as services:
            await order_is_known(services, order_id, reference)
            await courier_says(services.publisher, reference)
            attempt = await told_of(recorded, notifier)
            story = recorded.back_from(attempt)

            async def came_back() -> bool:
                found = recorded.named("process notifier.outcomes.v1", result="applied")
                return any(recorded.back_from(one)[-1] is story[-1] for one in found)

            await until(came_back, "tracking has heard in the same story what became of the message")

    assert names(story) == STORY
    assert len({span.context.trace_id for span in story if span.context}) == 1
    assert "send outbox of tracking" in recorded.linking_to(story[2]), "the relay says whose words it carries"
    assert "process tracking" in recorded.linking_to(story[4]), "so does the batch"
    assert [f"{link.context.trace_id:032x}" for link in story[-1].links] == [FROM_OUTSIDE.split("-")[1]]

    said = " ".join(f"{span.name} {dict(span.attributes or {})} {span.status.description}" for span in recorded.all)
    for secret in (order_id, reference, "lucia", "Lucía", "600000001"):
        assert secret not in said
