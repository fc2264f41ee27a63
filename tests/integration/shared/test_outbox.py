"""What a transaction decided to say is said, in order, by one relay at a time, whatever breaks in between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import cast

from shared.contracts.envelope import Outgoing
from shared.database import Database
from shared.messaging import outbox
from shared.messaging.publish import ACK_DEADLINE, Publisher
from shared.processes import Runtime
from tests.support.migrated import ask, count, opened
from tests.support.recording_publisher import RecordingPublisher
from tests.support.waiting import until

RELAYS = "backend_type = 'client backend' AND application_name LIKE 'relay%' AND datname = current_database()"


def message(nth: int, key: bytes | None = b"demo/A-1001", value: bytes | None = b"{}") -> Outgoing:
    return Outgoing("steps", key, value, [("ce_id", str(nth).encode())])


def said(publisher: RecordingPublisher) -> list[int]:
    return [int(dict(item.headers)["ce_id"]) for item in publisher.messages]


async def write(database: Database, *messages: Outgoing) -> None:
    async with database.transaction() as tx:
        await outbox.append(tx, messages)


@asynccontextmanager
async def relaying(url: str, publisher: RecordingPublisher, name: str = "relay") -> AsyncIterator[Runtime]:
    """One relay process with a pool of its own."""
    runtime = Runtime("test", ("relay",))
    async with opened(url, name, pool_size=2) as database:
        running = asyncio.create_task(outbox.Relay(database, cast("Publisher", publisher), runtime).run())
        try:
            yield runtime
        finally:
            runtime.stop.set()
            await asyncio.wait_for(running, 10)


async def all_published(database: Database) -> bool:
    return await count(database, "outbox", "published_at IS NULL") == 0


class Meddling(RecordingPublisher):
    """Lets something happen after the broker has acknowledged a batch and before the relay can note it."""

    def __init__(self, meddle: Callable[[], Awaitable[None]]) -> None:
        super().__init__()
        self._meddle: Callable[[], Awaitable[None]] | None = meddle

    async def publish(self, messages: Sequence[Outgoing], deadline: timedelta = ACK_DEADLINE) -> None:
        await super().publish(messages, deadline)
        if self._meddle is not None:
            meddle, self._meddle = self._meddle, None
            await meddle()


class CutOff(RecordingPublisher):
    """Has no broker until `away` is set to False, and counts how often it was asked meanwhile."""

    def __init__(self) -> None:
        super().__init__()
        self.away, self.refusals = True, 0

    async def publish(self, messages: Sequence[Outgoing], deadline: timedelta = ACK_DEADLINE) -> None:
        self.refusals += self.away
        await super().publish(messages, deadline)

    async def was_asked(self) -> bool:
        return self.refusals > 0


async def end_relay_sessions(database: Database, name: str = "relay%") -> None:
    await ask(
        database,
        f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {RELAYS} AND application_name LIKE :name",
        name=name,
    )


async def test_messages_are_published_in_the_order_in_which_they_were_written(
    database: str, messaging: Database
) -> None:
    publisher = RecordingPublisher()
    wanted = list(range(1_300))  # more than two batches
    for start in range(0, len(wanted), 100):
        await write(messaging, *(message(nth) for nth in wanted[start : start + 100]))
    async with relaying(database, publisher):
        await until(lambda: all_published(messaging), "the outbox is empty")
    assert said(publisher) == wanted


async def test_a_message_goes_out_with_its_key_value_and_headers_as_they_were_written(
    database: str, messaging: Database
) -> None:
    odd = [
        Outgoing("dead", None, b"\x00\xff not text", [("traceparent", b"\xfe\x00"), ("traceparent", b"twice")]),
        Outgoing("watches", "demo/ñ".encode(), None, []),
    ]
    await write(messaging, *odd)
    publisher = RecordingPublisher()
    async with relaying(database, publisher):
        await until(lambda: all_published(messaging), "the outbox is empty")
    assert publisher.messages == odd


async def test_what_a_rolled_back_transaction_wrote_is_never_said(database: str, messaging: Database) -> None:
    async with messaging.transaction() as tx:
        await outbox.append(tx, [message(1)])
        await tx.rollback()
    await write(messaging, message(2))
    publisher = RecordingPublisher()
    async with relaying(database, publisher):
        await until(lambda: all_published(messaging), "the outbox is empty")
    assert said(publisher) == [2]


async def test_a_transaction_with_a_lower_id_that_commits_late_is_not_lost(database: str, messaging: Database) -> None:
    publisher = RecordingPublisher()
    async with relaying(database, publisher):
        async with messaging.transaction() as slow:
            await outbox.append(slow, [message(1)])
            await write(messaging, message(2))
            await until(lambda: all_published(messaging), "the quick one is published")
            assert said(publisher) == [2]
        await until(lambda: all_published(messaging), "the late one is published")
    assert said(publisher) == [2, 1]


async def test_of_two_relays_only_one_publishes_and_the_other_follows_when_it_stops(
    database: str, messaging: Database
) -> None:
    first, second = RecordingPublisher(), RecordingPublisher()
    async with relaying(database, first, "relay-1") as leader:
        await write(messaging, message(1))
        await until(lambda: all_published(messaging), "the leader publishes")
        async with relaying(database, second, "relay-2"):
            await until(lambda: connected(messaging, "relay-2"), "the follower is there")
            for nth in range(2, 30):
                await write(messaging, message(nth))
            await until(lambda: all_published(messaging), "the leader goes on")
            assert second.messages == []
            leader.stop.set()
            await write(messaging, message(30))
            await until(lambda: all_published(messaging), "the follower takes over")
    assert said(first) + said(second) == list(range(1, 31))
    assert said(second) == [30]


async def connected(database: Database, name: str) -> bool:
    return await count(database, "pg_stat_activity", f"{RELAYS} AND application_name = '{name}'") > 0


async def test_when_the_leader_loses_its_connection_another_relay_goes_on(database: str, messaging: Database) -> None:
    async def leave_for_good() -> None:
        broken.away = True
        await end_relay_sessions(messaging, "relay-1")

    broken, healthy = Meddling(leave_for_good), RecordingPublisher()
    await write(messaging, message(1))
    async with relaying(database, broken, "relay-1"), relaying(database, healthy, "relay-2"):
        await until(lambda: all_published(messaging), "the other relay publishes")
    assert set(said(broken)) | set(said(healthy)) == {1}
    assert said(healthy) == [1]


async def test_a_batch_published_but_not_noted_is_published_again_with_the_same_ids(
    database: str, messaging: Database
) -> None:
    async def lose_the_connection() -> None:
        await end_relay_sessions(messaging)

    publisher = Meddling(lose_the_connection)
    await write(messaging, message(1), message(2))
    async with relaying(database, publisher):
        await until(lambda: all_published(messaging), "the batch is noted")
    assert said(publisher) == [1, 2, 1, 2]
    assert publisher.messages[:2] == publisher.messages[2:]


async def test_while_the_broker_is_away_nothing_is_noted_and_afterwards_everything_is_said_once(
    database: str, messaging: Database
) -> None:
    publisher = CutOff()
    await write(messaging, message(1), message(2))
    async with relaying(database, publisher):
        await until(publisher.was_asked, "the relay has tried")
        assert await count(messaging, "outbox", "published_at IS NULL") == 2
        publisher.away = False
        await until(lambda: all_published(messaging), "the outbox is empty")
    assert said(publisher) == [1, 2]


async def test_a_relay_that_cannot_reach_the_broker_does_not_keep_the_lead(database: str, messaging: Database) -> None:
    cut_off, healthy = CutOff(), RecordingPublisher()
    await write(messaging, message(1))
    async with relaying(database, cut_off, "relay-1"):
        await until(cut_off.was_asked, "the first relay leads and has tried")
        async with relaying(database, healthy, "relay-2"):
            await until(lambda: all_published(messaging), "the relay with a broker publishes")
    assert said(healthy) == [1]
