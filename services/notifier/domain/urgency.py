"""How urgent a step is, how long it is worth telling, and when quiet hours let a message leave. Pure, and data first.

Quiet hours are local times of the buyer's zone. They begin and end where the clock on the wall says so: also on the
days on which clocks change, by an hour or by half of one, at night or at midnight.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from shared.contracts.vocabulary import Step


class Urgency(StrEnum):
    """URGENT is told in quiet hours too, NORMAL waits for their end, OPTIONAL is what the buyer may do without."""

    URGENT = "urgent"
    NORMAL = "normal"
    OPTIONAL = "optional"


@dataclass(frozen=True, slots=True)
class Timing:
    """`true_for`: after this time since it happened, a step is no longer worth telling."""

    urgency: Urgency
    true_for: timedelta = timedelta(days=7)


TIMINGS: Mapping[Step, Timing] = {
    Step.ORDER_CONFIRMED: Timing(Urgency.URGENT),  # the buyer has acted this minute and looks for it
    Step.PAYMENT_RECEIVED: Timing(Urgency.OPTIONAL),
    Step.PREPARING: Timing(Urgency.OPTIONAL),
    Step.SHIPPED: Timing(Urgency.NORMAL),
    Step.IN_TRANSIT: Timing(Urgency.OPTIONAL),
    Step.OUT_FOR_DELIVERY: Timing(Urgency.URGENT, timedelta(hours=14)),  # "today" is over by then
    Step.FAILED_ATTEMPT: Timing(Urgency.URGENT),
    Step.READY_FOR_PICKUP: Timing(Urgency.URGENT),
    Step.DELAYED: Timing(Urgency.NORMAL),
    Step.CUSTOMS: Timing(Urgency.NORMAL),
    Step.DELIVERED: Timing(Urgency.URGENT),  # it may lie in front of the door
    Step.RETURNING: Timing(Urgency.NORMAL),
    Step.RETURNED: Timing(Urgency.NORMAL),
    Step.LOST: Timing(Urgency.NORMAL),
    Step.ORDER_CANCELLED: Timing(Urgency.NORMAL),
    Step.REFUNDED: Timing(Urgency.NORMAL),
}


def urgency_of(step: Step, *, buyer_must_act: bool) -> Urgency:
    """What a buyer must act upon is never optional."""
    urgency = TIMINGS[step].urgency
    return Urgency.NORMAL if buyer_must_act and urgency is Urgency.OPTIONAL else urgency


def true_for(step: Step) -> timedelta:
    return TIMINGS[step].true_for


_HORIZON = timedelta(hours=50)
"""Longer than any wait for a begin or an end: a day, and the day that a clock change makes longer."""
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Quiet:
    """Quiet hours from `begin` until just before `end` in the IANA zone `zone`. `begin` may lie after `end`."""

    zone: str
    begin: time
    end: time

    def holds_at(self, moment: datetime) -> bool:
        now = moment.astimezone(ZoneInfo(self.zone)).time()
        if self.begin <= self.end:
            return self.begin <= now < self.end
        return now >= self.begin or now < self.end

    def over_at(self, moment: datetime) -> datetime:
        """`moment` itself when it is not quiet then, else the first instant at which it is not any more."""
        if not self.holds_at(moment):
            return moment
        return self._first_after(moment, self.end, quiet=False) or moment

    def next_after(self, moment: datetime) -> datetime | None:
        """The first instant from `moment` on at which it is quiet. None: it never is."""
        return moment if self.holds_at(moment) else self._first_after(moment, self.begin, quiet=True)

    def _first_after(self, moment: datetime, edge: time, *, quiet: bool) -> datetime | None:
        """It turns quiet, or not, when the clock shows the edge (twice in an hour that comes twice) or is changed."""
        zone, moment_utc = ZoneInfo(self.zone), moment.astimezone(UTC)
        today = moment_utc.astimezone(zone).date()
        turns = [
            datetime.combine(today + timedelta(days=day), edge, tzinfo=zone).replace(fold=fold).astimezone(UTC)
            for day in (-1, 0, 1, 2)
            for fold in (0, 1)
        ]
        changed = _clock_change(moment_utc, zone)
        later = sorted(turn for turn in (*turns, *changed) if turn > moment_utc and self.holds_at(turn) is quiet)
        return later[0].astimezone(moment.tzinfo) if later else None


def _clock_change(moment: datetime, zone: ZoneInfo) -> tuple[datetime, ...]:
    """The instant at which clocks change within the horizon, found to the second. Nobody changes them twice in it."""
    before, after = moment, moment + _HORIZON
    offset = before.astimezone(zone).utcoffset()
    if after.astimezone(zone).utcoffset() == offset:
        return ()
    while after - before > _SECOND:
        middle = before + (after - before) / 2
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return (after.replace(microsecond=0),)


def may_leave_at(urgency: Urgency, not_before: datetime, quiet: Quiet | None, now: datetime) -> datetime:
    """The first instant, not before `not_before` and not in the past, at which a message may leave."""
    moment = max(not_before, now)
    return moment if urgency is Urgency.URGENT or quiet is None else quiet.over_at(moment)


def quiet_again_at(urgency: Urgency, leaves_at: datetime, quiet: Quiet | None) -> datetime | None:
    """Until when one that may leave at `leaves_at` may still do so. None: at any later time."""
    return None if urgency is Urgency.URGENT or quiet is None else quiet.next_after(leaves_at)
