"""Time passing is a fact too: a promised day that is over is told once, and only where it is news."""

from __future__ import annotations

import asyncio
from datetime import date, datetime, timedelta

from services.tracking.watch import BATCH, LOOK_AGAIN_AFTER, look_once
from shared.contracts.orders import Promise
from shared.contracts.vocabulary import Step
from shared.shops import PromiseRules
from tests.support.deliveries import CORREOS, SEUR, at, order, scan
from tests.support.migrated import ask
from tests.support.tracking_world import FARO, Tracking, announcer_for

TUESDAY = Promise(deliver_until=date(2026, 3, 10))
DAY_AFTER = at(10, "23:00")  # midnight in Madrid


async def look(tracking: Tracking, now: datetime) -> int:
    return await look_once(tracking.database, tracking.announcer, now)


async def delays(tracking: Tracking) -> list[tuple[str | None, str]]:
    return [
        (step.parcel.key if step.parcel else None, step.occurrence)
        for step in await tracking.steps()
        if step.step is Step.DELAYED
    ]


async def test_a_broken_promise_is_told_once_on_the_day_after(tracking: Tracking) -> None:
    await tracking.tell(order("shipped", parcels=[SEUR], promise=TUESDAY), scan("in_transit", 5))
    assert await look(tracking, DAY_AFTER - timedelta(minutes=1)) == 0
    assert await look(tracking, DAY_AFTER) == 1
    assert await delays(tracking) == [("/".join(SEUR), "promise:2026-03-10")]
    for hours in range(48):
        assert await look(tracking, DAY_AFTER + timedelta(hours=hours)) == 0
    assert len(await delays(tracking)) == 1


async def test_a_kept_promise_is_not_looked_at_again(tracking: Tracking) -> None:
    await tracking.tell(order("shipped", parcels=[SEUR], promise=TUESDAY), scan("delivered", 9))
    assert await look(tracking, DAY_AFTER) == 0
    assert await delays(tracking) == []


async def test_a_parcel_that_is_out_for_delivery_on_the_day_after_is_looked_at_again_later(tracking: Tracking) -> None:
    await tracking.tell(order("shipped", parcels=[SEUR], promise=TUESDAY), scan("out_for_delivery", 11, "06:00"))
    assert await look(tracking, at(11, "07:00")) == 1
    assert await delays(tracking) == []
    assert await look(tracking, at(11, "07:30")) == 0
    await tracking.tell(scan("in_transit", 11, "19:00"))  # back in the depot
    assert await look(tracking, at(11, "07:00") + LOOK_AGAIN_AFTER + timedelta(hours=7)) == 1
    assert len(await delays(tracking)) == 1


async def test_each_parcel_that_is_late_is_told_by_itself(tracking: Tracking) -> None:
    await tracking.tell(order("shipped", parcels=[SEUR, CORREOS], promise=TUESDAY), scan("delivered", 9))
    await look(tracking, DAY_AFTER)
    assert await delays(tracking) == [("/".join(CORREOS), "promise:2026-03-10")]


async def test_a_new_promise_can_be_broken_anew(tracking: Tracking) -> None:
    await tracking.tell(order("shipped", 1, parcels=[SEUR], promise=TUESDAY), scan("in_transit", 5))
    await look(tracking, DAY_AFTER)
    later = Promise(deliver_until=date(2026, 3, 12))
    await tracking.tell(order("shipped", 2, parcels=[SEUR], promise=later))
    await look(tracking, at(12, "23:00"))
    assert [occurrence for _, occurrence in await delays(tracking)] == ["promise:2026-03-10", "promise:2026-03-12"]


async def test_an_order_without_any_parcel_can_be_late_as_a_whole(tracking: Tracking) -> None:
    await tracking.tell(order("preparing", promise=TUESDAY))
    await look(tracking, DAY_AFTER)
    assert await delays(tracking) == [(None, "promise:2026-03-10")]


async def test_a_shop_that_does_not_want_it_is_not_looked_at(tracking: Tracking) -> None:
    quiet = FARO.model_copy(update={"promise": PromiseRules(announce_broken=False)})
    tracking = Tracking(tracking.database, announcer_for(quiet))
    await tracking.tell(order("shipped", parcels=[SEUR], promise=TUESDAY))
    assert await look(tracking, DAY_AFTER) == 0


async def test_several_watchers_share_the_work_and_tell_each_order_once(tracking: Tracking) -> None:
    number = BATCH * 2 + 7
    ids = [f"A-{n}" for n in range(number)]
    await tracking.tell(
        *(order("shipped", order_id=name, parcels=[("seur", f"P{name}")], promise=TUESDAY) for name in ids)
    )
    looked = await asyncio.gather(*(look(tracking, DAY_AFTER) for _ in range(4)))
    looked.append(await look(tracking, DAY_AFTER))
    assert sum(looked) == number
    late = [step.order_id for step in await tracking.steps() if step.step is Step.DELAYED]
    assert sorted(late) == sorted(ids)


async def test_a_scan_that_comes_while_the_promise_is_looked_at_is_not_lost(tracking: Tracking) -> None:
    for n in range(20):
        name, parcel = f"A-{n}", ("seur", f"P{n}")
        await tracking.tell(order("shipped", order_id=name, parcels=[parcel], promise=TUESDAY))
        await asyncio.gather(tracking.tell(scan("delivered", 11, of=parcel)), look(tracking, at(11, "12:00")))
        (row,) = await ask(tracking.database, "SELECT state, check_at FROM orders WHERE order_id = :id", id=name)
        assert (row["state"], row["check_at"]) == ("delivered", None)
