"""What `GET /carriers?health=true` adds to the directory: how each carrier fares, as far as this OS process knows.

Bounded whatever carriers sent; names of fields, never values; words of the trade, never a name or a number.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from services.carrier_gateway.health.record import NO_ERRORS, Outcome, Way, WayRecord
from services.carrier_gateway.health.shape import FieldSeen
from shared.contracts.base import Contract, Instant, ShortText
from shared.contracts.directory import CarrierEntry

MOST_FIELDS = 40


class Where(StrEnum):
    """`off`: this way is not set up, or the carrier has none. `elsewhere`: another OS process does it and knows."""

    HERE = "here"
    OFF = "off"
    ELSEWHERE = "elsewhere"


class LastHour(Contract):
    """Calls of the last `minutes` by what became of them. What is about one parcel alone is not in `error_rate`."""

    minutes: int
    results: dict[Outcome, int]
    error_rate: float | None = Field(default=None, description="absent while there were no calls")


class Silence(Contract):
    """`alarm`: silent for longer than it usually is. `learnt`: its rhythm is known well enough to tell."""

    alarm: bool
    learnt: bool
    missed_hours: float = Field(description="hours without a word in which it usually speaks, each as far as it does")
    unanswered: int = Field(description="calls without a good answer since the last good one")


class Unmapped(Contract):
    """A code without a row, how often it was told (again, too), and the newest words of the trade beside it."""

    code: ShortText | None = None
    text: ShortText | None = None
    count: int
    last_at: Instant


class MalformedField(Contract):
    """Over the last day. `share`: of all payloads."""

    field: ShortText
    count: int
    share: float


class ChangedField(Contract):
    """A field that is not as in the first payloads: it appeared, is missed, or holds other kinds of values."""

    field: ShortText
    read: bool = Field(description="whether our adapter reads it")
    count: int
    appeared_at: Instant | None = None
    missed_since: Instant | None = None
    other_kinds: tuple[ShortText, ...] = ()


class UnreadField(Contract):
    field: ShortText
    count: int


class Drift(Contract):
    """`looked_at`: the payloads compared so far; of a busy second only one is. Lists are cut at 40 names."""

    looked_at: int
    malformed: tuple[MalformedField, ...] = ()
    changed: tuple[ChangedField, ...] = ()
    unread: tuple[UnreadField, ...] = Field(default=(), description="fields that our adapter does not read")
    names_beyond: int = Field(default=0, description="how often a field was new after as many as are kept")


class WayHealth(Contract):
    """What is known of one way, `push` or `poll`: nothing but `where` until something came `here`."""

    where: Where
    last_good_at: Instant | None = None
    quota_left: int | None = Field(default=None, description="of today's questions, when the last one was asked")
    last_hour: LastHour | None = None
    silence: Silence | None = None
    unmapped: tuple[Unmapped, ...] = ()
    unmapped_forgotten: int = Field(default=0, description="codes that gave way to newer ones")
    drift: Drift | None = None


class CarrierHealth(Contract):
    push: WayHealth
    poll: WayHealth


class CarrierWithHealth(CarrierEntry):
    health: CarrierHealth


class HealthList(Contract):
    """The directory, with `since` when this OS process began to remember."""

    since: Instant
    carriers: tuple[CarrierWithHealth, ...] = Field(max_length=500)


def describe(record: WayRecord | None, where: Where, now: datetime) -> WayHealth:
    if record is None or where is not Where.HERE:
        return WayHealth(where=where)
    return WayHealth(
        where=where,
        last_good_at=record.last_good_at,
        quota_left=record.quota_left,
        last_hour=_last_hour(record, now),
        silence=_silence(record, now),
        unmapped=tuple(
            Unmapped(code=each.code, text=each.text, count=each.count, last_at=each.last_at)
            for each in record.unmapped.samples
        ),
        unmapped_forgotten=record.unmapped.forgotten,
        drift=_drift(record, now),
    )


def _last_hour(record: WayRecord, now: datetime) -> LastHour:
    results = {Outcome(word): count for word, count in record.outcomes(now).items()}
    calls, errors = sum(results.values()), sum(n for outcome, n in results.items() if outcome not in NO_ERRORS)
    minutes = int(record.rate_span.total_seconds() / 60)
    return LastHour(minutes=minutes, results=results, error_rate=round(errors / calls, 4) if calls else None)


def _silence(record: WayRecord, now: datetime) -> Silence:
    push = record.way is Way.PUSH
    return Silence(
        alarm=record.is_silent(now),
        learnt=record.rhythm.learnt if push else record.last_good_at is not None,
        missed_hours=round(record.rhythm.missed_hours(now), 2) if push else 0.0,
        unanswered=record.unanswered,
    )


def _drift(record: WayRecord, now: datetime) -> Drift:
    fields = sorted(record.shape.fields, key=lambda field: -field.count)
    changed = [field for field in fields if field.appeared or field.missed_since or field.other_kinds]
    unread = [field for field in fields if not field.read]
    return Drift(
        looked_at=record.shape.payloads,
        malformed=tuple(
            MalformedField(field=path[:200], count=count, share=round(share, 4))
            for path, (count, share) in record.malformed_shares(now).items()
        ),
        changed=tuple(_changed(field) for field in changed[:MOST_FIELDS]),
        unread=tuple(UnreadField(field=field.name, count=field.count) for field in unread[:MOST_FIELDS]),
        names_beyond=record.shape.names_beyond,
    )


def _changed(field: FieldSeen) -> ChangedField:
    return ChangedField(
        field=field.name,
        read=field.read,
        count=field.count,
        appeared_at=field.first_at if field.appeared else None,
        missed_since=field.missed_since,
        other_kinds=tuple(sorted(field.other_kinds)),
    )
