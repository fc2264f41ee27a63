"""What happens to most parcels: they come, mostly in time, now and then late, attempted, or to a pick-up point."""

from __future__ import annotations

from datetime import timedelta

from shared.contracts.vocabulary import Actor, Condition, ShopState, Stage
from tests.support.year.draft import ONE_DAY, Draft
from tests.support.year.places import instant


def in_time(draft: Draft) -> None:
    parcel = draft.parcel()
    draft.sends(draft.slack(0, 3), parcel)
    draft.travels(parcel, held_back=draft.chance.random() < 0.03)
    draft.delivers(parcel, draft.arrives)


def unpromised(draft: Draft) -> None:
    parcel = draft.parcel()
    draft.sends(None, parcel)
    draft.travels(parcel)
    draft.delivers(parcel, draft.arrives)


def late_in_the_evening(draft: Draft) -> None:
    """Delivered in the last hour of the promised day, heard after midnight."""
    parcel = draft.parcel()
    draft.sends(draft.arrives, parcel)
    draft.travels(parcel)
    draft.goes_out(parcel, draft.arrives)
    lag = timedelta(hours=draft.chance.uniform(2.8, 6.9))
    draft.scan(parcel, draft.here(draft.arrives, 21.3, 21.5), Stage.DELIVERED, lag=lag)


def next_morning(draft: Draft) -> None:
    """Promised for the day before, and at the door before anybody writes of it."""
    parcel = draft.parcel()
    draft.sends(draft.arrives - ONE_DAY, parcel)
    draft.travels(parcel)
    draft.scan(parcel, draft.here(draft.arrives, 5, 6.4), Stage.OUT_FOR_DELIVERY)
    draft.scan(parcel, draft.here(draft.arrives, 6.5, 8.4), Stage.DELIVERED)


def late(draft: Draft) -> None:
    parcel = draft.parcel()
    draft.sends(draft.slack(-4, -1), parcel)
    draft.travels(parcel, held_back=draft.chance.random() < 0.03)
    draft.delivers(parcel, draft.arrives)


def out_and_back(draft: Draft) -> None:
    """Out for delivery on the morning after the promised day, and in the evening back in the depot, scanned or not."""
    parcel, soon = draft.parcel(), timedelta(minutes=5)
    draft.sends(draft.arrives - ONE_DAY, parcel)
    draft.travels(parcel)
    draft.scan(parcel, draft.here(draft.arrives, 6, 8), Stage.OUT_FOR_DELIVERY, lag=soon)
    if draft.chance.random() < 0.5:
        draft.scan(parcel, draft.here(draft.arrives, 17, 18.5), Stage.IN_TRANSIT, lag=soon)
    draft.delivers(parcel, draft.later(draft.arrives, 1, 1))


def attempted(draft: Draft) -> None:
    """Nobody was there; it comes again, or waits at a point."""
    parcel = draft.parcel()
    draft.sends(draft.slack(-1, 2), parcel)
    draft.travels(parcel)
    draft.goes_out(parcel, draft.arrives)
    tried = draft.here(draft.arrives, 9, 20)
    draft.scan(parcel, tried, Stage.FAILED_ATTEMPT, condition=Condition.RECIPIENT_ABSENT, by=Actor.BUYER)
    draft.scan(parcel, draft.here(draft.arrives, 20.5, 22), Stage.IN_TRANSIT)
    again = draft.later(draft.arrives, 1, 2)
    if draft.chance.random() < 0.6:
        draft.delivers(parcel, again)
    else:
        draft.scan(parcel, draft.here(again, 10, 14), Stage.READY_FOR_PICKUP, by=Actor.BUYER)
        draft.scan(parcel, draft.here(draft.later(again, 1, 4), 10, 20), Stage.DELIVERED)


def to_a_point(draft: Draft) -> None:
    """Waits to be collected, some in vain."""
    parcel = draft.parcel()
    draft.sends(draft.slack(-1, 2), parcel)
    draft.travels(parcel)
    draft.scan(parcel, draft.here(draft.arrives, 4, 8), Stage.IN_TRANSIT)
    draft.scan(parcel, draft.here(draft.arrives, 8.5, 19), Stage.READY_FOR_PICKUP, by=Actor.BUYER)
    if draft.chance.random() < 0.9:
        draft.scan(parcel, draft.here(draft.later(draft.arrives, 1, 6), 9, 20.5), Stage.DELIVERED)
    else:
        draft.scan(parcel, draft.here(draft.later(draft.arrives, 10, 10), 9, 12), Stage.RETURNING)
        draft.scan(parcel, draft.here(draft.later(draft.arrives, 13, 16), 9, 12), Stage.RETURNED)


def in_two_parcels(draft: Draft) -> None:
    """The second leaves some days after the first."""
    first, second = draft.parcel(), draft.parcel()
    left_on, arrived_on = draft.leaves, draft.arrives
    draft.leaves = draft.later(draft.leaves, 1, 3)
    draft.arrives = draft.later(max(draft.arrives, draft.leaves), 1, 3)
    promise = draft.slack(-2, 2)
    draft.confirms(promise)
    home = draft.sender.home
    draft.says(ShopState.PREPARING, instant(left_on, draft.chance.uniform(11, 17), home.zone), promise, first)
    draft.says(
        ShopState.SHIPPED, instant(draft.leaves, draft.chance.uniform(11, 17), home.zone), promise, first, second
    )
    draft.takes(first, left_on)
    draft.carries(first, left_on + ONE_DAY if draft.abroad else left_on, arrived_on)
    draft.delivers(first, arrived_on)
    draft.travels(second)
    draft.delivers(second, draft.arrives)


def told_by_eta_in_time(draft: Draft) -> None:
    """The carrier names a day and another, all of them within the promise."""
    parcel, promise = draft.parcel(), draft.slack(0, 4)
    draft.sends(promise, parcel)
    draft.takes(parcel, draft.leaves)
    day = draft.leaves + ONE_DAY
    while day < draft.arrives:
        expected = draft.arrives + ONE_DAY * draft.chance.randint(0, (promise - draft.arrives).days)
        eta = draft.here(expected, 18, 21)
        draft.scan(parcel, draft.here(day, 9, 22), Stage.IN_TRANSIT, eta=eta)
        day += ONE_DAY
    draft.delivers(parcel, draft.arrives)


def told_by_eta_late(draft: Draft) -> None:
    """The carrier names a day after the promised one, and keeps to it."""
    parcel, promise = draft.parcel(), draft.arrives
    draft.sends(promise, parcel)
    comes_on = draft.later(draft.arrives, 1, 4)
    draft.takes(parcel, draft.leaves)
    day, known_on = draft.leaves + ONE_DAY, draft.leaves + (draft.arrives - draft.leaves) * draft.chance.random()
    while day < comes_on:
        expected = promise if day < known_on else comes_on
        draft.scan(parcel, draft.here(day, 9, 22), Stage.IN_TRANSIT, eta=draft.here(expected, 20.5, 21.5))
        day += ONE_DAY
    draft.delivers(parcel, comes_on, latest=20)
