"""Which process is to die at which place, and how often: the plan of all failpoint kills of one chunk.

Every start of a process arms all the places at which it still has to die, each at a random nth time, and none before a
moment that spreads its deaths over the span. The first that is reached kills it; so no place that never comes keeps the
others from coming.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from shared.failpoints import AFTER_VARIABLE, POINTS, SEED_VARIABLE, VARIABLE

OFTEN, BATCHES, SELDOM, HARDLY = 20, 6, 3, 1
"""Up to which time a place may wait: it is passed with each event, with each batch, now and then, hardly ever."""


@dataclass(frozen=True)
class Place:
    """A failpoint, the processes that pass it, and up to which time it may wait there.

    `at_start`: so often every start passes it, and those do not count.
    """

    name: str
    processes: tuple[str, ...]
    patience: int = SELDOM
    at_start: int = 0


IN_REBALANCE = "consume.in_revoke"
_CONSUMERS = ("tracking.consume", "notifier.consume")
_RELAYS = ("tracking.relay", "notifier.relay")
PLACES = (
    Place("gateway.after_verify", ("gateway.api",), OFTEN),
    Place("gateway.before_publish", ("gateway.api",), OFTEN),
    Place("gateway.before_202", ("gateway.api",), OFTEN),
    Place("publish.before_acks", ("tracking.api", "tracking.relay", "notifier.relay", "gateway.api"), BATCHES),
    Place("relay.lock_lost", _RELAYS, BATCHES),
    Place("relay.after_select", _RELAYS, BATCHES),
    Place("relay.before_mark", _RELAYS, BATCHES),
    Place("relay.after_mark", _RELAYS, BATCHES),
    Place("consume.after_fetch", _CONSUMERS, BATCHES),
    Place("consume.after_inbox", _CONSUMERS, BATCHES),
    Place("consume.before_commit", _CONSUMERS, BATCHES),
    Place("consume.after_commit", _CONSUMERS, BATCHES),
    Place("consume.after_offsets", _CONSUMERS, BATCHES),
    Place(IN_REBALANCE, _CONSUMERS, HARDLY, at_start=1),
    Place("dead_letters.after_row", ("tracking.consume",), HARDLY),
    Place("tracking.before_202", ("tracking.api",), OFTEN),
    Place("tracking.after_scans", ("tracking.consume",), BATCHES),
    Place("tracking.after_release", ("tracking.consume",)),
    Place("notifier.after_plan", ("notifier.consume",), BATCHES),
    Place("notifier.after_freeze", ("notifier.send",), BATCHES),
    Place("notifier.after_claim", ("notifier.send",), BATCHES),
    Place("notifier.before_send", ("notifier.send",), BATCHES),
    Place("notifier.in_mail", ("notifier.send",), OFTEN),
    Place("notifier.after_mail", ("notifier.send",), OFTEN),
    Place("notifier.before_answer_read", ("notifier.send",), SELDOM),
    Place("notifier.after_answer", ("notifier.send",), BATCHES),
    Place("notifier.before_record", ("notifier.send",), BATCHES),
    Place("notifier.after_record", ("notifier.send",), BATCHES),
    Place("notifier.in_receipt", ("notifier.api",), OFTEN),
    Place("notifier.after_receipt", ("notifier.api",), OFTEN),
    Place("notifier.in_doubt", ("notifier.send",), HARDLY),
)
MIGRATION = "migrate.middle"
"""Killed before anything else runs."""
OUT_OF_REACH = ("gateway.poll_after_fetch", "gateway.poll_after_publish", "tracking.after_look")
"""Not tried here: no parcel of the load is one that a carrier has to be asked for, and none becomes late in a run."""


SHARE_OF_SPAN = 0.6
"""For so much of the span a process lives before it dies again; the rest goes to its starts, and to what is late."""
NOTHING: Mapping[str, int] = {}


def _process_and_place(name: str) -> tuple[str, str]:
    process, _, place = name.partition(" at ")
    return process, place


@dataclass
class Deaths:
    """`left`: how often each process still has to die at each place."""

    left: Counter[tuple[str, str]]
    chance: random.Random
    seed: str
    died: Counter[tuple[str, str]] = field(default_factory=Counter)
    _pause: dict[str, timedelta] = field(default_factory=dict)
    _disarmed: bool = False
    _starts: Counter[str] = field(default_factory=Counter)

    @classmethod
    def planned(
        cls, kills: int, first: int, seed: str, owed: Mapping[str, int] = NOTHING, span: timedelta = timedelta(0)
    ) -> Deaths:
        """So many kills, place after place in turns from number `first`: a later part goes on where this one ends.

        `owed`: what never came in an earlier part, as `missed` says it.
        """
        left = Counter({_process_and_place(name): count for name, count in owed.items()})
        for number in range(first, first + kills):
            turn, which = divmod(number, len(PLACES))
            place = PLACES[which]
            left[place.processes[turn % len(place.processes)], place.name] += 1
        of_process = Counter[str]()
        for (process, _), count in left.items():
            of_process[process] += count
        pauses = {process: span * SHARE_OF_SPAN / count for process, count in of_process.items()}
        return cls(left, random.Random(seed), seed, _pause=pauses)

    def arm(self, process: str) -> Mapping[str, str]:
        """The variables for the next start of this process."""
        self._starts[process] += 1
        wishes = [
            f"{place.name}=kill@{place.at_start + self.chance.randint(1, place.patience)}"
            for place in PLACES
            if self.left[process, place.name] > 0 and not self._disarmed
        ]
        if not wishes:
            return {}
        after = 2 * self.chance.random() * self._pause.get(process, timedelta(0))
        return {
            VARIABLE: ",".join(wishes),
            SEED_VARIABLE: f"{self.seed}/{process}/{self._starts[process]}",
            AFTER_VARIABLE: f"{after.total_seconds():.1f}",
        }

    def hurry(self) -> None:
        """From the next start on nobody waits."""
        self._pause.clear()

    def fired(self, process: str, place: str) -> None:
        self.left[process, place] -= 1
        self.died[process, place] += 1

    @property
    def waiting(self) -> int:
        return sum(count for count in self.left.values() if count > 0)

    @property
    def waits_for_a_rebalance(self) -> bool:
        return any(count > 0 for (_, place), count in self.left.items() if place == IN_REBALANCE)

    @property
    def missed(self) -> dict[str, int]:
        """What never came, as `process at place`."""
        return {f"{process} at {place}": count for (process, place), count in self.left.items() if count > 0}

    def disarm(self) -> None:
        """From the next start on nobody dies any more; who was armed before may yet."""
        self._disarmed = True

    def by_place(self) -> dict[str, int]:
        """How often each place killed, with those that never came."""
        found = Counter({place.name: 0 for place in PLACES})
        for (_, place), count in self.died.items():
            found[place] += count
        return {name: found[name] for name in POINTS if name in found}
