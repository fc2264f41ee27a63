"""One poller with its surroundings: a carrier at the HTTP transport, a recording broker, a clock that the test turns.

A restart begins from what the broker has, and from nothing else.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta

import httpx

from services.carrier_gateway.health.answers import HealthList
from services.carrier_gateway.health.heard import Heard
from services.carrier_gateway.health.record import Way
from services.carrier_gateway.polling.board import Board
from services.carrier_gateway.polling.poller import CarrierPoller
from services.carrier_gateway.settings import read_access
from shared.contracts.topics import GATEWAY_POLLS
from shared.contracts.watches import Watch
from tests.support.recording_publisher import RecordingPublisher

START = datetime(2026, 3, 30, 8, 0, tzinfo=UTC)
SILENT_AFTER = timedelta(days=30)
DHL = {"CARRIER_DHL_KEY": "the-key", "CARRIER_DHL_URL": "https://dhl.example"}
Transport = Callable[[httpx.Request], httpx.Response]


def scans(*stages: str) -> httpx.Response:
    """DHL's answer with one event per status code, an hour apart, newest first."""
    events = [
        {"timestamp": f"2026-03-30T{hour:02}:00:00Z", "statusCode": code} for hour, code in enumerate(stages, start=1)
    ]
    return httpx.Response(200, json={"shipments": [{"id": "123", "events": events[::-1]}]})


class Carrier:
    """Answers what the test wants next, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[httpx.Request] = []
        self.answer: Callable[[], httpx.Response] = lambda: scans("transit")
        self.answers: dict[str, Callable[[], httpx.Response]] = {}
        """By number, where one parcel is answered otherwise."""

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        return self.answers.get(request.url.params.get("trackingNumber", ""), self.answer)()

    @property
    def numbers(self) -> list[str]:
        return [request.url.params["trackingNumber"] for request in self.asked]


class Polling:
    """`held`: the partitions that this poller holds, of `partitions`; a parcel's partition is drawn from its key."""

    def __init__(
        self,
        *references: str,
        carrier: str = "dhl",
        environ: Mapping[str, str] = DHL,
        transport: Transport | None = None,
        partitions: int = 1,
    ) -> None:
        self.now, self.carrier, self.publisher = START, Carrier(), RecordingPublisher()
        self.partitions = partitions
        self.watches = {
            watch.key: watch
            for reference in references or ("123",)
            for watch in [Watch(carrier=carrier, reference=reference, since=START, country="ES", postal_code="28001")]
        }
        self._access = read_access(environ)[carrier]
        self.heard = Heard(lambda: self.now, (Way.POLL,))
        self._client = httpx.AsyncClient(transport=httpx.MockTransport(transport or self.carrier))
        self.restart()

    def restart(self, held: Iterable[int] | None = None) -> None:
        """A new process that holds these partitions, all of them if none are named."""
        self.board, self.poller = self.another(held)

    def another(self, held: Iterable[int] | None = None) -> tuple[Board, CarrierPoller]:
        """A poller beside this one, on the same broker."""
        board = Board(zones={self._access.carrier.id: "Europe/Madrid"})
        board.hold(range(self.partitions) if held is None else held, self.partitions)
        for message in self.publisher.messages:
            if message.topic == GATEWAY_POLLS.name:
                key = (message.key or b"").decode()
                board.apply_poll(self.partition_of(key), key, message.value)
        for key, watch in self.watches.items():
            board.apply_watch(self.partition_of(key), key, watch.to_json(), watch.since)
        for partition in board.partitions.values():
            partition.complete = True
        poller = CarrierPoller(
            self._access, board, self.publisher, self._client, lambda: self.now, lambda: 0.0, SILENT_AFTER, self.heard
        )
        return board, poller

    def partition_of(self, key: str) -> int:
        return zlib.crc32(key.encode()) % self.partitions

    @property
    def health(self) -> HealthList:
        return self.heard.listing([self._access])

    async def step(self) -> timedelta:
        return await self.poller.step()

    async def run_for(self, duration: timedelta) -> None:
        """Step after step, each as far on as the poller wants to rest."""
        until = self.now + duration
        while self.now < until:
            self.now += await self.step()

    async def run_slowly_for(self, duration: timedelta, pause: timedelta = timedelta(minutes=1)) -> None:
        """The same with a pause after each rest, where minutes matter and seconds do not."""
        until = self.now + duration
        while self.now < until:
            rest = await self.step()
            self.now += pause if rest else rest

    @property
    def stages(self) -> list[str]:
        return [event.stage for event in self.publisher.shipment_events]
