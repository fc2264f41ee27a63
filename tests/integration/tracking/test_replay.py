"""A dead letter goes back byte for byte, once, and is found again if it fails again."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence

import pytest

from sandbox.backends.servers import Broker
from services.tracking.ops.replay import LIMIT_BYTES, AlreadyReplayed, NoSuchLetter, Unpublishable, replay
from shared.contracts.envelope import Headers, Outgoing
from shared.contracts.shipments import ShipmentEvent
from shared.database import Database
from shared.messaging.dead_letters import DeadLetter, bury, headers_of
from shared.messaging.failures import Poison
from tests.support.consuming import Line, Notebook, all_counted, new_line, numbered, references, relaying
from tests.support.migrated import ask, count
from tests.support.waiting import until

TOPIC = "shop.orders.v1"
ODD: Headers = [("ce_id", b"1"), ("trace", b"\x00\xff\x80"), ("empty", b""), ("a\x00b", b"nul"), ("ñ", "ñ".encode())]


def letter(value: bytes | None = b"\x00not JSON", headers: Headers = ODD, offset: int = 7) -> DeadLetter:
    return DeadLetter(TOPIC, 0, offset, b"demo/A-1001", value, headers, "invalid: not JSON")


async def bury_one(store: Database, buried: DeadLetter) -> int:
    async with store.transaction() as tx:
        await bury(tx, [buried], "test")
    (row,) = await ask(store, "SELECT max(id) AS id FROM dead_letters")
    await ask(store, "DELETE FROM outbox RETURNING id")
    return int(row["id"])


async def replay_one(store: Database, number: int, *, again: bool = False) -> None:
    async with store.transaction() as tx:
        await replay(tx, number, {TOPIC}, again=again)


async def test_key_value_and_headers_are_what_kafka_gave_with_the_letters_number_beside_them(store: Database) -> None:
    number = await bury_one(store, letter())
    await replay_one(store, number)
    (row,) = await ask(store, "SELECT topic, key, value, headers FROM outbox")
    assert (row["topic"], row["key"], row["value"]) == (TOPIC, b"demo/A-1001", b"\x00not JSON")
    sent = [(name, value.encode("latin-1")) for name, value in json.loads(row["headers"])]
    assert sent == [*ODD, ("hito_replay_of", str(number).encode())]


async def test_headers_are_kept_byte_for_byte(store: Database) -> None:
    await bury_one(store, letter())
    (row,) = await ask(store, "SELECT headers FROM dead_letters")
    assert headers_of(row["headers"]) == ODD


async def test_a_second_replay_has_to_be_meant(store: Database) -> None:
    number = await bury_one(store, letter(value=None))
    await replay_one(store, number)
    with pytest.raises(AlreadyReplayed):
        await replay_one(store, number)
    assert await count(store, "outbox") == 1
    await replay_one(store, number, again=True)
    assert await count(store, "outbox") == 2


async def test_of_many_who_ask_at_once_one_replays_it(store: Database) -> None:
    number = await bury_one(store, letter())
    answers = await asyncio.gather(*(replay_one(store, number) for _ in range(6)), return_exceptions=True)
    assert sorted(type(answer).__name__ for answer in answers) == ["AlreadyReplayed"] * 5 + ["NoneType"]
    assert await count(store, "outbox") == 1


@pytest.mark.parametrize("size", [LIMIT_BYTES, 2 * LIMIT_BYTES])
async def test_what_no_broker_takes_is_refused_and_stays_as_it_was(store: Database, size: int) -> None:
    number = await bury_one(store, letter(b"x" * size))
    with pytest.raises(Unpublishable, match="bytes"):
        await replay_one(store, number)
    assert await count(store, "dead_letters", "replayed_at IS NULL") == 1
    assert await count(store, "outbox") == 0


async def test_a_topic_that_nobody_reads_any_more_is_said(store: Database) -> None:
    number = await bury_one(store, letter())
    async with store.transaction() as tx:
        with pytest.raises(Unpublishable, match="nobody here reads"):
            await replay(tx, number, {"another.topic"})


async def test_a_letter_that_does_not_exist_is_said(store: Database) -> None:
    with pytest.raises(NoSuchLetter):
        await replay_one(store, 99)


class Unwilling:
    """A handler that refuses everything until somebody has mended it."""

    def __init__(self) -> None:
        self.mended = False

    def __call__(self, events: Sequence[ShipmentEvent]) -> None:
        if events and not self.mended:
            raise Poison("unknown shop: it is not configured here")


async def buried(store: Database, letters: int) -> bool:
    return await count(store, "dead_letters") == letters


async def replay_on(line: Line, store: Database, number: int) -> None:
    async with store.transaction() as tx:
        await replay(tx, number, {line.topic.name})


async def test_what_fails_again_is_a_new_letter_that_names_the_first_and_once_mended_it_is_taken_in(
    broker: Broker, store: Database
) -> None:
    line, unwilling = await new_line(broker), Unwilling()
    await line.publish(Outgoing(line.topic.name, b"k", b"{", [*line.outgoing(numbered([1])[0]).headers]))
    await line.publish(*numbered([2]))
    async with relaying(broker, store), line.consuming(store, Notebook(unwilling)):
        await until(lambda: buried(store, 2), "both are buried")
        second = (await ask(store, 'SELECT id FROM dead_letters ORDER BY "offset" DESC LIMIT 1'))[0]["id"]
        await replay_on(line, store, second)
        await until(lambda: buried(store, 3), "it is buried again under new coordinates")
        rows = await ask(store, 'SELECT id, "offset", headers FROM dead_letters ORDER BY "offset"')
        third = rows[-1]
        assert ("hito_replay_of", str(second).encode()) in headers_of(third["headers"])
        unwilling.mended = True
        await replay_on(line, store, third["id"])
        await until(lambda: all_counted(line, 4), "it is taken in")
    assert await references(store) == ["P2"]
