"""The parcels that have to be asked for: `tracking.watches.v1`, read from its beginning at every start and kept in
memory. The topic is compacted, so all of it is what is still wanted; a tombstone takes a parcel off.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from aiokafka import AIOKafkaConsumer, ConsumerRecord
from aiokafka.errors import KafkaError
from pydantic import ValidationError

from services.carrier_gateway.polling import first_poll_after, next_poll_after
from shared.contracts.base import decode
from shared.contracts.shipments import Eta, ShipmentEvent
from shared.contracts.topics import TRACKING_WATCHES
from shared.contracts.vocabulary import Stage
from shared.contracts.watches import Watch
from shared.messaging.backoff import Backoff
from shared.observability.logs import get_logger

FETCH_PAUSE = timedelta(milliseconds=500)
STOP_DEADLINE = timedelta(seconds=10)


@dataclass
class Watched:
    """One parcel, when to ask for it (None: not any more), and what we have already told about it."""

    watch: Watch
    stage: Stage | None
    due_at: datetime | None
    told: dict[UUID, Eta | None] = field(default_factory=dict)

    def news_in(self, events: Iterable[ShipmentEvent]) -> tuple[ShipmentEvent, ...]:
        """What we have not told yet; an event that was told with another expected arrival is news as well."""
        return tuple(
            event
            for event in events
            if event.event_id not in self.told or event.eta not in (None, self.told[event.event_id])
        )

    def tell(self, events: Iterable[ShipmentEvent]) -> None:
        """They are safe with the broker."""
        self.told.update((event.event_id, event.eta) for event in events)


class WatchBoard:
    """All watched parcels. `pace` is the share of the usual pauses, see GatewaySettings.poll_pace."""

    def __init__(self, pace: float = 1.0) -> None:
        self._watched: dict[str, Watched] = {}
        self._unconfirmed: set[str] = set()
        self._pace = pace
        self.complete = False
        """Whether the topic has been read up to where it ended at the start: before that, ended watches may show."""

    async def unready(self) -> str | None:
        return None if self.complete else "reading the watches"

    def begin(self) -> None:
        """The topic is read from its beginning, again perhaps."""
        self.complete, self._unconfirmed = False, set(self._watched)

    def finish(self) -> None:
        """It is read to its end: what was not in it any more is over, its tombstone compacted away meanwhile."""
        for key in self._unconfirmed:
            self._watched.pop(key, None)
        self.complete, self._unconfirmed = True, set()

    def apply(self, key: str, value: bytes | None, now: datetime) -> None:
        """One record. Raises pydantic.ValidationError for a value that is no watch."""
        self._unconfirmed.discard(key)
        if value is None:
            self._watched.pop(key, None)
            return
        watch = decode(Watch, value)
        known = self._watched.get(key)
        if known is None:
            pause = first_poll_after(key, watch.stage, now - watch.since, met_again=not self.complete)
            self._watched[key] = Watched(watch, watch.stage, self._later(now, pause))
        else:
            known.watch, known.stage = watch, watch.stage or known.stage
            due_at = self.next_due(known, now)
            known.due_at = min(known.due_at, due_at) if known.due_at and due_at else due_at

    def next_due(self, watched: Watched, now: datetime, *, found: bool = True) -> datetime | None:
        return self._later(now, next_poll_after(watched.stage, now - watched.watch.since, found=found))

    def most_due(self, carrier: str) -> Watched | None:
        """Of this carrier's parcels, the one to ask for first."""
        waiting = [w for w in self._watched.values() if w.watch.carrier == carrier and w.due_at is not None]
        return min(waiting, key=lambda w: w.due_at or w.watch.since, default=None)

    def _later(self, now: datetime, pause: timedelta | None) -> datetime | None:
        return None if pause is None else now + pause * self._pace


async def follow_watches(bootstrap: str, board: WatchBoard, stop: asyncio.Event, clock: Callable[[], datetime]) -> None:
    """Keep the board up to date until `stop`. Waits for a broker that is away at the start."""
    backoff = Backoff(stop)
    while not stop.is_set():
        consumer = _new_consumer(bootstrap)
        try:
            await consumer.start()
            await _follow(consumer, board, stop, clock)
        except KafkaError as error:
            get_logger().warning("watches_wait", error_type=type(error).__name__)
            await backoff.wait()
        finally:
            await _close(consumer)


def _new_consumer(bootstrap: str) -> AIOKafkaConsumer:
    """Without a group: every partition is ours, from the beginning, and no offset is kept anywhere."""
    return AIOKafkaConsumer(
        TRACKING_WATCHES.name,
        bootstrap_servers=bootstrap,
        client_id="carrier-gateway-watches",
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        metadata_max_age_ms=30_000,
    )


async def _follow(
    consumer: AIOKafkaConsumer, board: WatchBoard, stop: asyncio.Event, clock: Callable[[], datetime]
) -> None:
    board.begin()
    ends = await consumer.end_offsets(list(consumer.assignment()))
    while not stop.is_set():
        batches = await consumer.getmany(timeout_ms=int(FETCH_PAUSE.total_seconds() * 1000))
        for record in (record for records in batches.values() for record in records):
            _take_in(board, record, clock())
        if not board.complete:
            left = [where for where, end in ends.items() if await consumer.position(where) < end]
            if not left:
                board.finish()


def _take_in(board: WatchBoard, record: ConsumerRecord, now: datetime) -> None:
    """A record that is no watch is logged with its place and passed over: the next start would only meet it again."""
    try:
        board.apply((record.key or b"").decode(), record.value, now)
    except (ValidationError, UnicodeDecodeError) as error:
        get_logger().error(
            "watch_unreadable",
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            error_type=type(error).__name__,
        )


async def _close(consumer: AIOKafkaConsumer) -> None:
    """aiokafka's stop() can hang when the broker is gone, so it gets a deadline."""
    try:
        await asyncio.wait_for(consumer.stop(), STOP_DEADLINE.total_seconds())
    except (TimeoutError, KafkaError, OSError) as error:
        get_logger().warning("consumer_stop_failed", error_type=type(error).__name__)
