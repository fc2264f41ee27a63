"""A carrier's clock readings as instants: what the offset says if there is one, else the zone we were told to assume.

Never tries formats: a reading is ISO 8601 or it is none. A local hour that the clocks skip in spring moves forward by
the gap; one that they repeat in autumn is the earlier, unless the order of events says otherwise (`settle`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from typing import NamedTuple

from shared.contracts.vocabulary import Clock

_READING = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)"
    r"(?:[Tt ](?P<minute>\d\d:\d\d)(?P<second>:\d\d(?:[.,](?P<fraction>\d{1,9}))?)?(?P<offset>[Zz]|[+-]\d\d:?\d\d)?)?",
    re.ASCII,
)


class NoInstant(ValueError):
    """The text is no instant; the message says why, without quoting it."""


class Moment(NamedTuple):
    """`at` is UTC. `later` is the second reading of a local hour that exists twice."""

    at: datetime
    clock: Clock
    wall: str
    """`2026-03-30T09:12:00` as the carrier wrote it, without offset and fraction: twins are recognised by it."""
    later: datetime | None = None
    date_only: bool = False


def read_moment(text: str, zone: tzinfo | None) -> Moment:
    """Read `2026-03-30`, `2026-03-30T09:12[:00[.000]]`, with or without an offset; a date alone is its local midnight.

    `zone` is where a bare local time was taken; None refuses those. Raises NoInstant.
    """
    found = _READING.fullmatch(text.strip())
    if found is None:
        raise NoInstant("is not a date and time like 2026-03-30T09:12:00+02:00")
    day, minute, second, fraction, offset = found.groups()
    wall = f"{day}T{minute or '00:00'}{(second or ':00')[:3]}"
    try:
        read = datetime.fromisoformat(wall + offset.upper() if offset else wall)
        if fraction:
            read += timedelta(microseconds=int(fraction.ljust(6, "0")[:6]))
        if offset:
            return Moment(read.astimezone(UTC), Clock.EXACT, wall)
        return _place(read, zone, wall, date_only=minute is None)
    except (ValueError, OverflowError) as error:
        raise error if isinstance(error, NoInstant) else NoInstant("does not exist in the calendar") from error


def _place(naive: datetime, zone: tzinfo | None, wall: str, *, date_only: bool) -> Moment:
    if zone is None:
        raise NoInstant("needs an offset, for example Z or +02:00")
    first = naive.replace(tzinfo=zone, fold=0).astimezone(UTC)
    second = naive.replace(tzinfo=zone, fold=1).astimezone(UTC)
    return Moment(first, Clock.ASSUMED, wall, second if second > first else None, date_only)


def settle(oldest_first: Iterable[Moment]) -> Iterator[Moment]:
    """Of a repeated hour, take the later reading where the earlier would put an event before the one it followed."""
    previous: datetime | None = None
    for moment in oldest_first:
        settled = moment
        if previous is not None and moment.later is not None and moment.at < previous <= moment.later:
            settled = moment._replace(at=moment.later, later=None)
        previous = settled.at
        yield settled


def end_of_day(moment: Moment, zone: tzinfo) -> datetime:
    """The last second of the local day that a date names."""
    midnight = datetime.fromisoformat(moment.wall[:10] + "T00:00:00").replace(tzinfo=zone)
    return (midnight + timedelta(days=1)).astimezone(UTC) - timedelta(seconds=1)
