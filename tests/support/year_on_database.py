"""Lives a part of a simulated year on the real tables: facts through the intake, time through the watch and its index.

Facts are handed over hour by hour, and the watch looks at the instant that the index names, never in between.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby

from services.tracking.watch import look_once
from shared.contracts.steps import StepReached
from shared.contracts.topics import TRACKING_STEPS
from shared.contracts.vocabulary import Step
from tests.support.deliveries import delivery
from tests.support.migrated import ask
from tests.support.tracking_world import Tracking
from tests.support.year.lives import Notice
from tests.support.year.stories import Arrival

_AND_THEN = timedelta(days=60)
"""How long the watch goes on after the last fact."""


class YearOnDatabase:
    """Answers, like its sibling in memory, with the notices of lateness as they were announced."""

    def __init__(self, tracking: Tracking) -> None:
        self._tracking = tracking
        self._due: datetime | None = None
        self._published = 0
        self._notices: list[Notice] = []
        self.looks = 0

    async def live(self, arrivals: Iterable[Arrival]) -> Sequence[Notice]:
        now = None
        for batch in _by_the_hour(arrivals):
            waiting = batch
            while waiting:
                await self._until(waiting[0].heard_at)
                told = [each for each in waiting if self._due is None or each.heard_at < self._due]
                now = told[-1].heard_at
                await self._tracking.tell(*(delivery(each.fact, said_at=each.said_at) for each in told))
                await self._read(now)
                waiting = waiting[len(told) :]
        if now is not None:
            await self._until(now + _AND_THEN)
        return self._notices

    async def _until(self, now: datetime) -> None:
        while self._due is not None and self._due <= now:
            self.looks += 1
            looked_at = await look_once(self._tracking.database, self._tracking.announcer, self._due)
            assert looked_at > 0, "what the index names is looked at"
            await self._read(self._due)

    async def _read(self, now: datetime) -> None:
        """What was announced since the last time, and when the index says to look again."""
        rows = await ask(
            self._tracking.database,
            "SELECT o.id, o.value, d.due FROM (SELECT min(check_at) AS due FROM orders) AS d "
            "LEFT JOIN outbox AS o ON o.topic = :topic AND o.id > :known ORDER BY o.id",
            topic=TRACKING_STEPS.name,
            known=self._published,
        )
        self._due = rows[0]["due"]
        for row in rows:
            if row["id"] is not None:
                self._published = row["id"]
                self._note(StepReached.model_validate_json(row["value"]), now)

    def _note(self, step: StepReached, now: datetime) -> None:
        if step.step is Step.DELAYED:
            parcel = step.parcel.key if step.parcel else None
            self._notices.append(Notice(step.shop, step.order_id, parcel, step.occurrence, now, step.still_true))


def _by_the_hour(arrivals: Iterable[Arrival]) -> Iterator[list[Arrival]]:
    for _, batch in groupby(arrivals, key=lambda arrival: arrival.heard_at.replace(minute=0, second=0, microsecond=0)):
        yield list(batch)
