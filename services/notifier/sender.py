"""Messages leave: freeze, claim, commit "in flight", one attempt with no transaction open, record the outcome.

From our side at most once, always. A crash at any line leaves a message either untouched, or `in_flight` and so
`unknown`; it never leaves one that would go out again.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from services.notifier import catching_up, erasure, ledger, queue
from services.notifier.channels.base import ChannelAdapter, OutcomeClass, Request, SendResult, send_timed
from services.notifier.compose import Composer
from services.notifier.domain.delivery import LONGEST_RETRY_AFTER, RETRIES, State
from services.notifier.ledger import Change
from services.notifier.wording.unrenderable import Unrenderable
from shared.contracts.vocabulary import Channel
from shared.database import Database, Row
from shared.messaging.backoff import Backoff
from shared.messaging.failures import is_infrastructure
from shared.messaging.watchdog import Watchdog
from shared.observability.logs import get_logger
from shared.observability.metrics import EVENT_TO_ACCEPT, MESSAGES_UNKNOWN, UNKNOWN_OLDEST
from shared.processes import Runtime

IDLE_PAUSE = timedelta(milliseconds=50)
TIDY_PAUSE = timedelta(seconds=1)
FREEZE_BATCH = 64
IN_FLIGHT = 16
"""How many messages one sender has under way on a channel: so many at most are `unknown` after it was killed."""
SENDER_PATIENCE = timedelta(minutes=15)
"""A provider may take ten minutes to answer the end of a mail (RFC 5321 4.5.3.2.6); that is no standstill."""


class Sender:
    """One process of these sends; more share the work through the ledger's locks. Each channel goes at its own pace."""

    def __init__(
        self,
        database: Database,
        composer: Composer,
        runtime: Runtime,
        clock: Callable[[], datetime],
        chance: random.Random,
        patience: queue.Patience = queue.PATIENCE,
    ) -> None:
        self._database, self._composer, self._runtime = database, composer, runtime
        self._clock, self._chance, self._patience = clock, chance, patience
        self._watchdog = Watchdog("send", SENDER_PATIENCE)
        self._waiting_for: dict[str, str] = {}

    async def unready(self) -> str | None:
        return next(iter(self._waiting_for.values()), None)

    async def run(self) -> None:
        """Until the process stops; what is in flight then is waited for."""
        self._runtime.health.register("send", self.unready)
        self._watchdog.start()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._repeat("tidy", self.tidy, TIDY_PAUSE), name="tidy")
                for channel in self._composer.adapters:
                    group.create_task(self._repeat(channel, self._work_of(channel), IDLE_PAUSE), name=f"send-{channel}")
        finally:
            self._watchdog.stop()

    async def _repeat(self, name: str, work: Callable[[], Awaitable[int]], pause: timedelta) -> None:
        """Again and again, with a pause when there was nothing to do; while the database is away, with patience."""
        backoff = Backoff(self._runtime.stop)
        while not self._runtime.stop.is_set():
            try:
                done = await work()
            except Exception as error:
                if not is_infrastructure(error):
                    raise
                self._waiting_for[name] = type(error).__name__
                get_logger().warning("sender_waits", handler=name, error_type=type(error).__name__)
                await backoff.wait()
            else:
                self._waiting_for.pop(name, None)
                backoff.reset()
                if not done:
                    await backoff.pause(pause)
            self._watchdog.beat()

    def _work_of(self, channel: Channel) -> Callable[[], Awaitable[int]]:
        begun = False

        async def work() -> int:
            nonlocal begun
            if not begun:
                await self.begin(channel)
                begun = True
            return await self.work_off(channel)

        return work

    async def begin(self, channel: Channel) -> int:
        """What waited while no sender ran waits a little longer. Answers how many messages."""
        async with self._database.transaction() as tx:
            return await catching_up.hold_back(tx, channel)

    async def work_off(self, channel: Channel) -> int:
        """One round of one channel: freeze what is due, send what is frozen. Answers how many messages it touched."""
        return await self.freeze_due(channel) + await self.send_due(channel)

    async def tidy(self) -> int:
        """End what time has ended, and count what is in doubt. Always at its pause's pace: answers 0."""
        async with self._database.transaction() as tx:
            await ledger.tell(tx, await queue.tidy(tx, self._patience))
            count, age_seconds = await queue.count_unknown(tx)
        MESSAGES_UNKNOWN.set(count)
        UNKNOWN_OLDEST.set(age_seconds)
        return 0

    async def freeze_due(self, channel: Channel) -> int:
        """Render what is due, once. What cannot be rendered fails with its reason. Answers how many were settled."""
        async with self._database.transaction() as tx:
            rows = await queue.take_to_freeze(tx, channel, FREEZE_BATCH, self._patience)
            frozen, failed = [], {}
            for row in rows:
                try:
                    adapter = self._composer.adapters[channel][0]
                    frozen.append(self._composer.compose(row, self._clock(), adapter))
                except Exception as error:  # no I/O in there: it would fail each time and stop all the others
                    reason = error.reason if isinstance(error, Unrenderable) else type(error).__name__
                    failed[row["id"]] = Change(State.FAILED, f"cannot_render_{reason}")
                    get_logger().error("cannot_render", step=row["step"], channel=row["channel"], exc_info=error)
            if frozen:
                await queue.freeze(tx, frozen)
            if failed:
                await ledger.tell(tx, await ledger.change(tx, failed))
        return len(rows)

    async def send_due(self, channel: Channel) -> int:
        """Claim a batch, put it in flight, send it, record the outcomes. Answers how many were attempted."""
        async with self._database.transaction() as tx:
            claimed = await queue.claim(tx, channel, IN_FLIGHT, self._patience)
        if not claimed:
            return 0
        async with self._database.transaction() as tx:
            cleared = await queue.put_in_flight(tx, claimed, self._patience)
        rows = [row for row in claimed if row["id"] in cleared]
        results = await asyncio.gather(*(self._attempt(row) for row in rows))
        await self._record_until_done(rows, results)
        return len(rows)

    async def _attempt(self, row: Row) -> SendResult:
        adapter: ChannelAdapter = self._composer.adapters[Channel(row["channel"])][0]
        request = Request(row["address"], bytes(row["request"]))
        return await send_timed(adapter, request, row["id"])

    async def _record_until_done(self, rows: Sequence[Row], results: Sequence[SendResult]) -> None:
        """What the providers answered must not be lost to a database that is away for a moment."""
        backoff = Backoff(self._runtime.stop)
        while True:
            try:
                await self._record(rows, results)
                return
            except Exception as error:
                if not is_infrastructure(error) or self._runtime.stop.is_set():
                    raise
                get_logger().warning("outcome_waits", count=len(rows), error_type=type(error).__name__)
                await backoff.wait()

    async def _record(self, rows: Sequence[Row], results: Sequence[SendResult]) -> None:
        again, ended = self._sort_out(rows, results)
        async with self._database.transaction() as tx:
            if again:
                await queue.put_back(tx, again)
            moved = await ledger.change(tx, ended)
            await ledger.tell(tx, [*moved, *await erasure.call_off_emptied(tx, again)])
        now = self._clock()
        for row, result in zip(rows, results, strict=True):
            if result.outcome is OutcomeClass.ACCEPTED:
                EVENT_TO_ACCEPT.labels(row["channel"]).observe((now - row["planned_at"]).total_seconds())

    def _sort_out(
        self, rows: Sequence[Row], results: Sequence[SendResult]
    ) -> tuple[Mapping[UUID, tuple[timedelta, str]], Mapping[UUID, Change]]:
        again: dict[UUID, tuple[timedelta, str]] = {}
        ended: dict[UUID, Change] = {}
        for row, result in zip(rows, results, strict=True):
            match result.outcome:
                case OutcomeClass.ACCEPTED:
                    ended[row["id"]] = Change(State.ACCEPTED, result.reason, result.provider_message_id)
                case OutcomeClass.REJECTED:
                    ended[row["id"]] = Change(State.FAILED, result.reason, result.provider_message_id)
                case OutcomeClass.AMBIGUOUS:
                    ended[row["id"]] = Change(State.UNKNOWN, result.reason, result.provider_message_id)
                case OutcomeClass.NOT_SENT | OutcomeClass.THROTTLED:
                    pause = self._pause(row["attempts"] + 1, result)
                    if pause is None:
                        ended[row["id"]] = Change(State.FAILED, f"gave_up_{result.reason}")
                    else:
                        again[row["id"]] = (pause, result.reason)
        return again, ended

    def _pause(self, attempts: int, result: SendResult) -> timedelta | None:
        """The schedule's pause or the provider's own wish, whichever is longer, with up to a quarter of jitter."""
        pause = RETRIES.pause_after(attempts)
        if pause is None:
            return None
        wished = min(result.retry_after or timedelta(0), LONGEST_RETRY_AFTER)
        return max(pause, wished) * self._chance.uniform(1.0, 1.25)
