"""One parcel that is asked for: what tracking wants, what the poller remembers, and what to make of it.

The memory (`Poll`) outlives the process; the rest is made from it and from the watch.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from services.carrier_gateway.parts.zones import zone_of
from services.carrier_gateway.polling.asking import Validators
from services.carrier_gateway.polling.breaker import parcel_pause
from services.carrier_gateway.polling.outlook import Forecast, Known, is_over
from shared.contracts.polls import MOST_MARKS, Poll
from shared.contracts.shipments import ShipmentEvent
from shared.contracts.vocabulary import Stage
from shared.contracts.watches import Watch

LEAST_WORTH = 0.08
"""Expected changes. A parcel with less to be gained is not asked about, however much quota is left."""
LOOKED_AT_EVERY = timedelta(minutes=5)
UNANSWERED_PAUSE = timedelta(minutes=5)
"""A question whose answer is not known is on its way, perhaps by the poller that held this parcel before."""
NOT_YET_PAUSE = timedelta(minutes=30)
NOT_YET_FOR = timedelta(days=1)
UNTOLD_ZONE = "UTC"


@dataclass
class Parcel:
    """`watched_at`: when tracking last said that it wants news of it, and so heard of it itself. `asking`: a question
    is on its way. `validators`: what the carrier calls its last answer; forgotten with the process, so that a new
    version of an adapter reads every answer once.
    """

    watch: Watch
    watched_at: datetime
    zone: str = UNTOLD_ZONE
    memory: Poll | None = None
    asking: bool = False
    found: bool = True
    validators: Validators | None = None
    _forecast: Forecast | None = field(default=None, repr=False)
    _dull_until: datetime | None = field(default=None, repr=False)

    def watch_again(self, watch: Watch, at: datetime) -> None:
        """Tracking says it anew: it has heard something, from us or from elsewhere."""
        self.watch, self.watched_at = watch, max(at, self.watched_at)
        self.look_anew()

    def remember(self, memory: Poll) -> None:
        self.memory = memory
        self.look_anew()

    def forget(self) -> None:
        self.memory = None
        self.look_anew()

    def look_anew(self) -> None:
        """What is known has changed."""
        self._forecast = self._dull_until = None

    @property
    def answered(self) -> Poll | None:
        """The memory, where it knows better than the watch: whoever spoke last does."""
        memory = self.memory
        if memory is None or memory.answered_at is None:
            return None
        pushed = self.watch.stage not in (None, memory.stage) and memory.answered_at < self.watched_at
        return None if pushed else memory

    @property
    def stage(self) -> Stage | None:
        answered = self.answered
        return (answered.stage if answered is not None else None) or self.watch.stage

    @property
    def heard_at(self) -> datetime:
        """When there was last something new about it."""
        news = self.memory.news_at if self.memory is not None else None
        return max(self.watched_at, news or self.watched_at)

    @property
    def given_up(self) -> bool:
        """Until tracking wants it again."""
        at = self.memory.given_up_at if self.memory is not None else None
        return at is not None and at >= self.watched_at

    def silent_at(self, after: timedelta) -> datetime:
        """When it will have been silent for so long; not before the day on which its carrier expects it."""
        eta = self.memory.eta if self.memory is not None else None
        return max(self.heard_at, eta.until if eta is not None else self.heard_at) + after

    def worth(self, now: datetime, pace: float) -> float:
        """What a question now is worth (see Forecast.worth); nothing while it must not be asked about."""
        if self.asking or is_over(self.stage) or (self._dull_until is not None and now < self._dull_until):
            return 0.0
        memory = self.memory
        if memory is not None and (self.given_up or now < memory.asked_at + _pause_after(memory) * pace):
            return 0.0
        worth = self._forecast_of(pace).worth(now, pace)
        if worth < LEAST_WORTH and self._is_new(now, pace):
            return LEAST_WORTH
        if worth < LEAST_WORTH:
            self._dull_until = now + LOOKED_AT_EVERY * pace
            return 0.0
        return worth

    def _is_new(self, now: datetime, pace: float) -> bool:
        """Never answered for, or a young number that its carrier did not know: there is no forecast to go by."""
        memory = self.memory
        if memory is None or memory.answered_at is None:
            return True
        young = not self.found and now - self.watch.since < NOT_YET_FOR
        return young and now - memory.asked_at >= NOT_YET_PAUSE * pace

    def _forecast_of(self, pace: float) -> Forecast:
        if self._forecast is None:
            self._forecast = Forecast(self._known(), keeps_hours=pace >= 1)
        return self._forecast

    def _known(self) -> Known:
        zone, answered = zone_of(self.watch.country, self.watch.postal_code, self.zone), self.answered
        if answered is None or answered.answered_at is None:
            eta = self.memory.eta if self.memory is not None else None
            return Known(self.stage, self.watched_at, self.watched_at, eta, zone)
        since = answered.news_at or self.watch.since
        return Known(self.stage, answered.answered_at, min(since, answered.answered_at), answered.eta, zone)

    def news_in(self, events: Iterable[ShipmentEvent]) -> tuple[ShipmentEvent, ...]:
        """What has not been told yet; told before with other words, or another expected arrival, it is news as well."""
        told = set(self.memory.told) if self.memory is not None else set[str]()
        return tuple(
            event
            for event in events
            if mark_of(event, whole=False) not in told or (event.eta is not None and mark_of(event) not in told)
        )


def _pause_after(memory: Poll) -> timedelta:
    if memory.answered_at is None or memory.answered_at < memory.asked_at:
        return max(UNANSWERED_PAUSE, parcel_pause(memory.failures))
    return timedelta(0)


def after_telling(
    memory: Poll, answered: tuple[ShipmentEvent, ...], fresh: tuple[ShipmentEvent, ...], now: datetime
) -> Poll:
    """The memory once `fresh` is safe with the broker; `answered` is all that the carrier said, oldest first."""
    heard = {"answered_at": now, "failures": 0}
    if not answered:
        return memory.model_copy(update=heard)
    marks = dict.fromkeys(memory.told)
    marks |= dict.fromkeys(mark for event in fresh for mark in (mark_of(event, whole=False), mark_of(event)))
    newest = answered[-1].occurred_at
    staged = [event.stage for event in answered if event.stage is not Stage.UNKNOWN]
    told = {
        "told": tuple(marks)[-MOST_MARKS:],
        "stage": staged[-1] if staged else memory.stage,
        "eta": next((event.eta for event in reversed(answered) if event.eta is not None), memory.eta),
        "news_at": max(newest, memory.news_at or newest),
    }
    return memory.model_copy(update=heard | told)


def mark_of(event: ShipmentEvent, *, whole: bool = True) -> str:
    """A digest of all that is said; without what is expected unless `whole`."""
    said = event if whole else event.model_copy(update={"eta": None})
    return hashlib.blake2b(said.to_json(), digest_size=6).hexdigest()
