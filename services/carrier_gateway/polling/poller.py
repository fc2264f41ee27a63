"""Asks one carrier about the parcels it will not tell us of by itself, and publishes what is new.

The record of a question is safe before the question goes out, and what an answer says is safe before the next question;
while the broker is away nothing is asked. Any number of pollers share the work (see `following`); each asks only out of
the partitions it holds.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import httpx

from services.carrier_gateway.health.heard import Heard
from services.carrier_gateway.parts.base import Refusal
from services.carrier_gateway.parts.pull import Query
from services.carrier_gateway.polling import memory
from services.carrier_gateway.polling.asking import ANSWER_DEADLINE, NO_VALIDATORS, Answer
from services.carrier_gateway.polling.board import Board, Turn, day_of
from services.carrier_gateway.polling.breaker import Breaker
from services.carrier_gateway.polling.budget import next_slot
from services.carrier_gateway.polling.parcel import after_telling
from services.carrier_gateway.polling.silence import silence_of
from services.carrier_gateway.polling.tokens import Access
from services.carrier_gateway.publishing import Publishes, announce
from services.carrier_gateway.settings import CarrierAccess
from shared.contracts.polls import Poll
from shared.contracts.shipments import ShipmentEvent
from shared.failpoints import failpoint
from shared.messaging.backoff import Backoff
from shared.messaging.failures import BrokerAway
from shared.observability import spans
from shared.observability.logs import get_logger

LONGEST_REST = timedelta(seconds=1)
"""How long a new watch may wait to be noticed."""
QUOTA_PAUSE = timedelta(minutes=15)
NOT_ALLOWED_PAUSE = timedelta(hours=1)
BROKER_PAUSE = timedelta(seconds=1)
TIDY_EVERY = timedelta(minutes=1)


@dataclass(frozen=True)
class _Untold:
    """An answer that the broker has not taken yet."""

    turn: Turn
    answer: Answer
    fresh: tuple[ShipmentEvent, ...]


class CarrierPoller:
    """The questions to one carrier. `chance` answers a number in [0, 1); `silent_after`: see GatewaySettings."""

    def __init__(
        self,
        access: CarrierAccess,
        board: Board,
        publisher: Publishes,
        client: httpx.AsyncClient,
        clock: Callable[[], datetime],
        chance: Callable[[], float],
        silent_after: timedelta,
        heard: Heard,
    ) -> None:
        access = heard.listening(access)
        pull = access.carrier.pull
        assert pull is not None
        assert access.key is not None
        assert access.limits is not None
        self.limits = access.limits
        self._carrier, self._zone = access.carrier.id, ZoneInfo(access.carrier.entry.zone)
        self._tell_health = functools.partial(heard.answered, access.carrier)
        self._access = Access(client, pull, access.url or pull.url, access.key)
        self._board, self._publisher = board, publisher
        self._clock, self._chance, self._silent_after = clock, chance, silent_after
        self._breaker = Breaker()
        self._in_flight = 0
        self._last_slot: int | None = None
        self._tidy_at: datetime | None = None
        self._tidied: object = None
        self._untold: list[_Untold] = []

    async def step(self) -> timedelta:
        """Publish what waits, or ask once if something is worth it. Answers how long to rest before the next step."""
        try:
            if self._untold:
                with spans.root(f"tell again {self._carrier}", spans.SpanKind.INTERNAL):
                    await self._tell(self._untold.pop())
                return timedelta(0)
            await self._tidy()
            return await self._ask_once()
        except BrokerAway:
            return BROKER_PAUSE

    async def _ask_once(self) -> timedelta:
        """No await between choosing and reserving: several workers share one line."""
        now = self._clock()
        held = {number for number, partition in self._board.partitions.items() if partition.complete}
        if not held or not self._breaker.lets_pass(now, self._in_flight):
            return LONGEST_REST
        slot, at = next_slot(now, self.limits.minimum_gap, held, self._board.total, self._last_slot)
        if at > now:
            return min(at - now, LONGEST_REST)
        turn = self._board.worthiest(self._carrier, self.limits.daily_quota, now, self._zone)
        if turn is None:
            return LONGEST_REST
        self._last_slot, turn.parcel.asking = slot, True
        self._in_flight += 1
        try:
            await self._ask(turn, now)
        finally:
            self._in_flight -= 1
            turn.parcel.asking = False
        return timedelta(0)

    async def _ask(self, turn: Turn, now: datetime) -> None:
        parcel, spent, day = turn.parcel, turn.partition.spent(self._carrier), day_of(now)
        record = memory.of_question(parcel, now, spent.reserve(day))
        try:
            await self._publisher.publish([memory.message(record)])
        except BrokerAway:
            spent.give_back(day)
            raise
        if not turn.partition.held:
            return
        parcel.remember(record)
        with spans.root(f"poll {self._carrier}", spans.SpanKind.CLIENT, {"hito.carrier": self._carrier}) as span:
            query = Query(parcel.watch.reference, parcel.watch.country, parcel.watch.postal_code)
            answer = await self._access.ask(query, now, parcel.validators or NO_VALIDATORS)
            failpoint("gateway.poll_after_fetch")
            span.set_attribute("hito.events", len(answer.parsed.events))
            await self._take_in(turn, answer)

    async def _take_in(self, turn: Turn, answer: Answer) -> None:
        """Each answer of the carrier passes here, and only here."""
        now, refusal = self._clock(), answer.parsed.refusal
        self._tell_health(answer, self._board.left(self._carrier, self.limits.daily_quota, now))
        get_logger().info(
            "polled",
            carrier=self._carrier,
            count=len(answer.parsed.events),
            reason="unchanged" if answer.unchanged else answer.malformed or refusal,
        )
        rests = self._rest_after(answer)
        if rests is not None:
            self._breaker.rest(now + rests)
        if answer.failure is not None or refusal is Refusal.NOT_ALLOWED:
            self._count_failure(turn, answer, now)
            await self._remember(turn, memory.after_failure(turn.parcel))
            return
        if refusal is Refusal.QUOTA:
            return
        if self._breaker.succeeded():
            get_logger().info("line_closed", carrier=self._carrier)
        turn.parcel.found = refusal is None
        fresh = turn.parcel.news_in(answer.parsed.events)
        await self._tell(_Untold(turn, answer, fresh))

    def _rest_after(self, answer: Answer) -> timedelta | None:
        """How long the whole line rests whatever the breaker makes of the answer."""
        match answer.parsed.refusal:
            case Refusal.QUOTA:
                return answer.retry_after or QUOTA_PAUSE
            case Refusal.NOT_ALLOWED:
                return NOT_ALLOWED_PAUSE
        return answer.retry_after

    def _count_failure(self, turn: Turn, answer: Answer, now: datetime) -> None:
        reason = answer.failure or Refusal.NOT_ALLOWED
        pause = self._breaker.failed(turn.parcel.watch.key, reason, now, self._chance())
        if pause is not None:
            get_logger().warning("line_open", carrier=self._carrier, reason=reason, seconds=pause.total_seconds())

    async def _tell(self, untold: _Untold) -> None:
        """The broker has it all, or it is tried again before anything else is asked."""
        parcel = untold.turn.parcel
        try:
            await announce(self._publisher, untold.fresh, self._clock())
        except BrokerAway:
            self._untold.append(untold)
            raise
        failpoint("gateway.poll_after_publish")
        known = parcel.memory
        if known is None:
            return
        parcel.validators = untold.answer.validators
        told = after_telling(known, untold.answer.parsed.events, untold.fresh, known.asked_at)
        await self._remember(untold.turn, told)

    async def _remember(self, turn: Turn, record: Poll) -> None:
        """Only what has changed is written, and only by who holds the partition."""
        changed = record != turn.parcel.memory
        turn.parcel.remember(record)
        if changed and turn.partition.held:
            await self._publisher.publish([memory.message(record)])

    async def _tidy(self) -> None:
        """Now and then: tell tracking of parcels that have been silent for too long, and forget those that are over."""
        now = self._clock()
        if await self._board.unready() is not None:
            return
        same_parcels = self._tidied is self._board.partitions
        if same_parcels and self._tidy_at is not None and now < self._tidy_at:
            return
        self._tidied = self._board.partitions
        self._tidy_at = now + TIDY_EVERY
        for turn in list(self._board.silent(self._carrier, now, self._silent_after)):
            await self._give_up(turn, now)
        outlived = self._board.outlived(self._carrier, now)
        if outlived:
            await self._publisher.publish([memory.tombstone(partition.memories[key]) for partition, key in outlived])
        for partition, key in outlived:
            partition.memories.pop(key, None)

    async def _give_up(self, turn: Turn, now: datetime) -> None:
        await announce(self._publisher, [silence_of(turn.parcel, self._silent_after)], now)
        if turn.parcel.memory is None:
            nth = max(turn.partition.spent(self._carrier).on(day_of(now)), 1)
            turn.parcel.remember(memory.of_question(turn.parcel, now, nth))
        assert turn.parcel.memory is not None
        await self._remember(turn, turn.parcel.memory.model_copy(update={"given_up_at": now}))
        get_logger().info("parcel_silent", carrier=self._carrier)


def new_client() -> httpx.AsyncClient:
    """No redirects: a carrier that moves is a change somebody has to make."""
    return httpx.AsyncClient(timeout=ANSWER_DEADLINE.total_seconds(), follow_redirects=False)


async def run_poller(poller: CarrierPoller, stop: asyncio.Event) -> None:
    """As many workers as questions may be on their way at once."""

    async def work() -> None:
        rest = Backoff(stop)
        while not stop.is_set():
            await rest.pause(await poller.step())

    await asyncio.gather(*(work() for _ in range(poller.limits.concurrency)))


def carriers_zones(access: Iterable[CarrierAccess]) -> dict[str, str]:
    """By carrier id."""
    return {each.carrier.id: each.carrier.entry.zone for each in access}
