"""One delivered order as support would look it up, taken in by the real consumer with what became of its messages."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg

from shared.contracts.envelope import Outgoing
from shared.contracts.outcomes import MessageOutcome
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


async def take_in_template(ground: Ground, now: datetime) -> str:
    """A database with this one order; answers its name."""
    messages = [*_order_and_scans(now - timedelta(days=6)), *_outcomes(now - timedelta(days=2))]
    url = await ground.fresh_copy(NAME, EMPTY)
    environment = ground.tracking_environment("consume", url)
    await ground.publish(messages)
    async with running("services.tracking", "consume", environment=environment, log=ground.folder / "template.log"):
        await _until_in_inbox(url, len(messages))
    return NAME


def _order_and_scans(placed_at: datetime) -> Iterator[Outgoing]:
    placed_at = placed_at.replace(microsecond=0)
    order = order_of(TEMPLATE, placed_at, parcels=1)
    yield Outgoing.of(SHOP_ORDERS, order, key=order.key, id=order.event_id, time=placed_at, source=SOURCE)
    for event in journey(reference_of(TEMPLATE), placed_at, random.Random(1)):
        yield Outgoing.of(
            CARRIER_SHIPMENTS, event, key=event.key, id=event.event_id, time=event.occurred_at, source=SOURCE
        )


def _outcomes(at: datetime) -> Iterator[Outgoing]:
    """Both messages of each step, delivered."""
    for nth, (step, channel) in enumerate((step, channel) for step in TOLD for channel in CHANNELS):
        outcome = MessageOutcome(
            shop=SHOP,
            order_id=order_id_of(TEMPLATE),
            message=UUID(int=nth + 1),
            step=step,
            parcel=f"{CARRIER}/{reference_of(TEMPLATE)}" if step.about_parcel else None,
            recipient="buyer",
            channel=channel,
            verdict=Verdict.DELIVERED,
            reason="the provider says it was delivered",
            occurred_at=at.astimezone(UTC),
            language="es",
            provider="bench",
        )
        yield Outgoing.of(NOTIFIER_OUTCOMES, outcome, key=outcome.key, id=outcome.event_id, time=at, source=SOURCE)


async def _until_in_inbox(url: str, count: int) -> None:
    connection = await asyncpg.connect(plain_address(url))
    try:
        async with asyncio.timeout(TAKEN_IN_WITHIN.total_seconds()):
            while True:
                await asyncio.sleep(ASK_PAUSE.total_seconds())
                if await connection.fetchval("SELECT count(*) FROM inbox") >= count:
                    return
    except TimeoutError as error:
        raise Failed("the order to be copied was not taken in") from error
    finally:
        await connection.close()
