"""A flood of orders and scans, and what three sources say became of it: the ledger, tracking, and the accept log."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import asyncpg

from sandbox.environment import SHOP
from sandbox.world import World
from shared.contracts.envelope import Outgoing
from shared.contracts.orders import Buyer, Consent, Order, Recipient
from shared.contracts.vocabulary import Channel
from tests.bench.tracking.addresses import plain_address
from tests.bench.tracking.workload import make_workload

EVENTS_AN_ORDER = 10
"""An order, eight scans of its parcel, and what comes twice or in a second parcel."""
PUBLISHED_AT_ONCE = 500
PUBLISHED_WITHIN = timedelta(minutes=3)
"""A broker on a busy machine."""
ASKED_AT_ONCE = 8
LOOK_PAUSE = timedelta(seconds=1)


class Told(NamedTuple):
    """One recipient of one step on one channel. `parcel` is empty where the step speaks of none."""

    order_id: str
    step: str
    occurrence: str
    parcel: str
    recipient: str
    channel: str


@dataclass(frozen=True)
class Flood:
    """`roles` are the recipients of each order."""

    orders: Sequence[Outgoing]
    scans: Sequence[Outgoing]
    roles: Mapping[str, tuple[str, ...]]

    @property
    def events(self) -> int:
        return len(self.orders) + len(self.scans)


def make_flood(events: int, now: datetime) -> Flood:
    """About so many events. Every fourth order has a second recipient; buyers differ in how they can be reached."""
    work = make_workload(max(1, events // EVENTS_AN_ORDER), now)
    orders, roles = [], {}
    for number, message in enumerate(work.orders):
        order = Order.model_validate_json(message.value or b"")
        others = (Recipient(name="Tomás", phone=f"+347{number:08}"),) if number % 4 == 0 else ()
        changed = order.model_copy(update={"buyer": _buyer(number), "recipients": others})
        orders.append(replace(message, value=changed.to_json()))
        roles[order.order_id] = ("buyer", *(other.role for other in others))
    return Flood(orders, work.scans, roles)


def _buyer(number: int) -> Buyer:
    name, email, phone = f"Lucía {number}", f"lucia.{number}@example.com", f"+346{number:08}"
    match number % 4:
        case 0:
            return Buyer(name=name, email=email, locale="es-ES")
        case 1:
            return Buyer(name=name, phone=phone, locale="es-AR")
        case 2:
            return Buyer(name=name, phone=phone, consents=(Consent(channel=Channel.WHATSAPP),))
        case _:
            return Buyer(name=name, email=email, phone=phone, locale="en")


async def pour(world: World, flood: Flood) -> None:
    """Onto the topics, the orders first."""
    messages = [*flood.orders, *flood.scans]
    for first in range(0, len(messages), PUBLISHED_AT_ONCE):
        await world.shop.publisher.publish(messages[first : first + PUBLISHED_AT_ONCE], PUBLISHED_WITHIN)


async def until_it_has_run_off(world: World, deadline: timedelta) -> None:
    """Everything is taken in, and no message waits or is under way, whatever it was held back for."""
    async with asyncio.timeout(deadline.total_seconds()):
        while True:
            await world.stillness.until_quiet(deadline)
            (waiting,) = await rows(
                world.around.notifier_database,
                "SELECT count(*) AS n FROM messages WHERE state IN ('planned', 'frozen', 'claimed', 'in_flight')",
            )
            if not waiting["n"]:
                return
            await asyncio.sleep(LOOK_PAUSE.total_seconds())


async def rows(url: str, sql: str) -> Sequence[Mapping[str, Any]]:
    connection = await asyncpg.connect(plain_address(url))
    try:
        found: list[Mapping[str, Any]] = await connection.fetch(sql)
    finally:
        await connection.close()
    return found


async def expected_of(world: World, flood: Flood) -> Iterator[Told]:
    """Every step that tracking announced, for each recipient of its order on each channel of the shop."""
    steps = await rows(world.around.tracking_database, "SELECT order_id, step, occurrence, parcel FROM steps")
    return (
        Told(step["order_id"], step["step"], step["occurrence"], step["parcel"], role, channel.value)
        for step in steps
        for role in flood.roles[step["order_id"]]
        for channel in Channel
    )


async def why_of_all(world: World, order_ids: Sequence[str]) -> dict[str, Any]:
    """`/why` of each order, one call each."""
    waiting = iter(order_ids)
    answers: dict[str, Any] = {}

    async def ask_on() -> None:
        for order_id in waiting:
            answers[order_id] = await _why(world, order_id)

    await asyncio.gather(*(ask_on() for _ in range(ASKED_AT_ONCE)))
    return answers


async def _why(world: World, order_id: str) -> Any:
    url = f"{world.addresses.url('tracking')}/v1/shops/{SHOP}/orders/{order_id}/why"
    answer = await world.client.get(url, headers={"authorization": f"Bearer {world.system.keys.shop_key}"})
    assert answer.status_code == 200, answer.text
    return answer.json()
