"""The one consumer loop: each fact is taken in once, in one transaction with its effects; then the offsets move.

Batch by batch: decode; one transaction that claims the ids, lets the handler fold what is new, buries what cannot be
decoded; then an explicit offset commit. If the process dies in between, the batch comes again and the inbox absorbs it.
The order of offsets and database is the guarantee: offsets are never ahead of the effects.
"""

from __future__ import annotations

import asyncio
import functools
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from aiokafka import ConsumerRecord
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.contracts.base import Contract
from shared.contracts.topics import Topic
from shared.database import Database, cut
from shared.failpoints import failpoint
from shared.messaging.backoff import Backoff
from shared.messaging.dead_letters import bury
from shared.messaging.decode import Decoded, dead_letter, decode_all
from shared.messaging.failures import Poison, is_infrastructure
from shared.messaging.inbox import Delivery, claim
from shared.messaging.portions import Portions
from shared.messaging.subscription import Subscription
from shared.messaging.traced import committing, facts_of, processing
from shared.messaging.watchdog import Watchdog
from shared.observability.logs import get_logger
from shared.observability.metrics import ACCEPTED, CONSUMED, EVENTS, PROCESS_DURATION
from shared.processes import Runtime

TRIES_ALONE = 3
"""How often a message that fails by itself, with everything else in order, is tried before it is buried."""


class Taken(StrEnum):
    """What became of one fresh fact. With `duplicate` and `dead` these add up to what was accepted."""

    APPLIED = "applied"
    STALE = "stale"
    PARKED = "parked"
    DUPLICATE = "duplicate"
    """Only from a handler that keeps each fact once by itself (`Intake.kept_once`)."""


Handler = Callable[[AsyncConnection, Sequence[Delivery[Contract]]], Awaitable[Sequence[Taken]]]
"""Folds fresh facts in the given transaction; answers one word for each. Raises Poison for one that can never apply."""


@dataclass(frozen=True)
class Intake:
    """What a consumer takes in, and with what."""

    group: str
    topics: tuple[Topic, ...]
    handle: Handler
    kept_once: tuple[Topic, ...] = ()
    """Topics whose facts the handler writes down under their ids anyway: they need no line in the inbox as well."""


@dataclass(frozen=True)
class _Batch:
    records: Sequence[ConsumerRecord]
    decoded: Decoded


class Consumer:
    """Runs one intake until the process stops."""

    def __init__(
        self,
        intake: Intake,
        subscription: Subscription,
        database: Database,
        runtime: Runtime,
        watchdog: Watchdog | None = None,
    ) -> None:
        self._intake, self._subscription = intake, subscription
        self._database, self._runtime = database, runtime
        self._topics = {topic.name: topic for topic in intake.topics}
        self._kept_once = {topic.name for topic in intake.kept_once}
        self._watchdog = watchdog or Watchdog(intake.group)
        self._backoff = Backoff(runtime.stop)
        self._waiting_for: str | None = "the first fetch"
        self._upcoming: asyncio.Task[_Batch] | None = None
        self._portions = Portions()

    async def unready(self) -> str | None:
        """For readiness: None while batches go through."""
        return self._waiting_for

    async def run(self) -> None:
        self._runtime.health.register(f"consume {self._intake.group}", self.unready)
        self._watchdog.start()
        try:
            while not self._runtime.stop.is_set():
                try:
                    await self._take_in_next()
                except Exception as error:
                    await self._wait_for_infrastructure(error)
        finally:
            self._watchdog.stop()
            await self._forget_upcoming()
            await self._subscription.close()

    async def _take_in_next(self) -> None:
        await self._subscription.open()
        fetching, self._upcoming = self._upcoming or self._fetch_ahead(), None
        batch = await fetching
        records = batch.records
        self._waiting_for = None
        if records:
            self._upcoming, began = self._fetch_ahead(), time.monotonic()
            with (
                PROCESS_DURATION.labels(self._intake.group).time(),
                processing(self._intake.group, batch.decoded.deliveries, len(records)),
            ):
                failpoint("consume.after_fetch")
                await self._settle(records, batch.decoded)
                self._portions.took(len(records), timedelta(seconds=time.monotonic() - began))
                self._count_accepted(records)
                failpoint("consume.after_commit")
                with committing(self._intake.group, len(records)):
                    await self._subscription.commit(records)
                failpoint("consume.after_offsets")
        if records or not await self._subscription.has_lag():
            self._watchdog.beat()
        self._backoff.reset()

    def _fetch_ahead(self) -> asyncio.Task[_Batch]:
        """The next batch is fetched and decoded while the database works on this one."""
        return asyncio.create_task(self._fetch(), name="fetch ahead")

    async def _fetch(self) -> _Batch:
        if not self._portions:
            self._portions.add(await self._subscription.fetch())
        records = self._portions.next()
        return _Batch(records, decode_all(records, self._topics))

    async def _forget_upcoming(self) -> None:
        """Nothing of it was committed: it comes again, to whoever has its partitions then."""
        if self._upcoming is not None:
            self._upcoming.cancel()
            await asyncio.gather(self._upcoming, return_exceptions=True)
            self._upcoming = None

    async def _settle(self, records: Sequence[ConsumerRecord], decoded: Decoded | None = None) -> None:
        """Take in a batch. On an unexpected error halve it until the culprit is alone, so that it stops nobody else.

        Never returns with the batch undone: Kafka has moved on, and the next commit would skip what was left.
        """
        tries, culprit = 0, None
        while not self._runtime.stop.is_set():
            try:
                await (self._bury(records[0], culprit) if culprit else self._take_in(records, decoded))
                self._watchdog.beat()
                return
            except Exception as error:
                if is_infrastructure(error):
                    await self._wait_for_infrastructure(error)
                    continue
                tries += 1
                get_logger().error("batch_failed", count=len(records), attempt=tries, exc_info=error)
                if len(records) > 1:
                    await self._halve(records)
                    return
                if culprit is not None:  # burying it failed as well
                    await self._backoff.wait()
                elif isinstance(error, Poison) or tries >= TRIES_ALONE:
                    culprit = error
        raise StoppedMidway

    async def _halve(self, records: Sequence[ConsumerRecord]) -> None:
        """Gets on with every half, also on a machine so busy that the whole search takes longer than the watchdog."""
        self._watchdog.beat()
        middle = len(records) // 2
        await self._settle(records[:middle])
        await self._settle(records[middle:])

    async def _take_in(self, records: Sequence[ConsumerRecord], decoded: Decoded | None = None) -> None:
        decoded = decoded or decode_all(records, self._topics)
        with facts_of(self._intake.group, decoded.deliveries) as facts:
            async with self._database.transaction() as tx:
                claimed = await claim(tx, facts.deliveries, self._kept_once)
                failpoint("consume.after_inbox")
                taken = await self._intake.handle(tx, claimed.fresh) if claimed.fresh else ()
                await bury(tx, decoded.dead, self._intake.group)
                failpoint("consume.before_commit", functools.partial(cut, tx))
            repeated = ["duplicate"] * len(claimed.duplicates)
            for deliveries, results in ((claimed.fresh, taken), (claimed.duplicates, repeated)):
                facts.became(deliveries, results)
                self._count(deliveries, results)
        for letter in decoded.dead:
            EVENTS.labels(self._runtime.service, letter.topic, "dead").inc()

    def _count(self, deliveries: Sequence[Delivery[Contract]], results: Sequence[str]) -> None:
        for (topic, result), count in Counter(zip((d.topic for d in deliveries), results, strict=True)).items():
            EVENTS.labels(self._runtime.service, topic, str(result)).inc(count)
            CONSUMED.labels(topic).inc(count)

    def _count_accepted(self, records: Sequence[ConsumerRecord]) -> None:
        """The other side of the books: what was handed to us and is settled, counted without looking at how."""
        for topic, count in Counter(record.topic for record in records).items():
            ACCEPTED.labels(self._runtime.service, topic).inc(count)

    async def _bury(self, record: ConsumerRecord, error: Exception) -> None:
        reason = str(error) if isinstance(error, Poison) else f"unexpected: {type(error).__name__}"
        async with self._database.transaction() as tx:
            await bury(tx, [dead_letter(record, reason)], self._intake.group)
        EVENTS.labels(self._runtime.service, record.topic, "dead").inc()
        get_logger().error("dead_letter", topic=record.topic, partition=record.partition, offset=record.offset)

    async def _wait_for_infrastructure(self, error: Exception) -> None:
        """Nothing advances and nothing is lost; the process is unready until it goes on."""
        if isinstance(error, StoppedMidway):
            return
        if not is_infrastructure(error):
            raise error
        self._waiting_for = type(error).__name__
        get_logger().warning("consumer_waits", handler=self._intake.group, error_type=type(error).__name__)
        self._watchdog.beat()
        await self._backoff.wait()


class StoppedMidway(Exception):
    """The process stops while a batch could not be taken in; it was not committed and comes again."""
