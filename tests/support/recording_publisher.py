"""The broker as a test sees it: what was published, and a switch that takes the broker away."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

from shared.contracts.envelope import Envelope, Outgoing
from shared.contracts.shipments import ShipmentEvent
from shared.contracts.topics import CARRIER_SHIPMENTS
from shared.messaging.failures import BrokerAway
from shared.messaging.publish import ACK_DEADLINE


class RecordingPublisher:
    """Takes the place of shared.messaging.publish.Publisher; a contract test holds their signatures together."""

    def __init__(self) -> None:
        self.messages: list[Outgoing] = []
        self.away = False
        self.before_each: Callable[[], None] = lambda: None
        """What happens meanwhile."""

    async def publish(self, messages: Sequence[Outgoing], deadline: timedelta = ACK_DEADLINE) -> None:
        self.before_each()
        if self.away:
            raise BrokerAway("taken away by the test")
        self.messages.extend(messages)

    @property
    def shipment_events(self) -> list[ShipmentEvent]:
        told = [message for message in self.messages if message.topic == CARRIER_SHIPMENTS.name]
        return [ShipmentEvent.model_validate_json(message.value or b"") for message in told]

    @property
    def envelopes(self) -> list[Envelope]:
        return [Envelope.from_headers(message.headers) for message in self.messages]
