"""How much is sent and how much is broken in each tier, as numbers; and what one part of a tier gets of them.

A tier runs in parts. Each part is a world of its own that starts empty, comes to rest and is judged alone; what a part
gets is its share of the tier's counts, so that all parts together have all of them.

What takes long by its nature is a tier of its own: providers that are away for ten minutes, and a transaction that
somebody leaves open for twenty.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import timedelta


@dataclass(frozen=True)
class Counts:
    """`places`: kills at failpoints. `kills`: at random moments. `pauses`: SIGSTOP. `*_restarts`: at once, no goodbye.

    `provider_windows`: a provider misbehaves for a while. `networks`: the way to a server or a provider is bad for a
    while, or connections are reset or cut in the middle of a commit. `rolling`: SIGTERM to every process in turn.
    `joins`: a second consumer of each group comes and goes. `partitions`: a topic gets more of them.
    `idle_transactions`: a session is left open for most of a part. `disk_full`: PostgreSQL cannot write for a while.
    `clock_steps`: the wall clock of one process jumps by 90 seconds, and back. `providers_away`: no provider takes
    anything for ten minutes.
    """

    orders: int = 0
    places: int = 0
    migrations: int = 0
    kills: int = 0
    pauses: int = 0
    postgres_restarts: int = 0
    broker_restarts: int = 0
    provider_windows: int = 0
    networks: int = 0
    rolling: int = 0
    joins: int = 0
    partitions: int = 0
    idle_transactions: int = 0
    disk_full: int = 0
    clock_steps: int = 0
    providers_away: int = 0

    def part(self, number: int, of: int) -> Counts:
        """What part `number` (from 0) gets: the parts differ by one at the most, and add up to the whole."""
        shares = {}
        for each in fields(self):
            whole = getattr(self, each.name)
            shares[each.name] = whole * (number + 1) // of - whole * number // of
        return Counts(**shares)

    def before(self, number: int, of: int) -> Counts:
        """What all parts before this one got."""
        return Counts(**{each.name: getattr(self, each.name) * number // of for each in fields(self)})


@dataclass(frozen=True)
class Tier:
    """`span`: over so long each part's load is poured. `pause`: the shortest and the longest SIGSTOP.

    `encore`: for so long more is poured, where a place was not reached at which somebody has yet to die.
    `quiet_deadline`: longer than the oracle allows (it tells how late it was), so that a run is judged and not lost.
    """

    name: str
    counts: Counts
    parts: int
    span: timedelta
    encore: timedelta
    pause: tuple[timedelta, timedelta]
    quiet_deadline: timedelta


TIERS = (
    Tier(
        "1",
        Counts(
            orders=200,
            places=31,
            migrations=2,
            kills=10,
            pauses=1,
            postgres_restarts=1,
            broker_restarts=1,
            provider_windows=2,
            networks=4,
            joins=1,
        ),
        parts=1,
        span=timedelta(seconds=110),
        encore=timedelta(seconds=60),
        pause=(timedelta(seconds=8), timedelta(seconds=10)),
        quiet_deadline=timedelta(minutes=10),
    ),
    Tier(
        "2",
        Counts(
            orders=50_000,
            places=200,
            migrations=50,
            kills=200,
            pauses=20,
            postgres_restarts=10,
            broker_restarts=10,
            provider_windows=6,
            networks=50,
            rolling=2,
            joins=25,
            partitions=1,
            idle_transactions=10,
            disk_full=3,
            clock_steps=12,
        ),
        parts=30,
        span=timedelta(seconds=240),
        encore=timedelta(seconds=60),
        pause=(timedelta(seconds=15), timedelta(seconds=40)),
        quiet_deadline=timedelta(minutes=10),
    ),
    Tier(
        "3",
        Counts(
            orders=10_000,
            places=1_500,
            migrations=42,
            kills=50,
            postgres_restarts=25,
            broker_restarts=25,
            networks=100,
            joins=50,
        ),
        parts=25,
        span=timedelta(seconds=270),
        encore=timedelta(seconds=90),
        pause=(timedelta(seconds=15), timedelta(seconds=40)),
        quiet_deadline=timedelta(minutes=10),
    ),
    Tier(
        "long",
        Counts(orders=4_000, providers_away=1, idle_transactions=1),
        parts=1,
        span=timedelta(minutes=25),
        encore=timedelta(0),
        pause=(timedelta(seconds=15), timedelta(seconds=40)),
        quiet_deadline=timedelta(minutes=10),
    ),
)


def tier_named(name: str) -> Tier:
    """Raises KeyError when there is no such tier."""
    for tier in TIERS:
        if tier.name == name:
            return tier
    raise KeyError(f"no tier {name!r}: there are {', '.join(tier.name for tier in TIERS)}")
