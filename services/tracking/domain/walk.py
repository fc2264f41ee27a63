"""A parcel's life gone through fact by fact, as it happened, from wherever an earlier look at it ended.

The one fold of the domain. Going through all facts at once and going on from a kept `Walk` with the facts that happened
after it are the same loop, so they cannot disagree. Any permutation and any duplication of the same facts gives the
same walk.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import NamedTuple
from uuid import UUID

from services.tracking.domain.calendar import local_day
from services.tracking.domain.lateness import ON_THE_ROAD, Lateness
from services.tracking.domain.lifecycle import (
    EPISODE_ENDS_WITH,
    ONCE_A_DAY,
    STEP_OF,
    UNDER_WAY,
    Trouble,
    steps_of_scan,
    trouble_of,
)
from services.tracking.domain.shipment import (
    NEVER_SCANNED,
    Ignored,
    ParcelFact,
    ParcelState,
    Place,
    after,
    begins_anew,
    in_true_order,
    why_ignored,
    why_not_silent,
)
from shared.contracts.vocabulary import Stage, Step

BEFORE_THE_ORDER = timedelta(days=2)
"""Clocks differ and labels are printed early; what is older than this belongs to an earlier use of the reference."""

OF_ANOTHER_PARCEL = frozenset({"before_the_order", "reference_reused"})
"""Why a fact of this reference says nothing of this order's parcel."""

_NO_RUNS: Mapping[str, int] = MappingProxyType({})

Telling = tuple[Step, str]
"""A step and its occurrence, of one parcel."""


class Frame(NamedTuple):
    """What an order makes of its parcels' facts.

    `placed_at`: earlier facts are another order's. `day_zone` (IANA) says which day a scan belongs to. `promises`:
    every day the shop ever promised, with the zone it is a day in. `word`: the id of the snapshot whose word stands
    among the facts as if it were a scan.
    """

    placed_at: datetime | None = None
    day_zone: str = "UTC"
    promises: tuple[tuple[date, str], ...] = ()
    word: UUID | None = None

    @property
    def opens_at(self) -> datetime | None:
        return self.placed_at - BEFORE_THE_ORDER if self.placed_at is not None else None


class Walk(NamedTuple):
    """How far a parcel's life has been gone through, and what the next fact is put onto.

    `place` is that of the newest fact, whether it counted or not; `facts` counts them. `runs` numbers the unbroken runs
    of what can be told again, `unbroken` names those that go on. `moved_at`: the last scan on the way with nothing the
    matter; `good_at`: the last one that brought the parcel to the buyer's door or beyond. `reused`: the reference is
    another parcel's by now.
    """

    state: ParcelState = NEVER_SCANNED
    place: Place | None = None
    facts: int = 0
    runs: Mapping[str, int] = _NO_RUNS
    unbroken: frozenset[str] = frozenset()
    moved_at: datetime | None = None
    good_at: datetime | None = None
    reused: bool = False


class Heard(NamedTuple):
    """One fact in its place. `ignored` is the reason why it changed nothing; it tells what it tells all the same."""

    fact: ParcelFact
    ignored: str | None
    tellings: tuple[Telling, ...]


class Walked(NamedTuple):
    """A walk and what was heard on it."""

    walk: Walk
    heard: tuple[Heard, ...]

    @property
    def state(self) -> ParcelState:
        return self.walk.state

    @property
    def counted(self) -> tuple[ParcelFact, ...]:
        return tuple(each.fact for each in self.heard if each.ignored is None)

    @property
    def ignored(self) -> tuple[Ignored, ...]:
        return tuple([Ignored(each.ignored, each.fact.id) for each in self.heard if each.ignored is not None])


NOT_BEGUN = Walk()
ANY_ORDER = Frame()


def walk_parcel(facts: Iterable[ParcelFact], frame: Frame = ANY_ORDER, begun: Walk = NOT_BEGUN) -> Walked:
    """Go through the facts as they happened. `begun`: only those that happened after it are gone through."""
    ordered = in_true_order(facts)
    if begun.place is not None:
        place = begun.place
        ordered = tuple(fact for fact in ordered if fact.place > place)
    return go_on(begun, ordered, frame)


def go_on(walk: Walk, facts: Sequence[ParcelFact], frame: Frame) -> Walked:
    """Let each fact count that may follow what was said before. `facts` must be in true order, and after the walk."""
    if not facts:
        return Walked(walk, ())
    state, reused, moved_at, good_at = walk.state, walk.reused, walk.moved_at, walk.good_at
    opens_at = frame.opens_at
    counter = _Runs(dict(walk.runs), set(walk.unbroken), frame)
    heard: list[Heard] = []
    for fact in facts:
        if opens_at is not None and fact.at < opens_at:
            heard.append(Heard(fact, "before_the_order", ()))
            continue
        if fact.silent_since is not None:
            reason = "reference_reused" if reused else why_not_silent(state, fact)
            heard.append(Heard(fact, reason, ()))
            state = state._replace(silent_since=fact.silent_since) if reason is None else state
            continue
        if fact.stage is Stage.UNKNOWN:
            heard.append(Heard(fact, "unmapped_code", ()))
            continue
        tellings = counter.told_by(fact)
        reused = reused or begins_anew(state, fact)
        reason = "reference_reused" if reused else why_ignored(state, fact)
        heard.append(Heard(fact, reason, tellings))
        if reason is None:
            state = after(state, fact)
            if fact.stage not in ON_THE_ROAD:
                good_at = fact.at
            if fact.condition is None and fact.stage in UNDER_WAY:
                moved_at = fact.at
    place, count = facts[-1].place, walk.facts + sum(fact.id != frame.word for fact in facts)
    gone = Walk(state, place, count, counter.runs, frozenset(counter.unbroken), moved_at, good_at, reused)
    return Walked(gone, tuple(heard))


@dataclass(slots=True)
class _Runs:
    """Tells one occurrence of a step from the next by the unbroken runs of scans, numbered along the true order.

    The shop's word repeats the present run and neither starts nor ends one, for another snapshot may take it back.
    """

    runs: dict[str, int]
    unbroken: set[str]
    frame: Frame

    def told_by(self, fact: ParcelFact) -> tuple[Telling, ...]:
        if fact.id == self.frame.word:
            step = STEP_OF[fact.stage]
            return ((step, str(max(self.runs.get(fact.stage, 0), 1))),) if step is not None else ()
        if self.unbroken:
            self.unbroken = {run for run in self.unbroken if not _ends(run, fact)}
        trouble = trouble_of(fact.stage, fact.condition, fact.action_by)
        if fact.stage in EPISODE_ENDS_WITH:
            self._count(fact.stage)
        if trouble is not None and not trouble.once:
            self._count(trouble.kind)
        told = [(step, self._occurrence(fact, step, trouble)) for step in _steps(fact)]
        if self.frame.promises and fact.eta_until is not None:
            told += self._told_by_eta(fact, fact.eta_until)
        return tuple(told)

    def _count(self, run: str) -> None:
        if run not in self.unbroken:
            self.runs[run] = self.runs.get(run, 0) + 1
            self.unbroken.add(str(run))

    def _occurrence(self, fact: ParcelFact, step: Step, trouble: Trouble | None) -> str:
        if step in ONCE_A_DAY:
            return local_day(fact.at, self.frame.day_zone).isoformat()
        if trouble is not None and step is trouble.step:
            return trouble.kind if trouble.once else f"{trouble.kind}:{self.runs[trouble.kind]}"
        return str(self.runs[fact.stage]) if fact.stage in EPISODE_ENDS_WITH else "1"

    def _told_by_eta(self, fact: ParcelFact, eta: datetime) -> list[Telling]:
        told: list[Telling] = []
        for promised, zone in self.frame.promises:
            label = eta_label(promised)
            if fact.stage in ON_THE_ROAD and local_day(eta, zone) > promised:
                self._count(label)
                told.append((Step.DELAYED, f"{label}:{self.runs[label]}"))
            else:
                self.unbroken.discard(label)
        return told


def eta_label(promised: date) -> str:
    """The run of scans that expect the parcel after this promised day."""
    return f"{Lateness.ETA}:{promised.isoformat()}"


def _steps(fact: ParcelFact) -> tuple[Step, ...]:
    return steps_of_scan(fact.stage, fact.condition, fact.action_by)


def _ends(run: str, fact: ParcelFact) -> bool:
    if run in _STAGE_RUNS:
        return fact.stage in _STAGE_RUNS[run]
    if run.startswith(Lateness.ETA):
        return fact.stage not in ON_THE_ROAD
    return fact.condition is None and fact.stage in UNDER_WAY


_STAGE_RUNS: Mapping[str, frozenset[Stage]] = {str(stage): ends for stage, ends in EPISODE_ENDS_WITH.items()}
