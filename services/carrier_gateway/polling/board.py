"""All parcels this poller has to ask for, by the partitions it holds, and what each partition has spent today.

Built from two compacted topics, `tracking.watches.v1` and `gateway.polls.v1`, which are read from their beginning
whenever a partition is assigned: nothing is known of a partition that somebody else may have asked for meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from services.carrier_gateway.polling.budget import open_by, share_of
from services.carrier_gateway.polling.outlook import is_over
from services.carrier_gateway.polling.parcel import UNTOLD_ZONE, Parcel
from shared.contracts.base import decode
from shared.contracts.polls import Poll
from shared.contracts.watches import Watch


@dataclass
class Spent:
    """Questions to one carrier out of one partition's share, on one day. Never less than were asked."""

    day: date
    count: int = 0

    def on(self, day: date) -> int:
        return self.count if self.day == day else 0

    def reserve(self, day: date) -> int:
        """The number of the next question on that day."""
        self.day, self.count = max(day, self.day), self.on(day) + 1
        return self.count

    def give_back(self, day: date) -> None:
        """It did not go out."""
        if self.day == day:
            self.count -= 1

    def saw(self, day: date, nth: int) -> None:
        """A record says that this was the nth."""
        if day >= self.day:
            self.day, self.count = day, max(self.on(day), nth)


@dataclass
class Partition:
    """`held`: False from the moment it is somebody else's. `complete`: both topics have been read to their ends."""

    number: int
    held: bool = True
    complete: bool = False
    parcels: dict[str, dict[str, Parcel]] = field(default_factory=dict)
    memories: dict[str, Poll] = field(default_factory=dict)
    """Of parcels without a watch: they count until their day is over, then they are to be forgotten."""
    _spent: dict[str, Spent] = field(default_factory=dict)

    def spent(self, carrier: str) -> Spent:
        return self._spent.setdefault(carrier, Spent(date.min))

    def forget(self, key: str) -> None:
        """While the topics are read; later the poller itself says what is forgotten."""
        self.memories.pop(key, None)
        parcel = self.parcels.get(key.partition("/")[0], {}).get(key)
        if parcel is not None and not self.complete:
            parcel.forget()

    def of(self, carrier: str) -> Iterable[Parcel]:
        return self.parcels.get(carrier, {}).values()


@dataclass(frozen=True)
class Turn:
    """One parcel that is to be asked about, out of this partition's share."""

    parcel: Parcel
    partition: Partition


class Board:
    """`zones`: each carrier's own zone, for parcels that go nobody knows where. `pace`: see
    GatewaySettings.poll_pace.
    """

    def __init__(self, pace: float = 1.0, zones: dict[str, str] | None = None) -> None:
        self.pace, self._zones = pace, zones or {}
        self.partitions: dict[int, Partition] = {}
        self.total = 1
        self.assigned = False

    async def unready(self) -> str | None:
        """A poller with no partition is ready: the others do its work."""
        complete = self.assigned and all(partition.complete for partition in self.partitions.values())
        return None if complete else "reading the watches"

    def hold(self, numbers: Iterable[int], total: int) -> None:
        """These are ours now, of so many; each is begun anew."""
        self.lose()
        self.partitions = {number: Partition(number) for number in numbers}
        self.total, self.assigned = total, True

    def lose(self) -> None:
        """Nothing is ours: whatever is about to be asked must not be."""
        for partition in self.partitions.values():
            partition.held = False
        self.partitions, self.assigned = {}, False

    def apply_watch(self, number: int, key: str, value: bytes | None, at: datetime | None) -> None:
        """One record of the watches, written `at` if the broker says so. Raises pydantic.ValidationError."""
        partition = self.partitions.get(number)
        if partition is None:
            return
        carrier = key.partition("/")[0]
        known = partition.parcels.setdefault(carrier, {})
        if value is None:
            ended = known.pop(key, None)
            if ended is not None and ended.memory is not None:
                partition.memories[key] = ended.memory
            return
        watch = decode(Watch, value)
        at = at or watch.since
        parcel = known.get(key)
        if parcel is not None:
            parcel.watch_again(watch, at)
            return
        parcel = Parcel(watch, at, self._zones.get(carrier, UNTOLD_ZONE))
        known[key] = parcel
        memory = partition.memories.pop(key, None)
        if memory is not None:
            parcel.remember(memory)

    def apply_poll(self, number: int, key: str, value: bytes | None) -> None:
        """One record of the memories. Once a partition is complete they are its own, or those of a poller that does not
        know yet that it has lost it: then only the count matters. Raises pydantic.ValidationError.
        """
        partition = self.partitions.get(number)
        if partition is None:
            return
        if value is None:
            partition.forget(key)
            return
        memory = decode(Poll, value)
        partition.spent(memory.carrier).saw(day_of(memory.asked_at), memory.nth)
        if partition.complete:
            return
        parcel = partition.parcels.get(memory.carrier, {}).get(key)
        if parcel is not None:
            parcel.remember(memory)
        else:
            partition.memories[key] = memory

    def worthiest(self, carrier: str, daily_quota: int, now: datetime, zone: ZoneInfo) -> Turn | None:
        """Of all parcels that still have a share to be asked out of, the one that is worth it most. Looks at each."""
        best, most = None, 0.0
        for partition in self.partitions.values():
            if not partition.complete or not self._has_left(partition, carrier, daily_quota, now, zone):
                continue
            for parcel in partition.of(carrier):
                worth = parcel.worth(now, self.pace)
                if worth > most:
                    best, most = Turn(parcel, partition), worth
        return best

    def _has_left(self, partition: Partition, carrier: str, daily_quota: int, now: datetime, zone: ZoneInfo) -> bool:
        day = day_of(now)
        share = share_of(daily_quota, partition.number, self.total, day)
        if self.pace >= 1:
            share = open_by(share, now, zone)
        return partition.spent(carrier).on(day) < share

    def left(self, carrier: str, daily_quota: int, now: datetime) -> int:
        """How many more questions today out of the partitions held here."""
        day = day_of(now)
        shares = ((each, share_of(daily_quota, each.number, self.total, day)) for each in self.partitions.values())
        return sum(max(share - each.spent(carrier).on(day), 0) for each, share in shares)

    def silent(self, carrier: str, now: datetime, after: timedelta) -> Iterator[Turn]:
        """Parcels that nobody has heard of for so long."""
        for partition in self.partitions.values():
            if partition.complete:
                for parcel in partition.of(carrier):
                    over = parcel.asking or parcel.given_up or is_over(parcel.stage)
                    if not over and parcel.silent_at(after) <= now:
                        yield Turn(parcel, partition)

    def outlived(self, carrier: str, now: datetime) -> list[tuple[Partition, str]]:
        """Memories of parcels that are wanted no more and whose day is over."""
        return [
            (partition, key)
            for partition in self.partitions.values()
            if partition.complete
            for key, memory in partition.memories.items()
            if memory.carrier == carrier and day_of(memory.asked_at) < day_of(now)
        ]


def day_of(instant: datetime) -> date:
    """Quotas are counted by days of UTC."""
    return instant.astimezone(UTC).date()
