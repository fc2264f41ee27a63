"""The whole of Hito, run with a buyer and secrets that can be recognised: where they must not be, they are not."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer
from pydantic import SecretStr
from pydantic_settings import BaseSettings

from sandbox.beats import Via
from sandbox.layouts import SMALL_SHOP
from sandbox.world import World
from services.notifier.channels.email_settings import EmailSettings
from services.notifier.channels.sms import TwilioSettings
from services.notifier.channels.sms_http import SmsHttpSettings
from services.notifier.channels.whatsapp import WhatsAppSettings
from services.notifier.channels.whatsapp_twilio import TwilioWhatsAppSettings
from services.notifier.settings import NotifierSettings
from services.tracking.settings import TrackingSettings
from shared.contracts.envelope import Outgoing
from shared.contracts.orders import OrderSnapshot, Shipment
from shared.contracts.topics import SHOP_ORDERS, TOPICS, TRACKING_STEPS
from shared.database import DatabaseSettings
from tests.support.canaries import BUYER, CANARIES, FRIEND
from tests.support.deliveries import order
from tests.support.waiting import until
from tests.support.worlds import a_world

ORDER_ID, REFERENCE = "L-1", "LEAK-0001"
HOLD_CONTACTS = {SHOP_ORDERS.name, TRACKING_STEPS.name}
"""What a shop says of its order, and what a message needs, is in these topics and in their dead letters: in values."""
SETTINGS: tuple[type[BaseSettings], ...] = (
    *(DatabaseSettings, NotifierSettings, TrackingSettings),
    *(EmailSettings, TwilioSettings, SmsHttpSettings, WhatsAppSettings, TwilioWhatsAppSettings),
)


SECRETIVE = re.compile(r"(secret|password|(auth|access|verify)_token)$")


@pytest.fixture(scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> AsyncIterator[World]:
    async with a_world(tmp_path_factory.mktemp("leaks"), request.config, SMALL_SHOP) as running:
        await a_life(running)
        yield running


async def a_life(world: World) -> None:
    """An order with a parcel, its scans with words about the buyer, lies, nonsense and questions."""
    told = order("shipped", 1, order_id=ORDER_ID, buyer=BUYER, recipients=(FRIEND,)).model_dump()
    told["shipments"] = (Shipment(carrier="generic", reference=REFERENCE),)
    snapshot = OrderSnapshot(**{name: told[name] for name in OrderSnapshot.model_fields})
    await world.shop.say([snapshot], Via.HTTP)
    await world.shop.say([snapshot.model_copy(update={"sequence": 2})], Via.KAFKA)
    gateway, tracking, notifier = [world.addresses.url(name) for name in ("gateway", "tracking", "notifier")]
    for body in (b'{"events": [{"reference": "%s"}]}' % CANARIES[1].encode(), CANARIES[0].encode() * 9):
        await world.client.post(f"{gateway}/webhooks/generic", content=body)
    for query in CANARIES:
        headers = {"authorization": f"Bearer {world.system.keys.shop_key}"}
        await world.client.get(f"{tracking}/v1/shops/demo/orders", params={"q": query}, headers=headers)
        await world.client.post(f"{tracking}/v1/shops/demo/orders", json={"order_id": query}, headers=headers)
        await world.client.get(f"{tracking}/t/{query}")
        await world.client.post(f"{notifier}/receipts/twilio", content=query)
    await world.shop.publisher.publish([_nonsense()])
    log = world.providers.accept_log
    await until(lambda: _accepted(log), "the buyer has heard of the order")


def _nonsense() -> Outgoing:
    """A dead letter that names the buyer."""
    value = f'{{"buyer": {{"email": "{BUYER.email}", "phone": "{BUYER.phone}", "name": "{BUYER.name}"}}}}'
    return Outgoing(SHOP_ORDERS.name, b"demo/L-2", value.encode(), [("ce_type", SHOP_ORDERS.event_type.encode())])


async def _accepted(log: Any) -> bool:
    return any(BUYER.email in entry.to for entry in log.read())


def found_in(text: str, words: Iterable[str]) -> list[str]:
    return [word for word in words if word in text]


def secrets_of(world: World) -> list[str]:
    keys = world.system.keys
    ours = [keys.shop_key, keys.ops_key, keys.token_secret, keys.courier_secret, keys.dhl_token, keys.dhl_key]
    providers = [value for name, value in world.around.provider_variables.items() if _is_secret(name)]
    assert providers
    return [*ours, *providers]


def _is_secret(name: str) -> bool:
    return any(part in name for part in ("TOKEN", "SECRET", "PASSWORD", "KEY")) and "TEMPLATES" not in name


async def test_no_log_of_any_process_names_the_buyer_or_a_secret(world: World) -> None:
    logs = {file.name: file.read_text("utf-8") for file in world.logs.iterdir()}
    assert len(logs) >= len(SMALL_SHOP) and all(logs.values())
    for name, text in logs.items():
        assert found_in(text, [*CANARIES, *secrets_of(world)]) == [], name


async def test_no_metric_of_any_process_names_the_buyer_or_a_secret(world: World) -> None:
    for name in world.system.names:
        text = (await world.client.get(f"{world.system.operations_url(name)}/metrics")).text
        assert "otn_" in text
        assert found_in(text, [*CANARIES, *secrets_of(world), ORDER_ID, REFERENCE]) == [], name


def command_lines_of(world: World) -> list[str]:
    pids = [process.pid for process in world.system.processes.values()]
    return [Path(f"/proc/{pid}/cmdline").read_bytes().decode() for pid in pids]


async def test_no_command_line_holds_a_secret(world: World) -> None:
    lines = command_lines_of(world)
    assert all("services." in line for line in lines)
    assert found_in("\n".join(lines), [*secrets_of(world), world.around.notifier_database]) == []


async def test_the_buyer_is_in_no_key_and_no_header_of_any_topic_and_in_values_only_where_a_message_needs_it(
    world: World,
) -> None:
    names = [name for topic in TOPICS for name in (topic.name, topic.dead)]
    read: Counter[str] = Counter()
    for record in await everything_on(names, world):
        read[record.topic] += 1
        assert found_in(repr((record.key, record.headers)), CANARIES) == [], record.topic
        if record.topic.removesuffix(".dead") not in HOLD_CONTACTS:
            assert found_in((record.value or b"").decode(), CANARIES) == [], record.topic
    assert {"shop.orders.v1", "shop.orders.v1.dead", "tracking.steps.v1", "notifier.outcomes.v1"} <= read.keys()


async def everything_on(topics: list[str], world: World) -> list[Any]:
    """All records of these topics, whichever partition they are in."""
    consumer = AIOKafkaConsumer(*topics, bootstrap_servers=world.broker.bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        partitions = consumer.assignment()
        await consumer.seek_to_beginning(*partitions)
        ends = await consumer.end_offsets(partitions)
        waiting = {partition for partition in partitions if ends[partition]}
        records: list[Any] = []
        async with asyncio.timeout(60):
            while waiting:
                for batch in (await consumer.getmany(timeout_ms=500)).values():
                    records.extend(batch)
                waiting = {each for each in waiting if await consumer.position(each) < ends[each]}
        return records
    finally:
        await consumer.stop()


@pytest.mark.parametrize("kind", SETTINGS, ids=lambda kind: kind.__name__)
def test_settings_that_are_printed_show_no_secret(kind: type[BaseSettings]) -> None:
    fields = {name: field.annotation for name, field in kind.model_fields.items()}
    hidden = [name for name, annotation in fields.items() if SecretStr.__name__ in str(annotation)]
    assert [name for name in fields if SECRETIVE.search(name) and name not in hidden] == []
    filled: dict[str, Any] = {name: SecretStr("canary-of-a-secret") for name in hidden}
    shown = kind.model_construct(**filled)
    assert "canary-of-a-secret" not in repr(shown) + str(shown) + str(shown.model_dump())
