"""Tracking's HTTP side as shops and operators call it, with a broker that records and can be taken away."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

import httpx

from services.tracking.api.state import ApiState
from services.tracking.processes import api_app
from shared.api_keys import Keys
from shared.contracts.envelope import Envelope
from shared.contracts.orders import Order
from shared.contracts.topics import SHOP_ORDERS
from shared.key_entries import Scope
from shared.messaging.group_lag import GroupLag
from shared.messaging.inbox import Delivery, digest_of
from shared.messaging.publish import Publisher
from shared.processes import Runtime
from tests.support.api_keys import entry, ops_entry
from tests.support.deliveries import at
from tests.support.recording_publisher import RecordingPublisher
from tests.support.tracking_world import Tracking

FRIDAY = at(6)
KEY, NEW_KEY, READ_KEY, OTHER_KEY, OPS_KEY = (
    "demo-key-0123456789abc",
    "demo-key-rotated-98765",
    "demo-key-that-only-reads",
    "other-key-012345678",
    "ops-key-0123456789abcd",
)

NO_BROKER = GroupLag("127.0.0.1:9", "tracking", (SHOP_ORDERS,))
"""Nobody listens on the port for discarding."""


@dataclass
class Api:
    tracking: Tracking
    broker: RecordingPublisher = field(default_factory=RecordingPublisher)
    group_lag: GroupLag = NO_BROKER
    runtime: Runtime = field(default_factory=lambda: Runtime("tracking", ("api",)))
    now: datetime = FRIDAY
    """What the clock shows by which keys are judged."""

    def __post_init__(self) -> None:
        demo = (entry(KEY), entry(NEW_KEY, name="new"), entry(READ_KEY, Scope.ORDERS_READ, name="reads"))
        keys = Keys({"demo": demo, "other": (entry(OTHER_KEY),)}, (ops_entry(OPS_KEY),), lambda: self.now)
        publisher = cast("Publisher", self.broker)
        state = ApiState(self.tracking.database, publisher, self.tracking.announcer, keys, self.group_lag)
        self.app = api_app(self.runtime, state)
        self.client = httpx.AsyncClient(transport=httpx.ASGITransport(app=self.app), base_url="http://tracking.test")

    async def post(
        self,
        body: Any = None,
        *,
        shop: str = "demo",
        key: str | None = KEY,
        kind: str = "application/json",
        raw: bytes = b"",
    ) -> httpx.Response:
        headers = {"content-type": kind} | ({"authorization": f"Bearer {key}"} if key else {})
        if body is None:
            return await self.client.post(f"/v1/shops/{shop}/orders", content=raw, headers=headers)
        return await self.client.post(f"/v1/shops/{shop}/orders", json=body, headers=headers)

    async def get(self, path: str, key: str | None = KEY, **query: Any) -> httpx.Response:
        headers = {"authorization": f"Bearer {key}"} if key else {}
        return await self.client.get(path, params=query, headers=headers)

    async def ask(self, path: str, key: str = KEY, **query: Any) -> Any:
        """The answer of a call that must succeed."""
        answer = await self.get(path, key, **query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def take_in_what_was_published(self) -> list[str]:
        """What the consumer would do with the messages that the broker has."""
        messages, self.broker.messages = self.broker.messages, []
        return await self.tracking.tell(
            *(
                Delivery(
                    item.topic,
                    0,
                    nth,
                    Envelope.from_headers(item.headers),
                    Order.model_validate_json(item.value or b""),
                    digest_of(item.value or b""),
                )
                for nth, item in enumerate(messages)
                if item.topic == SHOP_ORDERS.name
            )
        )
