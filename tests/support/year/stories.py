"""The simulated year 2026: twenty thousand parcels of two shops, the same for the same seed, in the order heard."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from random import Random
from typing import NamedTuple

from shared.contracts.orders import Buyer, Destination, Order, Promise, Shipment
from shared.contracts.shipments import Eta, ShipmentEvent
from tests.support.year import everyday, trouble
from tests.support.year.draft import ONE_DAY, Draft
from tests.support.year.lives import Life, Parcel, Said, Scan
from tests.support.year.places import SENDERS

STORIES: tuple[tuple[float, Callable[[Draft], None]], ...] = (
    (36.0, everyday.in_time),
    (2.0, everyday.unpromised),
    (5.0, everyday.late_in_the_evening),
    (4.0, everyday.next_morning),
    (10.0, everyday.late),
    (1.5, everyday.out_and_back),
    (5.0, everyday.attempted),
    (6.0, everyday.to_a_point),
    (5.0, everyday.in_two_parcels),
    (4.0, everyday.told_by_eta_in_time),
    (3.0, everyday.told_by_eta_late),
    (4.0, trouble.delayed_by_the_carrier),
    (4.0, trouble.silent),
    (1.0, trouble.silent_and_promised_anew),
    (4.0, trouble.held_by_customs),
    (2.0, trouble.promised_anew_in_time),
    (2.0, trouble.promised_anew_too_late),
    (1.0, trouble.cancelled_before_it_left),
    (1.5, trouble.cancelled_on_its_way),
    (1.0, trouble.refused),
    (1.0, trouble.turned_back),
    (1.0, trouble.lost),
    (2.0, trouble.never_left),
    (1.5, trouble.sent_late),
)
"""How often each happens, per hundred or so: trouble far more often than in life, since trouble is what is judged."""

YEAR = 2026
_BUSY_MONTHS = {11: 2.0, 12: 2.0, 1: 1.3}


def live_a_year(parcels: int, seed: int) -> list[Life]:
    """Orders placed in 2026 that together have at least so many parcels."""
    chance, made = Random(seed), 0
    lives: list[Life] = []
    first = date(YEAR, 1, 1)
    days = [first + ONE_DAY * nth for nth in range(365)]
    busy = [_BUSY_MONTHS.get(day.month, 1.0) * (0.7 if day.weekday() == 6 else 1.0) for day in days]
    while made < parcels:
        (story,) = chance.choices([tell for _, tell in STORIES], [share for share, _ in STORIES])
        (sender,) = chance.choices(SENDERS, [sender.share for sender in SENDERS])
        (place,) = chance.choices(sender.places, [place.share for place in sender.places])
        (placed_on,) = chance.choices(days, busy)
        draft = Draft(chance, sender, place, placed_on, len(lives), story.__name__)
        story(draft)
        lives.append(draft.life)
        made += len(draft.life.scans)
    return lives


class Arrival(NamedTuple):
    """A fact as tracking hears it. `said_at`: when its shop or carrier said it, which a duplicate shares."""

    heard_at: datetime
    said_at: datetime
    fact: Order | ShipmentEvent


def arrivals(lives: Iterable[Life]) -> Iterator[Arrival]:
    """All that is heard of these lives, duplicates too, by the instant at which it is heard."""
    heard = [arrival for life in lives for arrival in _heard_of(life)]
    heard.sort(key=lambda arrival: arrival.heard_at)
    return iter(heard)


def _heard_of(life: Life) -> Iterator[Arrival]:
    for nth, said in enumerate(life.said, start=1):
        yield Arrival(said.at, said.at, _order(life, nth, said))
    for parcel, scans in life.scans.items():
        for scan in scans:
            event = _event(parcel, scan)
            for heard_at in scan.heard_at:
                yield Arrival(heard_at, scan.occurred_at, event)


def _order(life: Life, sequence: int, said: Said) -> Order:
    destination = Destination(country=life.country, postal_code=life.postal_code)
    return Order(
        shop=life.shop,
        order_id=life.order_id,
        sequence=sequence,
        placed_at=life.placed_at,
        state=said.state,
        buyer=Buyer(email="buyer@example.com", timezone=life.zone),
        promise=Promise(deliver_until=said.promise_until) if said.promise_until else None,
        shipments=_shipments(said.parcels, destination),
    )


def _shipments(parcels: Sequence[Parcel], destination: Destination) -> tuple[Shipment, ...]:
    return tuple(Shipment(carrier=p.carrier, reference=p.reference, destination=destination) for p in parcels)


def _event(parcel: Parcel, scan: Scan) -> ShipmentEvent:
    return ShipmentEvent(
        carrier=parcel.carrier,
        reference=parcel.reference,
        stage=scan.stage,
        condition=scan.condition,
        action_by=scan.action_by,
        occurred_at=scan.occurred_at,
        eta=Eta(until=scan.eta_until) if scan.eta_until else None,
    )
