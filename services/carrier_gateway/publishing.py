"""The one way from a carrier's events to `carrier.shipments.v1`, for pushes and polls alike.

A fact has the same id whenever and however it arrives, so it may be published again without harm.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol

from shared.contracts.envelope import Outgoing
from shared.contracts.shipments import ShipmentEvent
from shared.contracts.topics import CARRIER_SHIPMENTS
from shared.contracts.vocabulary import Clock, Stage
from shared.failpoints import failpoint
from shared.messaging.traced_sends import publishing
from shared.observability import tracing
from shared.observability.logs import get_logger
from shared.observability.metrics import UNMAPPED_CODES

EARLIEST = timedelta(days=180)
LATEST = timedelta(minutes=10)


class Publishes(Protocol):
    """`shared.messaging.publish.Publisher`, as far as we use it."""

    async def publish(self, messages: Sequence[Outgoing]) -> None:
        """Raises BrokerAway."""


async def announce(publisher: Publishes, events: Sequence[ShipmentEvent], received_at: datetime) -> int:
    """Publish the events, oldest first, and wait for the broker. Answers how many. Raises BrokerAway."""
    if not events:
        return 0
    failpoint("gateway.before_publish")
    with publishing(CARRIER_SHIPMENTS.name, len(events)):
        await publisher.publish([_message(event, received_at) for event in events])
    for event in events:
        if event.stage is Stage.UNKNOWN and event.silent_since is None:
            UNMAPPED_CODES.labels(event.carrier).inc()
            get_logger().warning("code_unmapped", carrier=event.carrier, code=event.carrier_code)
    return len(events)


def _message(event: ShipmentEvent, received_at: datetime) -> Outgoing:
    """Id and envelope time stay those the carrier's own words give: a duplicate must share them."""
    return Outgoing.of(
        CARRIER_SHIPMENTS,
        within_reach(event, received_at),
        key=event.key,
        id=event.event_id,
        time=event.occurred_at,
        source=f"/carriers/{event.carrier}",
        traceparent=tracing.current(),
    )


def within_reach(event: ShipmentEvent, received_at: datetime) -> ShipmentEvent:
    """A time that cannot be true must not decide what came first: it becomes the nearest that can, marked `assumed`.

    At most ten minutes ahead of our clock, at most 180 days behind it; both cut down (to the minute, to the day), so
    that the same message told again is the same message.
    """
    if received_at - EARLIEST <= event.occurred_at <= received_at:
        return event
    latest = (received_at + LATEST).astimezone(UTC).replace(second=0, microsecond=0)
    earliest = (received_at - EARLIEST).astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    possible = min(max(event.occurred_at, earliest), max(latest, received_at))
    if possible == event.occurred_at:
        return event
    return event.model_copy(update={"occurred_at": possible, "clock": Clock.ASSUMED})
