"""How a fact of the load travels: a record for Kafka, or a call of the orders' API or of the courier's webhook."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal

from shared.contracts.base import rfc3339
from shared.contracts.envelope import STRUCTURED, Outgoing
from shared.contracts.orders import Order
from shared.contracts.shipments import ShipmentEvent
from shared.contracts.topics import CARRIER_SHIPMENTS, SHOP_ORDERS
from tests.load.orders import Fact, snapshot_of

Kind = Literal["order", "scan", "corrupt", "foreign"]
SOURCE = "/load"


@dataclass(frozen=True)
class Call:
    """`path` at the service's address. A webhook is signed when it leaves: its signature holds the time."""

    service: Literal["tracking", "gateway"]
    path: str
    content_type: str
    body: bytes


@dataclass(frozen=True)
class Sending:
    """One thing to send. `wave`: all of one wave may be on their way at once; `n` is unique in the whole load."""

    n: int
    wave: int
    kind: Kind
    letter: Outgoing | Call
    shop: str | None = None
    order: str | None = None
    carrier: str | None = None
    reference: str | None = None
    event_id: str | None = None
    payload: Any = None
    repeat_of: int | None = None

    def line(self, at: str, status: int | str, partition: int | None, offset: int | None) -> dict[str, Any]:
        """As it goes to `sent.jsonl`."""
        by_topic = isinstance(self.letter, Outgoing)
        return {
            "n": self.n,
            "at": at,
            "kind": self.kind,
            "topic": self.letter.topic if isinstance(self.letter, Outgoing) else None,
            "url": None if isinstance(self.letter, Outgoing) else self.letter.path,
            **{name: getattr(self, name) for name in ("shop", "order", "carrier", "reference", "event_id")},
            "payload": self.payload,
            "repeat_of": self.repeat_of,
            "status": status,
            **({"partition": partition, "offset": offset} if by_topic else {}),
        }


def record(fact: Fact, delivery: str = "") -> Outgoing:
    """`delivery`: a snapshot under an event id of its own, although it says what was said before."""
    says = fact.says
    if isinstance(says, ShipmentEvent):
        return Outgoing.of(CARRIER_SHIPMENTS, says, key=says.key, id=says.event_id, time=fact.at, source=SOURCE)
    whole = Outgoing.of(SHOP_ORDERS, says, key=says.key, id=says.event_id, time=fact.at, source=SOURCE)
    renamed = [(name, _cloud_id(says, delivery).encode() if name == "ce_id" else raw) for name, raw in whole.headers]
    return Outgoing(whole.topic, whole.key, whole.value, renamed) if delivery else whole


def call(fact: Fact, delivery: str = "") -> Call:
    says = fact.says
    if isinstance(says, ShipmentEvent):
        body = json.dumps({"events": [_courier_event(says)]}, ensure_ascii=False).encode()
        return Call("gateway", "/webhooks/generic", "application/json", body)
    event = {
        "specversion": "1.0",
        "id": _cloud_id(says, delivery),
        "source": SOURCE,
        "type": SHOP_ORDERS.event_type,
        "time": rfc3339(fact.at),
        "data": snapshot_of(says),
    }
    return Call("tracking", f"/v1/shops/{says.shop}/orders", STRUCTURED, json.dumps(event).encode())


def _cloud_id(order: Order, delivery: str) -> str:
    return f"{order.order_id}-{order.sequence}{delivery}"


def _courier_event(scan: ShipmentEvent) -> dict[str, Any]:
    """As docs/carriers/generic.md has it."""
    told = json.loads(scan.to_json())
    names = ("reference", "occurred_at", "condition", "delivered_to", "location", "eta")
    return {"status": scan.stage.value, **{name: told[name] for name in names if name in told}}
