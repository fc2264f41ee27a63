"""The gateway asks for a parcel from when an order names it until it came to its end or nobody names it any more."""

from __future__ import annotations

from services.tracking.api.describe import describe_timeline
from services.tracking.ops.queues import unmapped_codes
from shared.contracts.orders import Destination, Shipment
from shared.contracts.shipments import ShipmentEvent
from shared.contracts.vocabulary import Stage
from tests.support.deliveries import CORREOS, SEUR, at, order, scan
from tests.support.tracking_world import Tracking

REPLACEMENT = ("correos", "PQ4E8K0000002230128001Y")


def key_of(parcel: tuple[str, str]) -> str:
    return "/".join(parcel)


async def words(tracking: Tracking) -> list[tuple[str, Stage | None]]:
    """The parcel and its stage; None where the watch ends."""
    return [(key, watch.stage if watch else None) for key, watch in await tracking.watches()]


async def test_a_parcel_of_a_polled_carrier_is_watched_from_its_order_to_its_end(tracking: Tracking) -> None:
    await tracking.tell(order("shipped", parcels=[CORREOS]))
    await tracking.tell(scan("in_transit", 4, of=CORREOS))
    await tracking.tell(scan("in_transit", 5, of=CORREOS))
    await tracking.tell(scan("delivered", 6, of=CORREOS))
    parcel = key_of(CORREOS)
    assert await words(tracking) == [(parcel, Stage.REGISTERED), (parcel, Stage.IN_TRANSIT), (parcel, None)]


async def test_a_watch_says_since_when_and_where_the_parcel_goes(tracking: Tracking) -> None:
    goes_to = Destination(country="ES", postal_code="28001")
    shipment = Shipment(carrier=CORREOS[0], reference=CORREOS[1], destination=goes_to)
    await tracking.tell(order("shipped", shipments=(shipment,)))
    ((_, watch),) = await tracking.watches()
    assert watch is not None
    assert (watch.since, watch.country, watch.postal_code) == (at(2, "08:00"), "ES", "28001")


async def test_a_carrier_that_calls_us_is_not_watched(tracking: Tracking) -> None:
    await tracking.tell(order("shipped", parcels=[SEUR]), scan("in_transit", 4), scan("delivered", 5))
    assert await tracking.watches() == []


async def test_a_reference_that_was_replaced_is_no_longer_asked_for(tracking: Tracking) -> None:
    await tracking.tell(order("shipped", 1, parcels=[CORREOS]))
    await tracking.tell(order("shipped", 2, parcels=[REPLACEMENT]))
    assert await words(tracking) == [
        (key_of(CORREOS), Stage.REGISTERED),
        (key_of(CORREOS), None),
        (key_of(REPLACEMENT), Stage.REGISTERED),
    ]


async def test_a_replaced_reference_that_moves_on_does_not_start_its_watch_again(tracking: Tracking) -> None:
    await tracking.tell(order("shipped", 1, parcels=[CORREOS]))
    await tracking.tell(order("shipped", 2, parcels=[REPLACEMENT]))
    before = await words(tracking)
    await tracking.tell(scan("in_transit", 5, of=CORREOS))
    assert await words(tracking) == before


async def test_a_reference_that_another_order_still_names_is_still_asked_for(tracking: Tracking) -> None:
    await tracking.tell(
        order("shipped", 1, order_id="A-1", parcels=[CORREOS]), order("shipped", 1, order_id="A-2", parcels=[CORREOS])
    )
    await tracking.tell(order("shipped", 2, order_id="A-1", parcels=[REPLACEMENT]))
    assert (key_of(CORREOS), None) not in await words(tracking)
    await tracking.tell(order("shipped", 2, order_id="A-2", parcels=[REPLACEMENT]))
    assert (key_of(CORREOS), None) in await words(tracking)


async def test_a_reference_that_comes_back_is_watched_again(tracking: Tracking) -> None:
    await tracking.tell(order("shipped", 1, parcels=[CORREOS]))
    await tracking.tell(order("shipped", 2, parcels=[REPLACEMENT]))
    await tracking.tell(order("shipped", 3, parcels=[CORREOS]))
    last = dict(await words(tracking))
    assert last == {key_of(CORREOS): Stage.REGISTERED, key_of(REPLACEMENT): None}


async def test_a_delivery_that_the_carrier_takes_back_is_watched_again(tracking: Tracking) -> None:
    await tracking.tell(order("shipped", parcels=[CORREOS]), scan("delivered", 5, of=CORREOS))
    assert (await words(tracking))[-1] == (key_of(CORREOS), None)
    await tracking.tell(scan("failed_attempt", 6, of=CORREOS))
    assert (await words(tracking))[-1] == (key_of(CORREOS), Stage.FAILED_ATTEMPT)


async def test_a_parcel_that_was_scanned_before_its_order_came_is_watched_only_if_it_is_not_over(
    tracking: Tracking,
) -> None:
    await tracking.tell(scan("delivered", 5, of=CORREOS))
    await tracking.tell(order("shipped", parcels=[CORREOS, REPLACEMENT]))
    assert dict(await words(tracking)) == {key_of(CORREOS): None, key_of(REPLACEMENT): Stage.REGISTERED}


def silence(day: int, since: int) -> ShipmentEvent:
    """What the gateway says of a parcel that it gives up."""
    return scan("unknown", day, of=CORREOS, silent_since=at(since, "10:00"), carrier_code="silent")


async def test_a_parcel_that_is_silent_is_no_longer_asked_for_and_its_timeline_says_why(tracking: Tracking) -> None:
    await tracking.tell(order("shipped", parcels=[CORREOS]), scan("in_transit", 4, of=CORREOS))
    await tracking.tell(silence(28, since=4))
    assert (await words(tracking))[-1] == (key_of(CORREOS), None)
    told = [entry for entry in describe_timeline(await tracking.story()).entries if entry.kind == "silence"]
    assert [(entry.parcel, entry.ignored, entry.carrier_code) for entry in told] == [(key_of(CORREOS), None, "silent")]
    async with tracking.database.transaction() as tx:
        assert await unmapped_codes(tx, 10) == []


async def test_a_silent_parcel_that_is_scanned_again_is_asked_for_again(tracking: Tracking) -> None:
    await tracking.tell(order("shipped", parcels=[CORREOS]), scan("in_transit", 4, of=CORREOS))
    await tracking.tell(silence(28, since=4))
    await tracking.tell(scan("in_transit", 29, of=CORREOS))
    assert (await words(tracking))[-1] == (key_of(CORREOS), Stage.IN_TRANSIT)


async def test_a_scan_that_belies_the_silence_leaves_the_parcel_watched_whichever_comes_first(
    tracking: Tracking,
) -> None:
    await tracking.tell(order("shipped", parcels=[CORREOS]), scan("in_transit", 4, of=CORREOS))
    await tracking.tell(silence(28, since=4))
    await tracking.tell(scan("in_transit", 20, of=CORREOS))
    assert (await words(tracking))[-1] == (key_of(CORREOS), Stage.IN_TRANSIT)
