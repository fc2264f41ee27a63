"""One delivered order as support would look it up, taken in by the real consumer with what became of its messages."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from shared.contracts.envelope import Outgoing
from shared.contracts.orders import Order
from shared.contracts.outcomes import MessageOutcome
from shared.contracts.shipments import ShipmentEvent
from shared.contracts.topics import CARRIER_SHIPMENTS, NOTIFIER_OUTCOMES, SHOP_ORDERS
from shared.contracts.vocabulary import Channel, Step, Verdict
from tests.bench.tracking.addresses import plain_address
from tests.bench.tracking.contender import Failed, running
from tests.bench.tracking.ground import EMPTY, Ground
from tests.bench.tracking.many_orders import TEMPLATE
from tests.bench.tracking.workload import CARRIER, SHOP, SOURCE, journey, order_id_of, order_of, reference_of

NAME = "hito_template"
TAKEN_IN_WITHIN = timedelta(seconds=30)
ASK_PAUSE = timedelta(milliseconds=200)
TOLD = (Step.ORDER_CONFIRMED, Step.SHIPPED, Step.OUT_FOR_DELIVERY, Step.DELIVERED)
CHANNELS = (Channel.EMAIL, Channel.WHATSAPP)
_TAKEN_IN = f"""
SELECT count(*) = {len(TOLD) * len(CHANNELS)} AND (SELECT bool_and(state = 'delivered') FROM orders) FROM messages
"""


async def take_in_template(ground: Ground, now: datetime) -> str:
    """A database with this one order; answers its name."""
    messages = [_message(fact) for fact in template_facts(now)]
    url = await ground.fresh_copy(NAME, EMPTY)
    environment = ground.tracking_environment("consume", url)
    await ground.publish(messages)
    async with running("services.tracking", "consume", environment=environment, log=ground.folder / "template.log"):
        await _until_taken_in(url)
    return NAME


def template_facts(now: datetime) -> Iterator[Order | ShipmentEvent | MessageOutcome]:
    """The order, its scans, and both messages of each step, delivered. All of it happened before `now`."""
    placed_at = (now - timedelta(days=6)).replace(microsecond=0)
    yield order_of(TEMPLATE, placed_at, parcels=1)
    yield from journey(reference_of(TEMPLATE), placed_at, random.Random(1))
    for nth, (step, channel) in enumerate((step, channel) for step in TOLD for channel in CHANNELS):
        yield MessageOutcome(
            shop=SHOP,
            order_id=order_id_of(TEMPLATE),
            message=UUID(int=nth + 1),
            step=step,
            parcel=f"{CARRIER}/{reference_of(TEMPLATE)}" if step.about_parcel else None,
            recipient="buyer",
            channel=channel,
            verdict=Verdict.DELIVERED,
            reason="the provider says it was delivered",
            occurred_at=placed_at + timedelta(days=4),
            language="es",
            provider="bench",
        )


def _message(fact: Order | ShipmentEvent | MessageOutcome) -> Outgoing:
    match fact:
        case Order():
            topic, at = SHOP_ORDERS, fact.placed_at
        case ShipmentEvent():
            topic, at = CARRIER_SHIPMENTS, fact.occurred_at
        case MessageOutcome():
            topic, at = NOTIFIER_OUTCOMES, fact.occurred_at
    return Outgoing.of(topic, fact, key=fact.key, id=fact.event_id, time=at, source=SOURCE)


async def _until_taken_in(url: str) -> None:
    connection = await asyncpg.connect(plain_address(url))
    try:
        async with asyncio.timeout(TAKEN_IN_WITHIN.total_seconds()):
            while True:
                await asyncio.sleep(ASK_PAUSE.total_seconds())
                if await connection.fetchval(_TAKEN_IN):
                    return
    except TimeoutError as error:
        raise Failed("the order to be copied was not taken in") from error
    finally:
        await connection.close()
