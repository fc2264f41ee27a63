"""Asks carriers about parcels they will not tell us of by themselves, and publishes what is new.

One question at a time per carrier, within its gap and its daily quota. Run one poller: two would ask twice. What an
answer says is published before the next question; while the broker is away nothing more is asked.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable
from datetime import datetime, timedelta

import httpx

from services.carrier_gateway.asking import ANSWER_DEADLINE, Answer
from services.carrier_gateway.health.heard import Heard
from services.carrier_gateway.parts.base import Refusal
from services.carrier_gateway.parts.pull import Query
from services.carrier_gateway.polling import Line, outage_pause
from services.carrier_gateway.publishing import Publishes, announce
from services.carrier_gateway.settings import CarrierAccess
from services.carrier_gateway.tokens import Access
from services.carrier_gateway.watches import WatchBoard, Watched
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


class CarrierPoller:
    """The questions to one carrier. `chance` answers a number in [0, 1)."""

    def __init__(
        self,
        access: CarrierAccess,
        board: WatchBoard,
        publisher: Publishes,
        client: httpx.AsyncClient,
        clock: Callable[[], datetime],
        chance: Callable[[], float],
        heard: Heard,
    ) -> None:
        access = heard.listening(access)
        assert access.carrier.pull is not None
        assert access.key is not None
        self._carrier, pull = access.carrier.id, access.carrier.pull
        self._tell_health = functools.partial(heard.answered, access.carrier)
        self._access = Access(client, pull, access.url or pull.url, access.key)
        self._board, self._publisher = board, publisher
        self._clock, self._chance = clock, chance
        self._line = Line(pull.minimum_gap, pull.daily_quota)
        self._untold: tuple[Watched, tuple[ShipmentEvent, ...]] | None = None

    async def step(self) -> timedelta:
        """Publish what waits, or ask once if something is due. Answers how long to rest before the next step."""
        try:
            if self._untold is not None:
                with spans.root(f"tell again {self._carrier}", spans.SpanKind.INTERNAL):
                    await self._tell(*self._untold)
                return timedelta(0)
            return await self._ask_once()
        except BrokerAway:
            return BROKER_PAUSE

    async def _ask_once(self) -> timedelta:
        now = self._clock()
        watched = self._board.most_due(self._carrier)
        if not self._board.complete or watched is None or watched.due_at is None:
            return LONGEST_REST
        ready_at = max(watched.due_at, self._line.free_at(now))
        if ready_at > now:
            return min(ready_at - now, LONGEST_REST)
        self._line.take(now)
        with spans.root(f"poll {self._carrier}", spans.SpanKind.CLIENT, {"hito.carrier": self._carrier}) as span:
            query = Query(watched.watch.reference, watched.watch.country, watched.watch.postal_code)
            answer = await self._access.ask(query, now)
            failpoint("gateway.poll_after_fetch")
            span.set_attribute("hito.events", len(answer.parsed.events))
            await self._take_in(watched, answer)
        return timedelta(0)

    async def _take_in(self, watched: Watched, answer: Answer) -> None:
        now, refusal = self._clock(), answer.parsed.refusal
        self._tell_health(answer, self._line.left(now))
        get_logger().info(
            "polled", carrier=self._carrier, count=len(answer.parsed.events), reason=answer.malformed or refusal
        )
        if refusal in (Refusal.QUOTA, Refusal.NOT_ALLOWED, Refusal.OUTAGE):
            self._line.close(now + self._pause_after(refusal, answer.retry_after))
            return
        self._line.failures = 0
        if answer.parsed.events:
            watched.stage = answer.parsed.events[-1].stage
        watched.due_at = self._board.next_due(watched, now, found=refusal is None)
        fresh = watched.news_in(answer.parsed.events)
        if fresh:
            self._untold = (watched, fresh)
            await self._tell(watched, fresh)

    def _pause_after(self, refusal: Refusal, retry_after: timedelta | None) -> timedelta:
        """The whole carrier rests; the parcel stays due and is the first to be asked about afterwards."""
        if refusal is Refusal.QUOTA:
            return retry_after or QUOTA_PAUSE
        if refusal is Refusal.NOT_ALLOWED:
            return NOT_ALLOWED_PAUSE
        self._line.failures += 1
        return max(outage_pause(self._line.failures, self._chance()), retry_after or timedelta(0))

    async def _tell(self, watched: Watched, fresh: tuple[ShipmentEvent, ...]) -> None:
        await announce(self._publisher, fresh, self._clock())
        failpoint("gateway.poll_after_publish")
        watched.tell(fresh)
        self._untold = None


def new_client() -> httpx.AsyncClient:
    """No redirects: a carrier that moves is a change somebody has to make."""
    return httpx.AsyncClient(timeout=ANSWER_DEADLINE.total_seconds(), follow_redirects=False)


async def run_poller(poller: CarrierPoller, stop: asyncio.Event) -> None:
    rest = Backoff(stop)
    while not stop.is_set():
        pause = await poller.step()
        await rest.pause(pause)
