"""The one consumer loop on a real broker: each fact is taken in once, and what cannot be stops nobody else."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import pytest

from sandbox.backends.servers import Broker
from shared.contracts.shipments import ShipmentEvent
from shared.database import Database
from shared.messaging.consume import TRIES_ALONE
from shared.messaging.failures import Poison
from shared.messaging.watchdog import Watchdog
from tests.support.consuming import Interrupting, Notebook, all_counted, names, new_line, numbered, references
from tests.support.deliveries import scan
from tests.support.migrated import ask, count
from tests.support.waiting import until


class Listening(Watchdog):
    """Counts how often it was told of progress."""

    beats = 0

    def beat(self) -> None:
        super().beat()
        self.beats += 1


async def test_a_fact_told_three_times_is_taken_in_once(broker: Broker, store: Database) -> None:
    line = await new_line(broker)
    await line.publish(*numbered(range(5)), *numbered(range(5)), *numbered([3]))
    async with line.consuming(store, Notebook()):
        await until(lambda: all_counted(line, 11), "all are counted")
    assert await references(store) == names(range(5))
    assert line.counted() == {"applied": 5, "duplicate": 6, "stale": 0, "parked": 0, "dead": 0}
    assert await line.committed() == 11


async def test_what_cannot_be_read_is_buried_with_its_coordinates_and_its_batch_is_applied(
    broker: Broker, store: Database
) -> None:
    line = await new_line(broker)
    good, bad = line.outgoing(numbered([1])[0]), line.outgoing(numbered([2])[0])
    garbage = replace(bad, value=b"\xff\x00{not json")
    foreign = replace(bad, headers=[("ce_specversion", b"0.3"), ("odd", b"\x00\xff"), ("traceparent", b"\x00")])
    incomplete = replace(bad, value=b'{"carrier": "seur", "reference": "P2"}')
    await line.publish(good, garbage, foreign, *numbered([3]), replace(bad, value=None), incomplete, *numbered([4]))
    async with line.consuming(store, Notebook()):
        await until(lambda: all_counted(line, 7), "all are counted")
    assert await references(store) == names([1, 3, 4])
    buried = await ask(store, 'SELECT topic, partition, "offset", reason, handler, value FROM dead_letters ORDER BY id')
    assert [(row["topic"], row["partition"], row["offset"]) for row in buried] == [
        (line.topic.name, 0, offset) for offset in (1, 2, 4, 5)
    ]
    assert [str(row["reason"]).split(":")[0] for row in buried] == ["invalid", "not an event", "no value", "invalid"]
    assert {row["handler"] for row in buried} == {line.group}
    assert buried[0]["value"] == b"\xff\x00{not json"
    assert await line.committed() == 7


async def test_a_dead_letter_is_told_on_its_topic_with_its_bytes_and_where_it_came_from(
    broker: Broker, store: Database
) -> None:
    line = await new_line(broker)
    bad = replace(line.outgoing(numbered([2])[0]), value=b"\xff\x00{not json")
    await line.publish(*numbered([1]), bad)
    async with line.consuming(store, Notebook()):
        await until(lambda: all_counted(line, 2), "both are counted")
    told = await ask(store, "SELECT topic, key, value, headers FROM outbox")
    assert [(row["topic"], row["key"], row["value"]) for row in told] == [(line.topic.dead, b"seur/P2", bad.value)]
    for name in ("ce_id", "dead_reason", "dead_topic", "dead_partition", "dead_offset", "dead_handler"):
        assert f'"{name}"' in str(told[0]["headers"])


async def test_a_fact_that_the_handler_calls_poison_is_buried_and_the_rest_applied(
    broker: Broker, store: Database
) -> None:
    line = await new_line(broker)
    await line.publish(*numbered(range(20)))
    async with line.consuming(store, Notebook(Interrupting(Poison("unknown shop"), "P7"))):
        await until(lambda: all_counted(line, 20), "all are counted")
    assert await references(store) == names([number for number in range(20) if number != 7])
    buried = await ask(store, 'SELECT "offset", reason FROM dead_letters')
    assert [(row["offset"], row["reason"]) for row in buried] == [(7, "unknown shop")]


async def test_an_unexpected_error_is_narrowed_down_to_the_culprit_which_is_tried_again_and_then_buried(
    broker: Broker, store: Database
) -> None:
    line, notebook = await new_line(broker), Notebook(Interrupting(ValueError("lucia@example.com"), "P13"))
    await line.publish(*numbered(range(40)))
    async with line.consuming(store, notebook):
        await until(lambda: all_counted(line, 40), "all are counted")
    assert await references(store) == names([number for number in range(40) if number != 13])
    assert notebook.seen.count(["P13"]) == TRIES_ALONE
    buried = await ask(store, 'SELECT "offset", reason FROM dead_letters')
    assert [(row["offset"], row["reason"]) for row in buried] == [(13, "unexpected: ValueError")]
    assert await line.committed() == 40


async def test_the_watchdog_hears_of_every_step_of_the_search_for_a_culprit(broker: Broker, store: Database) -> None:
    watchdog, culprit, heard = Listening("test"), Interrupting(Poison("unknown shop"), "P13"), list[int]()

    def meddle(events: Sequence[ShipmentEvent]) -> None:
        heard.append(watchdog.beats)
        culprit(events)

    line = await new_line(broker)
    await line.publish(*numbered(range(40)))
    async with line.consuming(store, Notebook(meddle), watchdog=watchdog):
        await until(lambda: all_counted(line, 40), "all are counted")
    assert len(heard) > 5
    assert all(before < after for before, after in pairwise(heard))


async def test_an_error_that_does_not_come_back_buries_nothing(broker: Broker, store: Database) -> None:
    line = await new_line(broker)
    await line.publish(*numbered(range(10)))
    async with line.consuming(store, Notebook(Interrupting(ValueError("once"), "P3", times=2))):
        await until(lambda: all_counted(line, 10), "all are counted")
    assert await references(store) == names(range(10))
    assert await count(store, "dead_letters") == 0


@pytest.mark.parametrize("seed", [3, 17])
async def test_accepted_is_applied_and_duplicate_and_stale_and_parked_and_dead_whatever_comes(
    broker: Broker, store: Database, seed: int
) -> None:
    chance = random.Random(seed)
    line = await new_line(broker, partitions=3)
    messages, expected = [], Counter[str]()
    for number in range(300):
        kind = chance.choice(["applied", "stale", "parked", "duplicate", "dead", "crash"])
        event = scan(
            "in_transit", 3, of=("seur", f"P{number}"), carrier_text=kind if kind in ("stale", "parked") else None
        )
        message = line.outgoing(event)
        if kind == "dead":
            message = replace(message, value=b"{" + chance.randbytes(4).hex().encode())
        elif kind == "crash":
            message = line.outgoing(event.model_copy(update={"carrier_text": "no such word"}))
        copies = chance.randint(2, 4) if kind == "duplicate" else 1
        messages += [message] * copies
        expected["duplicate"] += copies - 1
        expected[{"duplicate": "applied", "crash": "dead"}.get(kind, kind)] += 1
    await line.publish(*messages)
    async with line.consuming(store, Notebook()):
        await until(lambda: all_counted(line, len(messages)), "all are counted")
    assert line.counted() == dict(expected)
    assert sum(line.counted().values()) == len(messages) == await line.committed()
    assert await count(store, "facts") == expected["applied"] + expected["stale"] + expected["parked"]
    assert await count(store, "dead_letters") == expected["dead"]
    assert await count(store, "outbox") == expected["dead"]
