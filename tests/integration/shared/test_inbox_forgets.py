"""The inbox forgets, and yet no message is taken in twice while Kafka can still deliver it again."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from shared.contracts.base import Contract
from shared.contracts.topics import DEAD_RETENTION, TOPICS
from shared.database import Database
from shared.messaging.inbox import Delivery, claim
from shared.messaging.sweeping import INBOX, INBOX_KEEP
from shared.partitions import drop_past_month, make_months, sweep_default
from tests.support.deliveries import delivery, scan
from tests.support.migrated import ask, count

BEGIN = datetime(2026, 1, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def test_ids_are_remembered_for_longer_than_any_topic_keeps_a_message() -> None:
    kept = [topic.retention for topic in TOPICS if topic.retention is not None]
    assert max(*kept, DEAD_RETENTION) < INBOX_KEEP


@dataclass
class Year:
    """A consumer over many months. What happens today may have happened at any time."""

    database: Database
    chance: random.Random
    taken: list[tuple[datetime, Delivery[Contract]]] = field(default_factory=list)

    async def pass_day(self, today: datetime) -> None:
        """Housekeeping at any hour of the day, between news and redeliveries of all that Kafka still holds."""
        doings = [self.hear_news, self.hear_again, self.hear_again, self.keep_small]
        self.chance.shuffle(doings)
        for doing in doings:
            await doing(today)

    async def hear_news(self, today: datetime) -> None:
        batch = [delivery(scan("in_transit", 3), said_at=self._some_time(today)) for _ in range(6)]
        batch = [item for nth, item in enumerate(batch) if nth == 0 or item.envelope.time != batch[0].envelope.time]
        async with self.database.transaction() as tx:
            claimed = await claim(tx, batch)
        assert claimed.fresh == batch
        await ask(
            self.database,
            "UPDATE inbox SET claimed_at = :today WHERE claimed_at > CAST(:now AS timestamptz) - interval '1 hour' "
            "AND event_time = ANY(CAST(:times AS timestamptz[])) RETURNING event_id",
            today=today,
            now=datetime.now(UTC),
            times=[item.envelope.time for item in batch],
        )
        self.taken.extend((today, item) for item in batch)

    def _some_time(self, today: datetime) -> datetime:
        spread = self.chance.choice([2, 2, 40, 400, 4000])
        return today + timedelta(
            days=self.chance.uniform(-spread, spread / 10), microseconds=self.chance.randrange(10**6)
        )

    async def hear_again(self, today: datetime) -> None:
        kept = [item for when, item in self.taken if today - when < INBOX_KEEP - DAY]
        async with self.database.transaction() as tx:
            claimed = await claim(tx, kept)
        assert claimed.fresh == []

    async def keep_small(self, today: datetime) -> None:
        for work in (drop_past_month, sweep_default):
            async with self.database.transaction() as tx:
                await make_months(tx, today.date())
                await work(tx, INBOX, today)


@pytest.mark.parametrize("seed", range(3))
async def test_over_a_year_of_odd_times_nothing_is_taken_in_twice_and_the_inbox_stays_small(
    seed: int, messaging: Database
) -> None:
    year = Year(messaging, random.Random(seed))
    for day in range(0, 365, 4):
        await year.pass_day(BEGIN + day * DAY)
    last = BEGIN + 364 * DAY
    for _ in range(20):
        await year.keep_small(last)
    still = sum(1 for when, item in year.taken if last - max(when, item.envelope.time) < INBOX_KEEP + 32 * DAY)
    assert await count(messaging, "inbox") <= still
