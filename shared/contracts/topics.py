"""The one table of who says what to whom, under which key and for how long.

Compose, Kubernetes, the sandbox and tests read it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from shared.contracts.base import Contract
from shared.contracts.erasures import ContactErased, ErasureRequested
from shared.contracts.orders import Order
from shared.contracts.outcomes import MessageOutcome
from shared.contracts.polls import Poll
from shared.contracts.shipments import ShipmentEvent
from shared.contracts.steps import StepReached
from shared.contracts.watches import Watch


@dataclass(frozen=True)
class Topic:
    """One Kafka topic. `event_type` is the CloudEvents type of its only kind of message."""

    name: str
    event_type: str
    model: type[Contract]
    key: str
    producers: tuple[str, ...]
    consumers: tuple[str, ...]
    retention: timedelta | None
    """None: compacted, the newest value of each key is kept for good."""
    partitions: int = 12

    @property
    def dead(self) -> str:
        """Where messages go that could not be taken in, bytes untouched."""
        return f"{self.name}.dead"


SHOP_ORDERS = Topic(
    name="shop.orders.v1",
    event_type="hito.order.v1",
    model=Order,
    key="shop/order",
    producers=("shop", "tracking"),
    consumers=("tracking",),
    retention=timedelta(days=7),
)
CARRIER_SHIPMENTS = Topic(
    name="carrier.shipments.v1",
    event_type="hito.shipment.v1",
    model=ShipmentEvent,
    key="carrier/reference",
    producers=("carrier_gateway",),
    consumers=("tracking",),
    retention=timedelta(days=7),
)
TRACKING_WATCHES = Topic(
    name="tracking.watches.v1",
    event_type="hito.watch.v1",
    model=Watch,
    key="carrier/reference",
    producers=("tracking",),
    consumers=("carrier_gateway",),
    retention=None,
)
GATEWAY_POLLS = Topic(
    name="gateway.polls.v1",
    event_type="hito.poll.v1",
    model=Poll,
    key="carrier/reference",
    producers=("carrier_gateway",),
    consumers=("carrier_gateway",),
    retention=None,
)
"""Has as many partitions as the watches: who holds one holds the other."""
TRACKING_STEPS = Topic(
    name="tracking.steps.v1",
    event_type="hito.step.v1",
    model=StepReached,
    key="shop/order",
    producers=("tracking",),
    consumers=("notifier",),
    retention=timedelta(days=7),
)
NOTIFIER_OUTCOMES = Topic(
    name="notifier.outcomes.v1",
    event_type="hito.outcome.v1",
    model=MessageOutcome,
    key="shop/order",
    producers=("notifier",),
    consumers=("tracking",),
    retention=timedelta(days=7),
)
TRACKING_ERASURES = Topic(
    name="tracking.erasures.v1",
    event_type="hito.erasure.v1",
    model=ErasureRequested,
    key="shop/order",
    producers=("tracking",),
    consumers=("tracking", "notifier"),
    retention=None,
)
NOTIFIER_ERASURES = Topic(
    name="notifier.erasures.v1",
    event_type="hito.erased.v1",
    model=ContactErased,
    key="shop/order",
    producers=("notifier",),
    consumers=("tracking",),
    retention=None,
)

TOPICS = (
    SHOP_ORDERS,
    CARRIER_SHIPMENTS,
    TRACKING_WATCHES,
    GATEWAY_POLLS,
    TRACKING_STEPS,
    NOTIFIER_OUTCOMES,
    TRACKING_ERASURES,
    NOTIFIER_ERASURES,
)
SEGMENT = timedelta(days=1)
"""Kafka deletes whole segments: a message may outlive its topic's retention by as much as this."""
DEAD_RETENTION = timedelta(days=30)
DEAD_PARTITIONS = 3
