"""When a parcel is late though nobody says so: against the shop's promise, never seen by the carrier, or silent.

Days are those of the destination, business days with its holidays. Time passing is a fact like any other: whoever
watches the clock asks for the deadlines of an order and states those that are over.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from uuid import UUID

from services.tracking.domain.calendar import add_business_days, day_start, local_day, moment, with_cut_off
from services.tracking.domain.lateness import CAN_STALL, ON_THE_ROAD, PAUSED, Lateness
from services.tracking.domain.lifecycle import trouble_of
from services.tracking.domain.shipment import NEVER_SCANNED, ParcelKey, ParcelState
from services.tracking.domain.snapshot import ShopFact
from services.tracking.domain.telling import StepDue, Told
from shared.contracts.base import rfc3339
from shared.contracts.vocabulary import Clock, ShopState, Stage, Step

_STILL_TO_COME = frozenset({ShopState.PLACED, ShopState.CONFIRMED, ShopState.PREPARING, ShopState.SHIPPED})
_NIGHT = timedelta(days=1)


class Patience(NamedTuple):
    """How long a shop waits before its buyers hear that something is late. Counts are business days.

    `cut_off`: what the shop says after this local time counts on the next business day. `tell_at`: the local time of
    the destination at which a day that is over is told of; the night before is grace for scans that are heard late.
    """

    first_scan: int = 4
    stalled_at_home: int = 3
    stalled_abroad: int = 5
    cut_off: time = time(14)
    tell_at: time = time(9)


@dataclass(frozen=True, slots=True)
class PromiseBroken:
    """The promised day is over and the parcel has not come. `parcel` is None while the order has no parcel at all."""

    parcel: ParcelKey | None
    promised_until: date

    @property
    def identity(self) -> Told:
        return Told(Step.DELAYED, f"{Lateness.PROMISE}:{self.promised_until.isoformat()}", self.parcel)


@dataclass(frozen=True, slots=True)
class NeverSeen:
    """The shop sent the parcel and the carrier has not scanned it. `at`: when that had lasted too long."""

    parcel: ParcelKey
    at: datetime

    @property
    def identity(self) -> Told:
        return Told(Step.DELAYED, Lateness.FIRST_SCAN.value, self.parcel)


@dataclass(frozen=True, slots=True)
class Stalled:
    """Nobody has scanned the parcel since `since`. `at`: when that had lasted too long."""

    parcel: ParcelKey
    since: datetime
    at: datetime

    @property
    def identity(self) -> Told:
        return Told(Step.DELAYED, f"{Lateness.STALLED}:{rfc3339(self.since)}", self.parcel)


TimeFact = PromiseBroken | NeverSeen | Stalled
"""What the mere passing of time can tell."""


def broken_on(promise_until: date, zone: str) -> datetime:
    """The first instant after the promised day in `zone`, in UTC.

    Where clocks jump over midnight (Chile, Cuba, Lebanon) this is the instant of the jump. Raises
    zoneinfo.ZoneInfoNotFoundError for a zone that does not exist.
    """
    return day_start(_day_after(promise_until), zone)


def _day_after(day: date) -> date:
    return day if day == date.max else day + _NIGHT


def is_late_news(state: ParcelState, since: datetime) -> bool:
    """True when being late since then tells the buyer something that the carrier's last word does not."""
    trouble = trouble_of(state.stage, state.condition, state.action_by)
    if trouble is not None and trouble.kind != Lateness.DELAY:
        return False
    out_before = state.stage is Stage.OUT_FOR_DELIVERY and state.since is not None and state.since < since
    return state.stage in ON_THE_ROAD or out_before


class Deadline(NamedTuple):
    """A time fact, and the instant from which on it may be stated."""

    at: datetime
    fact: TimeFact


def deadlines(
    shop: ShopFact,
    parcels: Mapping[ParcelKey, ParcelState],
    sent: Mapping[ParcelKey, datetime],
    told: Container[Told],
    patience: Patience,
) -> Iterator[Deadline]:
    """What time will have to tell of this order if nothing happens, without what was told already.

    `sent`: when the shop first said of each parcel that it was on its way.
    """
    if not shop.watched or shop.state not in _STILL_TO_COME:
        return
    for deadline in (*_against_the_promise(shop, parcels, told, patience), *_silences(shop, parcels, sent, patience)):
        if deadline.fact.identity not in told:
            yield deadline


def _against_the_promise(
    shop: ShopFact, parcels: Mapping[ParcelKey, ParcelState], told: Container[Told], patience: Patience
) -> Iterator[Deadline]:
    if shop.promise_until is None:
        return
    at = moment(_day_after(shop.promise_until), patience.tell_at, shop.zone)
    if not shop.told_of:
        # Sent without a reference: nobody will ever tell us that it came, so silence is no sign of being late.
        if shop.state is not ShopState.SHIPPED:
            yield Deadline(at, PromiseBroken(None, shop.promise_until))
        return
    if PromiseBroken(None, shop.promise_until).identity in told:
        return  # said of the whole order, before it had a parcel
    for key in shop.told_of:
        state = parcels.get(key, NEVER_SCANNED)
        if state.arrived_at is None and (state.stage in ON_THE_ROAD or state.stage is Stage.OUT_FOR_DELIVERY):
            yield Deadline(at, PromiseBroken(key, shop.promise_until))


def _silences(
    shop: ShopFact,
    parcels: Mapping[ParcelKey, ParcelState],
    sent: Mapping[ParcelKey, datetime],
    patience: Patience,
) -> Iterator[Deadline]:
    for key in shop.told_of:
        state, region = parcels.get(key, NEVER_SCANNED), shop.region_of(key)
        if state.condition in PAUSED:
            continue
        if state.stage is Stage.REGISTERED and key in sent:
            day = with_cut_off(sent[key], shop.home_zone, patience.cut_off, shop.home)
            last = add_business_days(day, patience.first_scan, shop.home)
            at = moment(_day_after(last), patience.tell_at, shop.zone)
            yield Deadline(at, NeverSeen(key, at))
        elif state.stage in CAN_STALL and state.seen_at is not None:
            abroad = region.country != shop.home.country
            count = patience.stalled_abroad if abroad else patience.stalled_at_home
            last = add_business_days(local_day(state.seen_at, shop.zone), count, region)
            at = moment(_day_after(last), patience.tell_at, shop.zone)
            yield Deadline(at, Stalled(key, state.seen_at, at))


def told_by_time(fact: TimeFact, shop: ShopFact, parcels: Mapping[ParcelKey, ParcelState]) -> StepDue:
    """What has become late. Told once for each promised day and for each silence."""
    seen = parcels.get(fact.parcel) if fact.parcel is not None else None
    wanted = fact.parcel in shop.told_of if fact.parcel is not None else not shop.told_of
    at = broken_on(fact.promised_until, shop.zone) if isinstance(fact, PromiseBroken) else fact.at
    still_true = (
        wanted
        and shop.watched
        and shop.state in _STILL_TO_COME
        and _still_so(fact, shop, seen)
        and (seen is None or _is_news(fact, seen, at))
    )
    told = fact.identity
    return StepDue(told.step, told.occurrence, told.parcel, at, Clock.EXACT, None, still_true, seen)


def _is_news(fact: TimeFact, seen: ParcelState, at: datetime) -> bool:
    """A broken promise is always told: neither customs nor a van today says that the shop's word was not kept."""
    if isinstance(fact, PromiseBroken):
        return seen.stage in ON_THE_ROAD or seen.stage is Stage.OUT_FOR_DELIVERY
    return is_late_news(seen, at)


def _still_so(fact: TimeFact, shop: ShopFact, seen: ParcelState | None) -> bool:
    match fact:
        case PromiseBroken():
            return shop.promise_until == fact.promised_until and (seen is None or seen.arrived_at is None)
        case NeverSeen():
            return seen is None or (seen.stage is Stage.REGISTERED and seen.first_scan_at is None)
        case Stalled():
            return seen is not None and seen.seen_at == fact.since


def time_fact_of(told: Told, at: datetime, caused_by: UUID | None) -> TimeFact | None:
    """The time fact that a step on record stands for, None for a step that something else brought about."""
    if told.step is not Step.DELAYED or caused_by is not None:
        return None
    kind, _, rest = told.occurrence.partition(":")
    match kind:
        case Lateness.PROMISE:
            return PromiseBroken(told.parcel, date.fromisoformat(rest))
        case Lateness.FIRST_SCAN if told.parcel is not None:
            return NeverSeen(told.parcel, at)
        case Lateness.STALLED if told.parcel is not None:
            return Stalled(told.parcel, datetime.fromisoformat(rest), at)
    return None
