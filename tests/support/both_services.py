"""Tracking and the notifier side by side on one broker: their consumers and relays as their processes run them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx

from sandbox.backends.servers import Broker
from services.notifier.intake import Planner
from services.notifier.intake import intake as notifier_intake
from services.tracking.api.state import ApiState
from services.tracking.intake import intake as tracking_intake
from services.tracking.processes import api_app
from shared.api_keys import Keys
from shared.contracts.vocabulary import Channel
from shared.database import Database
from shared.messaging.consume import Consumer, Intake
from shared.messaging.outbox import Relay
from shared.messaging.publish import Publisher, open_publisher
from shared.messaging.subscription import Subscription
from shared.messaging.topics import create_topics
from shared.processes import Runtime
from shared.shops import Shops
from tests.support.api_keys import entry, ops_entry
from tests.support.consuming import connected
from tests.support.notifier_world import DEMO, now
from tests.support.tracking_api import KEY, NO_BROKER, OPS_KEY, OTHER_KEY
from tests.support.tracking_world import FARO, OTHER, announcer_for
from tests.support.waiting import until

DRAIN_SECONDS = 20


@dataclass
class BothServices:
    """`shop` is the demo shop's own view of tracking's API."""

    broker: Broker
    publisher: Publisher
    shop: httpx.AsyncClient
    stack: AsyncExitStack

    async def run_tracking(self, database: Database) -> None:
        """A consumer of a group of its own, so from the beginning of every topic, and a relay."""
        await self._run("tracking", database, tracking_intake(announcer_for(FARO, OTHER)))

    async def run_notifier(self, database: Database) -> None:
        planner = Planner(Shops({"demo": DEMO}), frozenset(Channel), now)
        await self._run("notifier", database, notifier_intake(planner))

    async def _run(self, service: str, database: Database, intake: Intake) -> None:
        group = f"{service}-{uuid4().hex}"
        subscription = Subscription(
            self.broker.bootstrap, group, intake.topics, f"test-{service}", self.broker.shortest_session
        )
        runtime = Runtime(service, ("consume", "relay"))
        await self._start(Consumer(intake, subscription, database, runtime).run, runtime)
        await self._start(Relay(database, self.publisher, runtime).run, runtime)

    async def _start(self, process: Callable[[], Coroutine[Any, Any, None]], runtime: Runtime) -> None:
        task = asyncio.create_task(process())

        async def stop() -> None:
            runtime.stop.set()
            await asyncio.wait_for(task, DRAIN_SECONDS)

        self.stack.push_async_callback(stop)


@asynccontextmanager
async def both_services(broker: Broker, tracking: Database, notifier: Database) -> AsyncIterator[BothServices]:
    await create_topics(broker.bootstrap, 2)
    async with AsyncExitStack() as stack:
        publisher = await stack.enter_async_context(
            open_publisher(broker.bootstrap, idempotence=broker.supports_idempotence, client_id="test-producer")
        )
        await until(lambda: connected(publisher), "the producer is connected")
        shops = {"demo": (entry(KEY),), "other": (entry(OTHER_KEY),)}
        keys = Keys(shops, (ops_entry(OPS_KEY),), lambda: datetime.now(UTC))
        state = ApiState(tracking, publisher, announcer_for(FARO, OTHER), keys, NO_BROKER)
        app = api_app(Runtime("tracking", ("api",)), state)
        shop = await stack.enter_async_context(
            httpx.AsyncClient(
                transport=httpx.ASGITransport(app=app),
                base_url="http://tracking.test/v1/shops/demo/",
                headers={"authorization": f"Bearer {KEY}"},
            )
        )
        services = BothServices(broker, publisher, shop, stack)
        await services.run_tracking(tracking)
        await services.run_notifier(notifier)
        yield services
