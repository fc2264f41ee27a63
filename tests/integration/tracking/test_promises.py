"""Time passing is a fact too: a promised day that is over is told once, and only where it is news."""

from __future__ import annotations

import asyncio
from datetime import date, datetime, timedelta

from services.tracking.watch import BATCH, look_once
from shared.contracts.orders import Destination, Promise, Shipment
from shared.contracts.shipments import Eta
from shared.contracts.vocabulary import Step
from shared.shops import PromiseRules
from tests.support.deliveries import CORREOS, SEUR, at, order, scan
from tests.support.migrated import ask
from tests.support.tracking_world import FARO, Tracking, announcer_for

TUESDAY = Promise(deliver_until=date(2026, 3, 10))
DAY_AFTER = at(11, "08:00")  # nine in Madrid: the night was grace for scans heard late


async def look(tracking: Tracking, now: datetime) -> int:
    return await look_once(tracking.database, tracking.announcer, now)


async def delays(tracking: Tracking) -> list[tuple[str | None, str]]:
    return [
        (step.parcel.key if step.parcel else None, step.occurrence)
        for step in await tracking.steps()
        if step.step is Step.DELAYED
    ]


async def test_a_broken_promise_is_told_once_on_the_day_after(tracking: Tracking) -> None:
    await tracking.tell(order("shipped", parcels=[SEUR], promise=TUESDAY), scan("in_transit", 9))
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


async def test_a_parcel_that_went_out_only_this_morning_is_told_as_late_all_the_same(tracking: Tracking) -> None:
    await tracking.tell(order("shipped", parcels=[SEUR], promise=TUESDAY), scan("out_for_delivery", 11, "06:00"))
    assert await look(tracking, DAY_AFTER) == 1
    assert await look(tracking, at(11, "08:00")) == 0
    assert (await tracking.heard())[-2:] == ["out_for_delivery", "delayed"]
    (row,) = await ask(tracking.database, "SELECT late FROM orders")
    assert row["late"]


async def test_each_parcel_that_is_late_is_told_by_itself(tracking: Tracking) -> None:
    await tracking.tell(order("shipped", parcels=[SEUR, CORREOS], promise=TUESDAY), scan("delivered", 9))
    await look(tracking, DAY_AFTER)
    assert {parcel for parcel, _ in await delays(tracking)} == {"/".join(CORREOS)}


async def test_a_new_promise_can_be_broken_anew(tracking: Tracking) -> None:
    await tracking.tell(order("shipped", 1, parcels=[SEUR], promise=TUESDAY), scan("in_transit", 5))
    await look(tracking, DAY_AFTER)
    later = Promise(deliver_until=date(2026, 3, 12))
    await tracking.tell(order("shipped", 2, parcels=[SEUR], promise=later))
    await look(tracking, at(13, "08:00"))
    occurrences = [occurrence for _, occurrence in await delays(tracking)]
    assert [each for each in occurrences if each.startswith("promise")] == ["promise:2026-03-10", "promise:2026-03-12"]
    assert (await tracking.heard()).count("delayed") == 2


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
    late = [step.order_id for step in await tracking.steps() if step.step is Step.DELAYED and step.still_true]
    assert sorted(late) == sorted(ids)


async def test_a_scan_that_comes_while_the_promise_is_looked_at_is_not_lost(tracking: Tracking) -> None:
    for n in range(20):
        name, parcel = f"A-{n}", ("seur", f"P{n}")
        await tracking.tell(order("shipped", order_id=name, parcels=[parcel], promise=TUESDAY))
        await asyncio.gather(tracking.tell(scan("delivered", 11, "06:00", of=parcel)), look(tracking, at(11, "12:00")))
        (row,) = await ask(tracking.database, "SELECT state, check_at FROM orders WHERE order_id = :id", id=name)
        assert (row["state"], row["check_at"]) == ("delivered", None)


async def test_a_parcel_that_the_carrier_never_saw_is_told_after_four_business_days(tracking: Tracking) -> None:
    await tracking.tell(order("shipped", parcels=[SEUR]))  # Monday the second
    assert await look(tracking, at(7, "07:59")) == 0
    assert await look(tracking, at(7, "08:00")) == 1
    assert await delays(tracking) == [("/".join(SEUR), "first_scan")]
    assert await look(tracking, at(31)) == 0


async def test_a_parcel_nobody_scans_any_more_is_told_after_three_business_days(tracking: Tracking) -> None:
    await tracking.tell(order("shipped", parcels=[SEUR]), scan("in_transit", 5))  # a Thursday
    assert await look(tracking, at(11, "07:59")) == 0
    assert await look(tracking, at(11, "08:00")) == 1
    assert await delays(tracking) == [("/".join(SEUR), "stalled:2026-03-05T10:00:00Z")]


async def test_abroad_a_parcel_may_be_silent_for_longer(tracking: Tracking) -> None:
    abroad = Shipment(carrier=SEUR[0], reference=SEUR[1], destination=Destination(country="AR"))
    await tracking.tell(order("shipped", shipments=(abroad,)), scan("in_transit", 5))
    assert await look(tracking, at(11, "12:00")) == 0
    assert await look(tracking, at(13, "12:00")) == 1


async def test_a_parcel_that_moves_again_can_stall_again(tracking: Tracking) -> None:
    await tracking.tell(order("shipped", parcels=[SEUR]), scan("in_transit", 5))
    await look(tracking, at(11))
    await tracking.tell(scan("in_transit", 11, "15:00"))
    await look(tracking, at(17))
    assert [kind.partition(":")[0] for _, kind in await delays(tracking)] == ["stalled", "stalled"]
    assert (await tracking.heard()).count("delayed") == 2


async def test_a_buyer_who_knows_that_it_is_late_does_not_hear_it_in_other_words(tracking: Tracking) -> None:
    await tracking.tell(order("shipped", parcels=[SEUR], promise=TUESDAY), scan("in_transit", 5))
    for day in range(6, 28):
        await look(tracking, at(day, "12:00"))
    assert len(await delays(tracking)) == 2  # silent and late, both on record
    assert (await tracking.heard()).count("delayed") == 1


async def test_a_carrier_that_expects_it_after_the_promised_day_is_told_at_once(tracking: Tracking) -> None:
    await tracking.tell(order("shipped", parcels=[SEUR], promise=TUESDAY), scan("in_transit", 5))
    await tracking.tell(scan("in_transit", 6, eta=Eta(until=at(12))))
    assert await delays(tracking) == [("/".join(SEUR), "eta:2026-03-10:1")]
    await tracking.tell(scan("in_transit", 9, eta=Eta(until=at(13))))
    await look(tracking, DAY_AFTER)
    assert (await tracking.heard()).count("delayed") == 1


async def test_an_eta_that_comes_back_within_the_promise_is_good_news_and_can_get_worse_again(
    tracking: Tracking,
) -> None:
    await tracking.tell(order("shipped", parcels=[SEUR], promise=TUESDAY), scan("in_transit", 5))
    for day, eta in ((6, 12), (7, 10), (9, 11)):
        await tracking.tell(scan("in_transit", day, eta=Eta(until=at(eta))))
    assert [kind for _, kind in await delays(tracking)] == ["eta:2026-03-10:1", "eta:2026-03-10:2"]
    assert (await tracking.heard()).count("delayed") == 2
