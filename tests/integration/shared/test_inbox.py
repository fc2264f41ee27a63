"""Each event is taken in once, whoever tells it, how often and when."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import pytest

from shared.contracts.base import Contract
from shared.database import Database
from shared.messaging.inbox import Claimed, Delivery, claim
from tests.support.deliveries import delivery, scan
from tests.support.migrated import count


async def claim_in(database: Database, deliveries: Sequence[Delivery[Contract]]) -> Claimed:
    async with database.transaction() as tx:
        return await claim(tx, deliveries)


def ids(deliveries: Sequence[Delivery[Contract]]) -> list[UUID]:
    return [item.envelope.id for item in deliveries]


async def test_an_event_told_again_is_a_duplicate(messaging: Database) -> None:
    told = delivery(scan("in_transit", 3))
    assert ids((await claim_in(messaging, [told])).fresh) == [told.envelope.id]
    again = await claim_in(messaging, [told])
    assert again.fresh == []
    assert again.duplicates == [told]


async def test_of_two_equal_events_in_one_batch_the_first_is_fresh_and_the_second_a_duplicate(
    messaging: Database,
) -> None:
    first, second = delivery(scan("in_transit", 3)), delivery(scan("in_transit", 3))
    claimed = await claim_in(messaging, [first, second])
    assert (claimed.fresh, claimed.duplicates) == ([first], [second])


async def test_fresh_events_keep_the_order_of_the_batch(messaging: Database) -> None:
    batch = [delivery(scan("in_transit", 3 + nth % 20, f"{nth % 24:02}:00")) for nth in range(60)]
    random.Random(7).shuffle(batch)
    assert (await claim_in(messaging, batch)).fresh == batch


async def test_the_same_id_with_other_content_is_handed_on_as_a_conflict(messaging: Database) -> None:
    said = delivery(scan("in_transit", 3, carrier_text="en camino"))
    otherwise = delivery(scan("in_transit", 3, carrier_text="retenido"), id=said.envelope.id)
    await claim_in(messaging, [said])
    claimed = await claim_in(messaging, [otherwise])
    assert [item.conflicting for item in claimed.fresh] == [True]
    assert claimed.duplicates == []


async def test_a_conflict_within_one_batch_is_seen_too(messaging: Database) -> None:
    said = delivery(scan("in_transit", 3, carrier_text="en camino"))
    otherwise = delivery(scan("in_transit", 3, carrier_text="retenido"), id=said.envelope.id)
    claimed = await claim_in(messaging, [said, otherwise])
    assert [(item.data, item.conflicting) for item in claimed.fresh] == [(said.data, False), (otherwise.data, True)]


async def test_what_a_rolled_back_transaction_claimed_is_fresh_again(messaging: Database) -> None:
    told = delivery(scan("in_transit", 3))
    with pytest.raises(ZeroDivisionError):
        async with messaging.transaction() as tx:
            await claim(tx, [told])
            raise ZeroDivisionError
    assert (await claim_in(messaging, [told])).fresh == [told]


async def test_a_second_claimer_waits_for_the_first_and_then_has_a_duplicate(messaging: Database) -> None:
    told = delivery(scan("in_transit", 3))
    async with messaging.transaction() as tx:
        await claim(tx, [told])
        second = asyncio.create_task(claim_in(messaging, [told]))
        done, _ = await asyncio.wait([second], timeout=0.2)
        assert not done, "the second claimer must not decide before the first has committed"
    assert (await second).duplicates == [told]


async def test_many_claimers_in_any_order_take_each_event_exactly_once_and_never_deadlock(messaging: Database) -> None:
    batch = [delivery(scan("in_transit", 1 + nth % 28, of=("seur", f"P{nth}"))) for nth in range(3_000)]
    chance = random.Random(11)
    listed = [batch, batch[::-1], *(chance.sample(batch, len(batch)) for _ in range(4))]
    claims = await asyncio.gather(*(claim_in(messaging, part) for part in listed))
    won = Counter(item.envelope.id for claimed in claims for item in claimed.fresh)
    assert won == Counter(ids(batch))
    assert sum(len(claimed.duplicates) for claimed in claims) == 5 * len(batch)


async def test_an_event_from_another_century_is_kept_in_the_default_partition_and_claimed_once(
    messaging: Database,
) -> None:
    old = delivery(scan("in_transit", 3), said_at=datetime(1987, 1, 2, tzinfo=UTC))
    await claim_in(messaging, [old])
    assert await count(messaging, "inbox_default") == 1
    assert (await claim_in(messaging, [old])).duplicates == [old]
