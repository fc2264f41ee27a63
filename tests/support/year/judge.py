"""The judge of a simulated year: holds what was announced against what really happened.

It shares no code with the product. It says of every broken promise how its buyer learned of it, and finds: promises
whose breaking nobody told in time, promises told as broken that were not, and one lateness told twice.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import StrEnum
from itertools import pairwise
from typing import NamedTuple

from tests.support.year.lives import Life, Notice, Parcel
from tests.support.year.truth import (
    Promised,
    begins,
    buyer_must_act,
    ends_episode,
    has_arrived,
    named,
    new_promises,
    promises_of,
    was_called_off,
    went_out,
)

_LATENESS = ("promise:", "eta:", "delay:", "stalled:", "first_scan")


class Way(StrEnum):
    """How the buyer learned that the promise was broken."""

    TOLD = "told on the day"
    TOLD_BEFORE = "told before, and nothing better since"
    CAME_FIRST = "it was at the door before the hour of telling"
    CALLED_OFF_FIRST = "the order or the parcel was given up before the hour of telling"
    OUT_TODAY = "out for delivery that morning, and it came that day"
    MUST_ACT = "told that the buyer must act, and still so"
    MISSED = "not told in time"


ENOUGH = frozenset({Way.TOLD, Way.TOLD_BEFORE, Way.CAME_FIRST, Way.CALLED_OFF_FIRST})
"""Announced in time in the strict sense: with a notice of lateness, or overtaken by what a notice would be about."""


class Fault(StrEnum):
    MISSED = "a broken promise was not announced by the end of the day on which it broke"
    FALSE = "a promise was told as broken that was not"
    TWICE = "a second notice of lateness in one episode"


class Finding(NamedTuple):
    fault: Fault
    story: str
    order: str
    parcel: str | None
    what: str


@dataclass
class Verdict:
    """`ways` counts the broken promises by how they were learned of; `kept` the promises that held.

    A promise is of a parcel: an order in two parcels breaks two. `void`: given up before its day was over.
    """

    kept: int = 0
    void: int = 0
    ways: Counter[Way] = field(default_factory=Counter)
    notices: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)

    @property
    def broken(self) -> int:
        return self.ways.total()

    @property
    def recall(self) -> float:
        return 1 - self.count(Fault.MISSED) / self.broken if self.broken else 1.0

    def count(self, fault: Fault) -> int:
        return sum(finding.fault is fault for finding in self.findings)

    def __str__(self) -> str:
        """The figures, then the findings by story with an example of each."""
        lines = [f"{self.kept} promises kept, {self.void} void, {self.broken} broken, recall {self.recall:.4%}"]
        lines += [f"  {count:6} {way}" for way, count in self.ways.most_common()]
        lines += [f"  {count:6} notices {kind}" for kind, count in self.notices.most_common()]
        groups: defaultdict[tuple[Fault, str], list[Finding]] = defaultdict(list)
        for finding in self.findings:
            groups[finding.fault, finding.story].append(finding)
        for (fault, story), found in sorted(groups.items(), key=lambda group: -len(group[1])):
            lines.append(f"{len(found):6} x {fault} | {story} | {found[0].order} {found[0].parcel}: {found[0].what}")
        return "\n".join(lines)


def judge(
    lives: Iterable[Life], announced: Iterable[Notice], tell_at: Mapping[str, time], enough: Set[Way] = ENOUGH
) -> Verdict:
    """`announced`: the steps `delayed`, as they came. `tell_at`: each shop's hour of telling, in local time."""
    notices: defaultdict[tuple[str, str], list[Notice]] = defaultdict(list)
    for notice in announced:
        if notice.occurrence.startswith(_LATENESS):
            notices[notice.shop, notice.order_id].append(notice)
    verdict = Verdict()
    for life in lives:
        true_ones = [notice for notice in notices.pop((life.shop, life.order_id), []) if notice.still_true]
        verdict.notices.update(notice.occurrence.partition(":")[0] for notice in true_ones)
        _judge_life(verdict, life, true_ones, tell_at[life.shop], enough)
    for shop, order_id in notices:
        verdict.findings.append(Finding(Fault.FALSE, "?", f"{shop}/{order_id}", None, "no such order"))
    return verdict


def _judge_life(verdict: Verdict, life: Life, notices: Sequence[Notice], hour: time, enough: Set[Way]) -> None:
    promises = promises_of(life)
    for promised in promises:
        for parcel in promised.parcels or (None,):
            own = [notice for notice in notices if _is_about(notice, parcel)]
            way = _way(life, promised, parcel, own, begins(promised.until, life.zone, days=1, at=hour))
            if way is None:
                kept = parcel is not None and has_arrived(life, parcel, before=promised.broken_at)
                verdict.kept += kept
                verdict.void += not kept
                continue
            verdict.ways[way] += 1
            if way not in enough:
                said = ", ".join(f"{notice.occurrence} at {notice.announced_at:%d %b %H:%M}" for notice in own) or "-"
                what = f"{way}; promised {promised.until}, over at {promised.broken_at:%d %b %H:%M}Z, told: {said}"
                verdict.findings.append(_finding(Fault.MISSED, life, str(parcel) if parcel else None, what))
    for notice in notices:
        if why := _why_false(life, notice, promises):
            verdict.findings.append(_finding(Fault.FALSE, life, notice.parcel, f"{notice.occurrence}: {why}"))
    verdict.findings += _told_twice(life, notices)


def _is_about(notice: Notice, parcel: Parcel | None) -> bool:
    """A notice of the order as a whole is about each of its parcels; one of a parcel tells that the order is late."""
    return parcel is None or notice.parcel is None or notice.parcel == str(parcel)


def _way(
    life: Life, promised: Promised, parcel: Parcel | None, notices: Sequence[Notice], telling: datetime
) -> Way | None:
    """None for a promise that was kept, or that was void when its day ended."""
    broken_at, day_ends = promised.broken_at, begins(promised.until, life.zone, days=2)
    if was_called_off(life, parcel, before=broken_at):
        return None
    if parcel is not None and has_arrived(life, parcel, before=broken_at):
        return None
    if any(broken_at <= notice.announced_at < day_ends for notice in notices):
        return Way.TOLD
    if any(notice.announced_at < broken_at and _holds(life, notice, parcel, broken_at) for notice in notices):
        return Way.TOLD_BEFORE
    if was_called_off(life, parcel, before=telling, heard_by=telling):
        return Way.CALLED_OFF_FIRST
    parcels = (parcel,) if parcel is not None else named(life, at=telling)
    if not parcels:
        return Way.MISSED
    if all(has_arrived(life, each, before=telling, heard_by=telling) for each in parcels):
        return Way.CAME_FIRST
    if all(
        went_out(life, each, after=broken_at, heard_by=telling) and has_arrived(life, each, before=day_ends)
        for each in parcels
    ):
        return Way.OUT_TODAY
    return Way.MUST_ACT if all(buyer_must_act(life, each, heard_by=telling) for each in parcels) else Way.MISSED


def _holds(life: Life, notice: Notice, parcel: Parcel | None, until: datetime) -> bool:
    """Nothing better happened between the notice and `until`."""
    if any(notice.announced_at < said.at < until for said in new_promises(life)):
        return False
    return not any(
        notice.announced_at < scan.occurred_at < until and ends_episode(life, notice, scan)
        for scan in (life.scans[parcel] if parcel is not None else ())
    )


def _why_false(life: Life, notice: Notice, promises: Sequence[Promised]) -> str | None:
    kind, _, day = notice.occurrence.partition(":")
    if kind != "promise":
        return None
    found = [each for each in promises if each.until == date.fromisoformat(day[:10])]
    standing = [each for each in found if each.said_at <= notice.announced_at < each.replaced_at]
    if not standing:
        return "not what the shop promised at that time"
    promised = standing[-1]
    if notice.announced_at < promised.broken_at:
        return "the day was not over"
    parcel = next((each for each in life.scans if str(each) == notice.parcel), None)
    if notice.parcel is None and promised.parcels:
        return "told of the order as a whole, which has parcels"
    if was_called_off(life, parcel, before=promised.broken_at):
        return "it had been given up before"
    if parcel is not None and has_arrived(life, parcel, before=promised.broken_at):
        return "the promise was kept"
    if parcel is not None and has_arrived(life, parcel, before=notice.announced_at, heard_by=notice.announced_at):
        return "it had come by then, and tracking knew"
    return None


def _told_twice(life: Life, notices: Sequence[Notice]) -> Iterator[Finding]:
    by_time = sorted(notices, key=lambda notice: notice.announced_at)
    for name in {notice.parcel: None for notice in notices}:
        own = [notice for notice in by_time if notice.parcel in (name, None)]
        for first, second in pairwise(own):
            if name not in (first.parcel, second.parcel):
                continue
            same = (first.parcel, first.occurrence) == (second.parcel, second.occurrence)
            if same or not _ended_between(life, first, second):
                what = f"{first.occurrence} at {first.announced_at:%d %b %H:%M}, then {second.occurrence}"
                yield _finding(Fault.TWICE, life, name, f"{what} at {second.announced_at:%d %b %H:%M}")


def _ended_between(life: Life, first: Notice, second: Notice) -> bool:
    """Tracking heard good news between the two."""
    if any(first.announced_at < said.at <= second.announced_at for said in new_promises(life)):
        return True
    return any(
        first.announced_at < scan.heard_at[0] <= second.announced_at and ends_episode(life, first, scan)
        for parcel, scans in life.scans.items()
        if second.parcel in (str(parcel), None)
        for scan in scans
    )


def _finding(fault: Fault, life: Life, parcel: str | None, what: str) -> Finding:
    return Finding(fault, life.story, f"{life.shop}/{life.order_id}", parcel, what)
