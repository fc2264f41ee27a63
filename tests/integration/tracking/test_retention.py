"""Orders that are over are forgotten with all that hangs on them, nothing else is, and none is ever told anew."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest
from sqlalchemy.exc import DBAPIError

from services.tracking.queries import order_story
from services.tracking.retention import (
    OF_AN_ORDER,
    SETTLED_AFTER,
    ParkedParcels,
    RetentionSettings,
    forget_orders,
    raise_horizons,
    timeline_months,
    too_old,
)
from services.tracking.store import OrderKey
from shared.contracts.orders import Order
from shared.contracts.vocabulary import Verdict
from shared.database import run
from shared.partitions import drop_past_month, make_months, sweep_default
from tests.support.deliveries import CORREOS, ORDER, SEUR, at, delivery, order, outcome, scan
from tests.support.migrated import ask, count
from tests.support.tracking_world import Tracking

SETTINGS = RetentionSettings()
KEEP = SETTINGS.keep_orders
HOUR = timedelta(hours=1)
OVER = at(6) + KEEP + HOUR
"""When an order that was finished on the sixth may go."""
TABLES = (*OF_AN_ORDER, "parcels")


async def finish(tracking: Tracking, order_id: str = ORDER, of: tuple[str, str] = SEUR) -> None:
    """An order placed on the second, delivered on the sixth; its buyer heard of it."""
    await tracking.tell(order("confirmed", order_id=order_id, parcels=[of]))
    await tracking.tell(scan("in_transit", 4, of=of), scan("delivered", 6, of=of))
    (first, *_) = [step for step in await tracking.steps() if step.order_id == order_id]
    await tracking.tell(outcome(first, Verdict.SENT, "accepted"))


async def forget(tracking: Tracking, now: datetime) -> int:
    async with tracking.database.transaction() as tx:
        await run(tx, "SET LOCAL lock_timeout = '300ms'")
        return await forget_orders(tx, now, KEEP)


async def announce(tracking: Tracking, now: datetime) -> None:
    """Write down up to which day orders will be forgotten."""
    async with tracking.database.transaction() as tx:
        await raise_horizons(tx, now, KEEP)


async def keep_house(tracking: Tracking, now: datetime) -> int:
    """As the hourly duty does it, twice: an hour before and now."""
    await announce(tracking, now - HOUR)
    return await forget(tracking, now)


async def refused(tracking: Tracking, *orders: Order) -> set[OrderKey]:
    async with tracking.database.transaction() as tx:
        return await too_old(tx, orders)


async def known(tracking: Tracking) -> list[str]:
    return [row["order_id"] for row in await ask(tracking.database, "SELECT order_id FROM orders ORDER BY order_id")]


async def test_an_order_that_is_over_for_long_enough_goes_with_everything_that_hangs_on_it(tracking: Tracking) -> None:
    await finish(tracking)
    assert [await count(tracking.database, table) > 0 for table in TABLES] == [True] * len(TABLES)
    assert await keep_house(tracking, OVER) == 0, "an hour ago it was not over for long enough"
    assert await keep_house(tracking, OVER + HOUR) == 1
    assert {table: await count(tracking.database, table) for table in TABLES} == dict.fromkeys(TABLES, 0)
    async with tracking.database.transaction() as tx:
        assert await order_story(tx, "demo", ORDER) is None


async def test_every_table_with_rows_of_an_order_is_thought_of(tracking: Tracking) -> None:
    rows = await ask(
        tracking.database,
        "SELECT table_name AS name FROM information_schema.columns WHERE table_schema = 'public' "
        "AND column_name IN ('shop', 'order_id') GROUP BY table_name HAVING count(*) = 2",
    )
    kept_for_good = {"erasures"}
    assert {row["name"] for row in rows} - kept_for_good == set(OF_AN_ORDER)


async def test_other_orders_stay(tracking: Tracking) -> None:
    await finish(tracking)
    await tracking.tell(order("confirmed", order_id="A-2", parcels=[CORREOS], placed_at=at(3)))
    await tracking.tell(order("confirmed", order_id="A-1", shop="other", placed_at=at(20)))
    await tracking.tell(scan("delivered", 25, of=CORREOS))
    assert await keep_house(tracking, OVER + HOUR) == 1
    assert await known(tracking) == ["A-1", "A-2"]


async def test_an_order_placed_long_ago_and_finished_lately_stays(tracking: Tracking) -> None:
    await tracking.tell(order("confirmed", parcels=[SEUR], placed_at=at(2) - KEEP))
    await tracking.tell(scan("delivered", 6))
    assert await keep_house(tracking, at(10)) == 0


async def test_an_order_of_which_nothing_was_heard_for_so_long_is_given_up(tracking: Tracking) -> None:
    await tracking.tell(order("confirmed", parcels=[SEUR]))
    await tracking.tell(scan("in_transit", 4))
    assert await keep_house(tracking, at(4) + KEEP) == 0
    assert await keep_house(tracking, at(4) + KEEP + 2 * HOUR) == 1


@pytest.mark.parametrize("word", ["scan", "snapshot"])
async def test_a_single_late_word_keeps_an_unfinished_order(word: str, tracking: Tracking) -> None:
    placed = at(2) - KEEP
    await tracking.tell(delivery(order("confirmed", parcels=[SEUR], placed_at=placed), said_at=placed))
    if word == "scan":
        await tracking.tell(scan("in_transit", 4))
    else:
        await tracking.tell(delivery(order("preparing", 2, parcels=[SEUR], placed_at=placed), said_at=at(4)))
    assert await keep_house(tracking, at(3) + 30 * HOUR) == 0
    assert await known(tracking) == [ORDER]


async def test_a_scan_that_claims_to_be_of_the_future_does_not_keep_an_order_for_ever(tracking: Tracking) -> None:
    await tracking.tell(order("confirmed", parcels=[SEUR]))
    await tracking.tell(scan("in_transit", 4))
    await ask(
        tracking.database,
        "INSERT INTO timeline SELECT carrier, reference, '2099-01-01', event_id, 'x', occurred_at, fact FROM timeline "
        "RETURNING carrier",
    )
    assert await keep_house(tracking, at(4) + KEEP + 2 * HOUR) == 1


async def test_nothing_goes_before_its_day_was_written_down_for_longer_than_an_intake_takes(tracking: Tracking) -> None:
    await finish(tracking)
    assert await forget(tracking, OVER + HOUR) == 0
    await announce(tracking, OVER + HOUR)
    assert await refused(tracking, order("confirmed", order_id="A-9")) == {OrderKey("demo", "A-9")}
    soon = OVER + HOUR + SETTLED_AFTER
    assert await forget(tracking, soon - timedelta(seconds=1)) == 0
    assert await forget(tracking, soon) == 1


async def test_the_day_is_not_moved_on_while_the_last_one_is_settling(tracking: Tracking) -> None:
    await finish(tracking)
    await finish(tracking, "A-2", CORREOS)
    await announce(tracking, OVER)
    await tracking.tell(order("cancelled", 2, order_id="A-2", placed_at=at(3)))
    await announce(tracking, OVER + SETTLED_AFTER / 2)
    assert await forget(tracking, OVER + SETTLED_AFTER) == 1
    await announce(tracking, OVER + SETTLED_AFTER)
    assert await forget(tracking, OVER + 2 * SETTLED_AFTER) == 1


async def test_a_forgotten_order_that_is_sent_again_is_too_old_and_an_order_that_is_known_never_is(
    tracking: Tracking,
) -> None:
    await finish(tracking)
    await tracking.tell(order("confirmed", order_id="A-0", placed_at=at(1)))
    await tracking.tell(delivery(order("preparing", 2, order_id="A-0", placed_at=at(1)), said_at=OVER))
    assert await refused(tracking, order("confirmed", order_id="A-9", placed_at=at(1))) == set()
    await keep_house(tracking, OVER + HOUR)
    again = order("confirmed", parcels=[SEUR])
    assert await refused(tracking, again, order("confirmed", 7, order_id="A-0", placed_at=at(1))) == {
        OrderKey("demo", ORDER)
    }


async def test_a_forgotten_order_that_a_shop_sends_again_is_stale_and_announces_nothing(tracking: Tracking) -> None:
    await finish(tracking)
    steps = len(await tracking.steps())
    await keep_house(tracking, OVER + HOUR)
    again = order("confirmed", 2, parcels=[SEUR])
    assert await tracking.tell(again, scan("out_for_delivery", 5)) == ["stale", "parked"]
    assert len(await tracking.steps()) == steps
    assert await known(tracking) == []


async def test_an_order_placed_later_or_with_another_shop_is_not_too_old(tracking: Tracking) -> None:
    await finish(tracking)
    await keep_house(tracking, OVER + HOUR)
    later = order("confirmed", order_id="A-2", placed_at=at(2) + timedelta(days=1))
    elsewhere = order("confirmed", shop="other")
    assert await refused(tracking, later, elsewhere) == set()


async def test_what_a_shop_said_before_it_corrected_the_date_is_too_old_as_well(tracking: Tracking) -> None:
    first = order("confirmed", 1, placed_at=at(5))
    await tracking.tell(delivery(first, said_at=at(5)))
    await tracking.tell(delivery(order("cancelled", 2, placed_at=at(2)), said_at=at(5)))
    assert await keep_house(tracking, OVER + HOUR) == 1
    assert await refused(tracking, first) == {OrderKey("demo", ORDER)}


async def test_a_parcel_of_two_orders_stays_with_its_scans_until_the_last_order_goes(tracking: Tracking) -> None:
    await tracking.tell(order("confirmed", parcels=[SEUR]), order("confirmed", order_id="A-2", parcels=[SEUR]))
    await tracking.tell(scan("in_transit", 4), scan("delivered", 6))
    late = order("confirmed", 2, order_id="A-2", parcels=[SEUR, CORREOS])
    await tracking.tell(delivery(late, said_at=OVER))
    assert await keep_house(tracking, OVER + HOUR) == 1
    assert await known(tracking) == ["A-2"]
    parcels = await ask(tracking.database, "SELECT carrier FROM parcels ORDER BY carrier")
    assert [row["carrier"] for row in parcels] == ["correos", "seur"]
    assert await count(tracking.database, "order_parcels") == 2


async def test_a_month_of_the_timeline_goes_when_its_parcels_are_forgotten(tracking: Tracking) -> None:
    await finish(tracking)
    await make_march(tracking)
    await keep_house(tracking, OVER + HOUR)
    assert await count(tracking.database, "timeline") == 2
    end = datetime.fromisoformat("2026-04-01T00:00:00+00:00") + timeline_months(SETTINGS).keep
    assert await drop_march(tracking, end - timedelta(seconds=1)) == 0
    assert await drop_march(tracking, end) == 1
    assert await count(tracking.database, "timeline") == 0


async def test_the_scans_of_an_order_that_is_kept_outlive_their_month_and_it_goes_on_as_if_nothing_was(
    tracking: Tracking,
) -> None:
    await tracking.tell(order("confirmed", parcels=[SEUR, CORREOS]), scan("in_transit", 4), scan("delivered", 6))
    await make_march(tracking)
    heard = await tracking.heard()
    long_after = at(31) + KEEP + timedelta(days=90)
    assert await drop_march(tracking, long_after) == 1
    assert await count(tracking.database, "timeline_default") == 2
    await tracking.tell(order("confirmed", 2, parcels=[SEUR, CORREOS]))
    await tracking.tell(scan("registered", 3), scan("delivered", 6))
    assert await tracking.heard() == heard
    async with tracking.database.transaction() as tx:
        assert await sweep_default(tx, timeline_months(SETTINGS), long_after) == 0


async def test_odd_scans_of_forgotten_parcels_go_from_the_default_partition(tracking: Tracking) -> None:
    await finish(tracking)
    await tracking.tell(scan("in_transit", 4, of=CORREOS))
    await keep_house(tracking, OVER + HOUR)
    async with tracking.database.transaction() as tx:
        assert await sweep_default(tx, timeline_months(SETTINGS), OVER) == 2
    left = await ask(tracking.database, "SELECT carrier FROM timeline")
    assert [row["carrier"] for row in left] == ["correos"]


async def make_march(tracking: Tracking) -> None:
    """Give the timeline, and nothing else, March 2026."""
    async with tracking.database.transaction() as tx:
        await make_months(tx, at(1).date())
        for month in ("01", "02"):
            await run(tx, f"DROP TABLE IF EXISTS timeline_2026_{month}")


async def drop_march(tracking: Tracking, now: datetime) -> int:
    async with tracking.database.transaction() as tx:
        return await drop_past_month(tx, timeline_months(SETTINGS), now)


async def test_a_parked_parcel_is_forgotten_when_its_last_scan_is_old_and_never_one_that_an_order_names(
    tracking: Tracking,
) -> None:
    await tracking.tell(order("confirmed", parcels=[SEUR]), scan("in_transit", 4))
    await tracking.tell(*(scan("in_transit", 4, of=("seur", f"P{number:04}")) for number in range(700)))
    await tracking.tell(scan("in_transit", 6, of=("seur", "P0007")))
    parked = ParkedParcels(KEEP)
    looked_at = []
    for _ in range(4):
        async with tracking.database.transaction() as tx:
            looked_at.append(await parked.forget(tx, at(5) + KEEP))
    assert looked_at == [500, 200, 0, 1]
    left = await ask(tracking.database, "SELECT reference FROM parcels ORDER BY reference")
    assert [row["reference"] for row in left] == [SEUR[1], "P0007"]


async def test_who_forgets_gives_way_to_an_intake_that_holds_the_order(tracking: Tracking) -> None:
    await finish(tracking)
    await announce(tracking, OVER)
    async with tracking.database.transaction() as tx:
        await run(tx, "UPDATE parcels SET parked = false")
        with pytest.raises(DBAPIError):
            await forget(tracking, OVER + HOUR)
    assert await forget(tracking, OVER + HOUR) == 1


async def test_orders_are_forgotten_while_their_parcels_are_scanned_again_and_both_come_to_an_end(
    tracking: Tracking,
) -> None:
    numbers = range(60)
    parcels = {f"A-{number}": ("seur", f"P{number:04}") for number in numbers}
    await tracking.tell(*(order("confirmed", order_id=name, parcels=[parcel]) for name, parcel in parcels.items()))
    await tracking.tell(*(scan("delivered", 6, of=parcel) for parcel in parcels.values()))
    await announce(tracking, OVER)
    again = [scan("in_transit", 5, f"{hour:02}:00", of=parcel) for hour in range(4) for parcel in parcels.values()]

    async def scan_again() -> None:
        for start in range(0, len(again), 20):
            await tracking.tell(*again[start : start + 20])

    async def forget_all() -> None:
        while await known(tracking):
            try:
                await forget(tracking, OVER + HOUR)
            except DBAPIError:
                await asyncio.sleep(0.01)

    await asyncio.gather(scan_again(), forget_all())
    assert await count(tracking.database, "order_parcels") == 0
    assert await count(tracking.database, "parcels", "NOT parked") == 0
