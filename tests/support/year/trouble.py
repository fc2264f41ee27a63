"""What goes wrong: silences, delays, customs, new promises, orders called off, parcels that turn back or stay away."""

from __future__ import annotations

from datetime import date, datetime

from shared.contracts.vocabulary import Actor, Condition, ShopState, Stage
from tests.support.year.draft import ONE_DAY, Draft
from tests.support.year.everyday import late
from tests.support.year.places import instant


def delayed_by_the_carrier(draft: Draft) -> None:
    """It says so once or twice before it moves again; now and then there is a second delay."""
    parcel = draft.parcel()
    draft.sends(draft.slack(-1, 4), parcel)
    draft.travels(parcel)
    day = draft.arrives
    for _ in range(draft.chance.choice((1, 1, 1, 2))):
        why = draft.chance.choice((Condition.DELAYED, Condition.DELAYED, Condition.WEATHER))
        draft.scan(parcel, draft.here(day, 6, 10), Stage.IN_TRANSIT, condition=why)
        if draft.chance.random() < 0.4:
            draft.scan(parcel, draft.here(day, 14, 20), Stage.IN_TRANSIT, condition=why)
        day = draft.later(day, 1, 2)
        draft.scan(parcel, draft.here(day, 1, 5), Stage.IN_TRANSIT)
        day = draft.later(day, 1, 1)
    draft.delivers(parcel, day)


def silent(draft: Draft) -> None:
    """No scan for a week or two, then it comes."""
    parcel = draft.parcel()
    draft.sends(draft.slack(-2, 12), parcel)
    draft.travels(parcel)
    found = draft.later(draft.arrives, 4, 10)
    draft.scan(parcel, draft.here(found, 8, 20), Stage.IN_TRANSIT)
    if draft.chance.random() < 0.2:
        found = draft.later(found, 6, 9)
        draft.scan(parcel, draft.here(found, 8, 20), Stage.IN_TRANSIT)
    draft.delivers(parcel, draft.later(found, 1, 2))


def silent_and_promised_anew(draft: Draft) -> None:
    """The buyer hears of the silence, the shop names a new day, and that day is broken in silence too."""
    parcel, first = draft.parcel(), draft.slack(0, 3)
    draft.sends(first, parcel)
    draft.travels(parcel)
    told_by = draft.later(max(first, draft.arrives), 8, 9)
    second = draft.later(told_by, 1, 3)
    draft.says(ShopState.SHIPPED, draft.here(told_by, 12, 18), second, parcel)
    found = draft.later(second, 0, 3)
    draft.scan(parcel, draft.here(found, 8, 20), Stage.IN_TRANSIT)
    draft.delivers(parcel, draft.later(found, 1, 2))


def held_by_customs(draft: Draft) -> None:
    """At home there are none: the parcel is merely late."""
    if not draft.abroad:
        late(draft)
        return
    parcel = draft.parcel()
    draft.sends(draft.slack(-1, 5), parcel)
    draft.travels(parcel)
    who = draft.chance.choice((None, Actor.BUYER, Actor.SHOP))
    draft.scan(parcel, draft.here(draft.arrives, 8, 20), Stage.IN_TRANSIT, condition=Condition.CUSTOMS, by=who)
    freed = draft.later(draft.arrives, 1, 8)
    draft.scan(parcel, draft.here(freed, 8, 20), Stage.IN_TRANSIT)
    draft.delivers(parcel, draft.later(freed, 1, 2))


def promised_anew_in_time(draft: Draft) -> None:
    """The shop names a later day before the first is over, and keeps it or not."""
    parcel, first = draft.parcel(), draft.arrives
    draft.arrives = draft.later(first, 1, 5)
    second = draft.slack(-1, 2)
    draft.sends(first, parcel)
    if second > first:
        draft.says(ShopState.SHIPPED, draft.here(first, 10, 18), second, parcel)
    draft.travels(parcel)
    draft.delivers(parcel, draft.arrives)


def promised_anew_too_late(draft: Draft) -> None:
    """The first promise is broken and told; the second may be, too."""
    parcel, first = draft.parcel(), draft.arrives
    draft.arrives = draft.later(first, 4, 8)
    draft.sends(first, parcel)
    said_on = first + ONE_DAY * draft.chance.randint(1, 2)
    draft.says(ShopState.SHIPPED, draft.here(said_on, 12, 18), max(draft.slack(-1, 2), said_on), parcel)
    draft.travels(parcel)
    draft.delivers(parcel, draft.arrives)


def cancelled_before_it_left(draft: Draft) -> None:
    promise = draft.slack(0, 3)
    draft.confirms(promise)
    at = instant(draft.leaves, draft.chance.uniform(8, 10), draft.sender.home.zone)
    draft.says(ShopState.CANCELLED, at, promise)


def cancelled_on_its_way(draft: Draft) -> None:
    """Before the promised day or some days after it; the carrier turns round when it hears."""
    parcel, promise = draft.parcel(), draft.slack(-3, 3)
    draft.sends(promise, parcel)
    draft.travels(parcel)
    at = draft.here(promise + ONE_DAY * draft.chance.choice((-1, 1, 2)), 12, 18)
    draft.says(ShopState.CANCELLED, at, promise, parcel)
    turned = draft.later(max(draft.arrives, promise + ONE_DAY), 2, 3)
    draft.scan(parcel, draft.here(turned, 9, 18), Stage.RETURNING)
    draft.scan(parcel, draft.here(draft.later(turned, 3, 6), 9, 18), Stage.RETURNED)


def refused(draft: Draft) -> None:
    """At the door."""
    parcel = draft.parcel()
    draft.sends(draft.slack(-1, 2), parcel)
    draft.travels(parcel)
    draft.goes_out(parcel, draft.arrives)
    at = draft.here(draft.arrives, 9, 20)
    draft.scan(parcel, at, Stage.FAILED_ATTEMPT, condition=Condition.REFUSED)
    draft.scan(parcel, draft.here(draft.later(draft.arrives, 1, 1), 9, 18), Stage.RETURNING)
    draft.scan(parcel, draft.here(draft.later(draft.arrives, 4, 7), 9, 18), Stage.RETURNED)


def turned_back(draft: Draft) -> None:
    """An address that does not exist: sent back without ever having been at a door."""
    parcel = draft.parcel()
    draft.sends(draft.slack(-2, 4), parcel)
    draft.travels(parcel)
    wrong, by = Condition.ADDRESS_PROBLEM, draft.chance.choice((Actor.SHOP, Actor.BUYER))
    draft.scan(parcel, draft.here(draft.arrives, 9, 12), Stage.IN_TRANSIT, condition=wrong, by=by)
    turned = draft.later(draft.arrives, 1, 3)
    draft.scan(parcel, draft.here(turned, 12, 18), Stage.RETURNING)
    draft.scan(parcel, draft.here(draft.later(turned, 3, 6), 9, 18), Stage.RETURNED)


def lost(draft: Draft) -> None:
    """The carrier gives up, before the promised day or after it."""
    parcel = draft.parcel()
    draft.sends(draft.slack(-2, 8), parcel)
    draft.travels(parcel)
    draft.scan(parcel, draft.here(draft.later(draft.arrives, 2, 6), 9, 18), Stage.LOST)


def never_left(draft: Draft) -> None:
    """A label that nobody ever scanned: the shop gives up, or sends it again under another number."""
    parcel, promise = draft.parcel(), draft.slack(0, 4)
    draft.sends(promise, parcel)
    registered_at = instant(draft.leaves, draft.chance.uniform(9, 15), draft.sender.home.zone)
    if draft.chance.random() < 0.8:
        draft.scan(parcel, registered_at, Stage.REGISTERED)
    noticed = draft.later(max(promise, draft.leaves), 5, 12)
    at = draft.here(noticed, 12, 17)
    if draft.chance.random() < 0.5:
        draft.says(ShopState.CANCELLED, at, promise, parcel)
    else:
        _send_again(draft, noticed, at)


def _send_again(draft: Draft, noticed: date, at: datetime) -> None:
    draft.leaves = draft.later(noticed, 1, 2)
    draft.arrives = draft.later(draft.leaves, 4, 8) if draft.abroad else draft.later(draft.leaves, 1, 3)
    again = draft.parcel()
    draft.says(ShopState.SHIPPED, at, draft.slack(-1, 2), again)
    draft.travels(again)
    draft.delivers(again, draft.arrives)


def sent_late(draft: Draft) -> None:
    """The promised day is over and nothing has left yet."""
    promise = draft.leaves + ONE_DAY * draft.chance.randint(0, 2)
    draft.leaves = draft.later(promise, 2, 5)
    draft.arrives = draft.later(draft.leaves, 4, 8) if draft.abroad else draft.later(draft.leaves, 1, 3)
    parcel = draft.parcel()
    draft.confirms(promise)
    at = draft.here(draft.leaves, 11, 17)
    draft.says(ShopState.SHIPPED, at, promise, parcel)
    draft.travels(parcel)
    draft.delivers(parcel, draft.arrives)
