"""A simulated shop: tells of its orders in every form that is open to it, by HTTP or straight onto Kafka."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx

from sandbox.beats import Via
from sandbox.calls import post_until_taken
from shared.contracts.base import rfc3339
from shared.contracts.envelope import BATCH, STRUCTURED, Outgoing
from shared.contracts.orders import Order, OrderSnapshot
from shared.contracts.topics import SHOP_ORDERS
from shared.messaging.publish import Publisher


@dataclass(frozen=True)
class ShopFront:
    """One shop's backend."""

    client: httpx.AsyncClient
    tracking_url: str
    shop: str
    api_key: str
    publisher: Publisher

    async def say(self, snapshots: Sequence[OrderSnapshot], via: Via) -> None:
        """Publish the snapshots; a form that holds one order is used once for each. Raises NotTaken or BrokerAway."""
        match via:
            case Via.HTTP:
                for snapshot in snapshots:
                    await self._post(_plain(snapshot), "application/json")
            case Via.LIST:
                await self._post([_plain(snapshot) for snapshot in snapshots], "application/json")
            case Via.STRUCTURED:
                for snapshot in snapshots:
                    await self._post(self._event(snapshot), STRUCTURED)
            case Via.BATCH:
                await self._post([self._event(snapshot) for snapshot in snapshots], BATCH)
            case Via.KAFKA:
                await self.publisher.publish([self._message(snapshot) for snapshot in snapshots])

    async def _post(self, value: Any, content_type: str) -> None:
        headers = {"authorization": f"Bearer {self.api_key}", "content-type": content_type}
        url = f"{self.tracking_url}/v1/shops/{self.shop}/orders"
        await post_until_taken(self.client, url, json.dumps(value).encode(), headers)

    def _event(self, snapshot: OrderSnapshot) -> dict[str, Any]:
        """A CloudEvent in the structured form; its id says which change of which order this is."""
        return {
            "specversion": "1.0",
            "id": f"{snapshot.order_id}-{snapshot.sequence}",
            "source": f"/shops/{self.shop}",
            "type": SHOP_ORDERS.event_type,
            "time": rfc3339(datetime.now(UTC)),
            "datacontenttype": "application/json",
            "data": _plain(snapshot),
        }

    def _message(self, snapshot: OrderSnapshot) -> Outgoing:
        order = Order(shop=self.shop, **{name: getattr(snapshot, name) for name in OrderSnapshot.model_fields})
        return Outgoing.of(
            SHOP_ORDERS,
            order,
            key=order.key,
            id=order.event_id,
            time=datetime.now(UTC),
            source=f"/shops/{self.shop}",
        )


def _plain(snapshot: OrderSnapshot) -> Any:
    return json.loads(snapshot.to_json())
