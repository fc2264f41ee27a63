"""Messages leave: freeze, claim, commit "in flight", one attempt with no transaction open, record the outcome.

From our side at most once, always. A crash at any line leaves a message either untouched, or `in_flight` and so
`unknown`; it never leaves one that would go out again.
"""

from __future__ import annotations

import asyncio
import functools
import random
import time
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from services.notifier import ledger, queue
from services.notifier.channels.base import ChannelAdapter
from services.notifier.compose import Composer
from services.notifier.domain.circuit import Circuits
from services.notifier.domain.delivery import State
from services.notifier.ledger import Change
from services.notifier.sending import catching_up, coming_back, fallback, landing, pacing, quiet
from services.notifier.sending.attempts import attempt, freezing
from services.notifier.sending.fallback import Loss
from services.notifier.sending.flights import Flights
from services.notifier.sending.resolver import Resolver
from services.notifier.wording.unrenderable import Unrenderable
from shared.contracts.vocabulary import Channel
from shared.database import Database, Row, cut
from shared.failpoints import failpoint
from shared.messaging.backoff import Backoff
from shared.messaging.failures import is_infrastructure
from shared.messaging.watchdog import Watchdog
from shared.observability.logs import get_logger
from shared.observability.metrics import MESSAGES_UNKNOWN, UNKNOWN_OLDEST
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
        self._flights, self._circuits = Flights(IN_FLIGHT), Circuits()
        self._resolver = Resolver(database, composer.adapters, clock, patience)
        self._watchdog = Watchdog("send", SENDER_PATIENCE)
        self._waiting_for: dict[str, str] = {}
        self._begun: set[Channel] = set()
        self._next_freeze: dict[Channel, float] = {}
        self._back: set[str] = set()

    async def unready(self) -> str | None:
        return next(iter(self._waiting_for.values()), None)

    async def run(self) -> None:
        """Until the process stops; what is in flight then is waited for."""
        self._runtime.health.register("send", self.unready)
        self._watchdog.start()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._repeat("tidy", self.tidy, TIDY_PAUSE), name="tidy")
                group.create_task(self._repeat("resolve", self.resolve, TIDY_PAUSE), name="resolve")
                for channel in self._composer.adapters:
                    group.create_task(self._send_until_stopped(channel), name=f"send-{channel}")
        finally:
            await self._flights.abandon()
            self._watchdog.stop()

    async def _send_until_stopped(self, channel: Channel) -> None:
        await self._repeat(channel, functools.partial(self._round, channel), IDLE_PAUSE, longest=5)
        while self._flights.count(channel):
            await self._land(channel, None)

    async def _repeat(self, name: str, work: Callable[[], Awaitable[int]], pause: timedelta, longest: int = 1) -> None:
        """Again and again, with a pause when there was nothing to do, `longest` times as long after a while of that.

        While the database is away, with patience.
        """
        backoff, idle_rounds = Backoff(self._runtime.stop), 0
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
                idle_rounds = 0 if done else min(idle_rounds + 1, longest)
                if not done:
                    await backoff.pause(pause * idle_rounds)
            self._watchdog.beat()

    async def begin(self, channel: Channel) -> int:
        """What waited while no sender ran waits a little longer. Answers how many messages."""
        async with self._database.transaction() as tx:
            return await catching_up.hold_back(tx, channel)

    async def _round(self, channel: Channel) -> int:
        """Fill the free places, record what has landed. Waits a moment for an answer; for the first when all fly."""
        if channel not in self._begun:
            await self.begin(channel)
            self._begun.add(channel)
        begun = await self._freeze_now_and_then(channel) + await self._launch_due(channel)
        await self._land(channel, IDLE_PAUSE if self._flights.free(channel) else None)
        return begun + self._flights.count(channel)

    async def work_off(self, channel: Channel) -> int:
        """One round of one channel, until all of it has landed. Answers how many messages it touched."""
        touched = await self.freeze_due(channel) + await self._launch_due(channel)
        while self._flights.count(channel):
            await self._land(channel, None)
        return touched

    async def resolve(self) -> int:
        """Look into messages in doubt. Answers how many were looked into."""
        return await self._resolver.resolve_due()

    async def tidy(self) -> int:
        """End what time has ended, and count what is in doubt. Always at its pause's pace: answers 0."""
        async with self._database.transaction() as tx:
            ended = [*await queue.tidy(tx, self._patience), *await quiet.put_off(tx)]
            await ledger.tell(tx, [*ended, *await fallback.hand_over_overdue(tx)])
            for channel in self._composer.adapters:
                usable = [adapter.provider for adapter in self._usable(channel)]
                await queue.pass_on(tx, channel, usable)
            count, age_seconds = await queue.count_unknown(tx)
        MESSAGES_UNKNOWN.set(count)
        UNKNOWN_OLDEST.set(age_seconds)
        return 0

    def _usable(self, channel: Channel) -> tuple[ChannelAdapter, ...]:
        """The channel's providers but those that keep failing; all of them when no other is left."""
        every, now = self._composer.adapters[channel], self._clock()
        return tuple(one for one in every if not self._circuits.is_open(one.provider, now)) or every

    async def _freeze_now_and_then(self, channel: Channel) -> int:
        """At once while there is more to write, else at the idle pause: what is written need not wait for it."""
        now = time.monotonic()
        if now < self._next_freeze.get(channel, 0.0):
            return 0
        frozen = await self.freeze_due(channel)
        if not frozen:
            self._next_freeze[channel] = now + IDLE_PAUSE.total_seconds()
        return frozen

    async def freeze_due(self, channel: Channel) -> int:
        """Render what is due, once. What cannot be rendered fails with its reason. Answers how many were settled."""
        adapter = self._usable(channel)[0]
        async with self._database.transaction() as tx:
            rows = await queue.take_to_freeze(tx, channel, FREEZE_BATCH, self._patience)
            frozen, failed = [], {}
            for row in rows:
                try:
                    with freezing(row):
                        frozen.append(self._composer.compose(row, self._clock(), adapter))
                except Exception as error:  # no I/O in there: it would fail each time and stop all the others
                    reason = error.reason if isinstance(error, Unrenderable) else type(error).__name__
                    failed[row["id"]] = Change(State.FAILED, f"cannot_render_{reason}")
                    get_logger().error("cannot_render", step=row["step"], channel=row["channel"], exc_info=error)
            if frozen:
                await queue.freeze(tx, frozen)
            if failed:
                moved = await ledger.change(tx, failed)
                lost = {message: Loss(failed[message].reason) for message in moved}
                await ledger.tell(tx, [*moved, *await fallback.tell_another_way(tx, lost)])
        if rows:
            failpoint("notifier.after_freeze")
        return len(rows)

    async def _launch_due(self, channel: Channel) -> int:
        """Claim as many as there are free places, commit them as in flight, begin their attempts. Answers how many."""
        launched = 0
        for adapter in self._usable(channel):
            if adapter.provider in self._back:
                await coming_back.try_at_once(self._database, adapter)
                self._back.discard(adapter.provider)
            claimed = await self._claim(channel, adapter) if self._flights.free(channel) else []
            if not claimed:
                continue
            failpoint("notifier.after_claim")
            async with self._database.transaction() as tx:
                cleared = await queue.put_in_flight(tx, claimed, self._patience)
            failpoint("notifier.before_send")
            for row in claimed:
                if row["id"] in cleared:
                    self._flights.launch(channel, row, attempt(adapter, row))
                    launched += 1
        return launched

    async def _claim(self, channel: Channel, adapter: ChannelAdapter) -> list[Row]:
        async with self._database.transaction() as tx:
            room = await pacing.room_for(tx, adapter, self._flights.free(channel))
            if not room.count:
                return []
            rest = adapter.pace.per_recipient
            rows = await queue.claim(tx, channel, adapter.provider, room.count, self._patience, rest)
            await pacing.take_room(tx, adapter, room, len(rows))
        return list(rows)

    async def _land(self, channel: Channel, wait: timedelta | None) -> None:
        """Record what has landed. What the providers answered must not be lost to a database that is away a moment."""
        landed = await self._flights.landed(channel, wait)
        if not landed:
            return
        failpoint("notifier.after_answer")
        backoff = Backoff(self._runtime.stop)
        self._back |= landing.note_health(self._circuits, landed, self._clock())
        sorted_out = landing.sort_out(landed, self._clock(), self._chance)
        while True:
            try:
                async with self._database.transaction() as tx:
                    await landing.record(tx, sorted_out, self._clock())
                    failpoint("notifier.before_record", functools.partial(cut, tx))
                break
            except Exception as error:
                if not is_infrastructure(error) or self._runtime.stop.is_set():
                    raise
                get_logger().warning("outcome_waits", count=len(landed), error_type=type(error).__name__)
                await backoff.wait()
        failpoint("notifier.after_record")
        landing.measure(landed, self._clock())
