"""What an order should have come to: a second, small fold of the facts, by the documentation and not by the product.

It knows what the load makes: full snapshots, one stage for each scan. It knows no conditions, promises or silences, no
labels called off, lost parcels or references given out again; a run that has such needs them here first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from tests.oracle.ledger import OrderLedger, Scan, Snapshot

STAGES = (
    "registered accepted in_transit out_for_delivery failed_attempt ready_for_pickup delivered returning returned"
).split()
UNDER_WAY = frozenset(STAGES) - {"registered"}
STEPS = (
    "order_confirmed payment_received preparing shipped in_transit out_for_delivery failed_attempt ready_for_pickup "
    "delivered returning returned order_cancelled refunded"
).split()
OPENING = frozenset({"order_confirmed", "payment_received", "preparing"})
STEP_OF = {"accepted": "shipped", **{stage: stage for stage in STAGES[2:]}}
ONCE_A_DAY = frozenset({"out_for_delivery", "failed_attempt"})
RUN_ENDS = {
    "delivered": frozenset({"failed_attempt", "ready_for_pickup", "returning", "returned"}),
    "ready_for_pickup": frozenset({"out_for_delivery", "failed_attempt", "delivered"}),
}
"""Told again after one of these lay between."""
_BEFORE_THE_ROAD = frozenset({"registered", "accepted"})
NEVER_AFTER = {
    "accepted": frozenset({"registered"}),
    **dict.fromkeys(("in_transit", "out_for_delivery", "failed_attempt", "ready_for_pickup"), _BEFORE_THE_ROAD),
    "delivered": _BEFORE_THE_ROAD | {"in_transit", "out_for_delivery"},
    "returning": frozenset(STAGES) - {"returning", "returned"},
    "returned": frozenset(STAGES) - {"returned"},
}
"""Which later scans change nothing. On a way back only somebody who took the parcel makes it delivered after all."""
SHOP_IMPLIES = {
    "placed": (),
    "confirmed": ("order_confirmed",),
    "preparing": ("order_confirmed", "preparing"),
    "shipped": ("order_confirmed", "preparing", "shipped"),
    "delivered": ("order_confirmed", "preparing", "shipped", "delivered"),
    "returned": ("order_confirmed", "preparing", "shipped", "returned"),
    "cancelled": ("order_confirmed", "order_cancelled"),
}
STANDS = {"preparing": "preparing"}
"""Of what snapshots imply, only this is not told once it is past; an order is confirmed and paid for ever."""
PAYMENT_IMPLIES = {"paid": ("payment_received",), "refunded": ("payment_received", "refunded")}


class StepId(NamedTuple):
    """One step of one order. `parcel` is empty for a step about the whole order."""

    step: str
    occurrence: str
    parcel: str


@dataclass
class Story:
    """`steps`: the first and the last instant at which a fact told of each. `ignored`: scans, by event.

    `true_at_the_end`: the steps that nothing made untrue. `never_true`: those that only a snapshot tells that is past
    them already. `ruled_out`: those that only ignored scans tell, and the step that they came too late for.
    `shops_word`: since when the shop says so.
    """

    state: str = ""
    stages: dict[str, str] = field(default_factory=dict)
    steps: dict[StepId, tuple[datetime, datetime]] = field(default_factory=dict)
    true_at_the_end: set[StepId] = field(default_factory=set)
    ignored: set[str] = field(default_factory=set)
    never_true: set[StepId] = field(default_factory=set)
    ruled_out: dict[StepId, StepId] = field(default_factory=dict)
    shops_word: dict[StepId, datetime] = field(default_factory=dict)

    def may_give_way(self, told: StepId, to: StepId) -> bool:
        """The shop's word may have been all that was known, and it gives way to a scan that happened after it."""
        said_at = self.shops_word.get(told)
        return said_at is not None and said_at < self.steps[to][1]

    def may_precede(self, step: StepId, then: StepId) -> bool:
        """False when each fact that tells of `step` happened after all that tell of `then`."""
        return self._rank(step, 0) < self._rank(then, 1)

    def _rank(self, step: StepId, edge: int) -> tuple[bool, datetime, int]:
        return step.step not in OPENING, self.steps[step][edge], STEPS.index(step.step)

    def tell(self, step: StepId, at: datetime) -> None:
        first, last = self.steps.get(step, (at, at))
        self.steps[step] = min(at, first), max(at, last)


def story_of(order: OrderLedger, zone: ZoneInfo, known: Iterable[object]) -> Story:
    """`known`: the identities of the facts that arrived. Without a snapshot among them the story is empty."""
    arrived, story = frozenset(known), Story()
    snapshots = [each for identity, each in order.snapshots.items() if identity in arrived]
    if not snapshots:
        return story
    of_sequence: dict[int, Snapshot] = {}
    for each in sorted(snapshots, key=lambda each: (each.sequence, each.said_at)):
        of_sequence.setdefault(each.sequence, each)
    standing = of_sequence[max(of_sequence)]
    for snapshot in of_sequence.values():
        for step in (StepId(step, "1", parcel) for step, parcel in _implied(snapshot)):
            story.tell(step, snapshot.said_at)
            story.shops_word[step] = min(snapshot.said_at, story.shops_word.get(step, snapshot.said_at))
    scans = sorted((s for s in order.scans.values() if s.event_id in arrived), key=lambda s: (s.at, _rank(s.stage)))
    for parcel in sorted({parcel for snapshot in snapshots for parcel in snapshot.parcels}):
        _walk(story, standing, parcel, [scan for scan in scans if scan.parcel == parcel], zone)
    story.state = _state(standing, [story.stages[parcel] for parcel in standing.parcels])
    stood = {StepId(STANDS[each.state], "1", "") for each in of_sequence.values() if each.state in STANDS}
    story.never_true = {step for step in story.steps if step.step == "preparing"} - stood
    story.true_at_the_end |= {step for step in story.steps if _stays_true(step.step, standing)}
    return story


def _rank(stage: str) -> int:
    return STAGES.index(stage)


def _implied(snapshot: Snapshot) -> Iterator[tuple[str, str]]:
    for step in (*SHOP_IMPLIES[snapshot.state], *PAYMENT_IMPLIES.get(snapshot.payment or "", ())):
        about_parcel = step in ("shipped", "delivered", "returned")
        yield from ((step, parcel) for parcel in (snapshot.parcels if about_parcel else ("",)))


def _stays_true(step: str, standing: Snapshot) -> bool:
    if standing.state == "cancelled":
        return step in ("order_cancelled", "refunded")
    return step in ("order_confirmed", "payment_received")


def _walk(story: Story, standing: Snapshot, parcel: str, scans: list[Scan], zone: ZoneInfo) -> None:
    """Scan by scan, as it happened. What changes nothing tells of its step all the same, for the record."""
    stage, runs, last = "registered", _Runs(), None
    counted = {step for step in story.steps if step.parcel in ("", parcel)}
    for scan in scans:
        step = _told_by(scan, runs, zone)
        if step is not None:
            story.tell(step, scan.at)
        if scan.stage in NEVER_AFTER.get(stage, frozenset()) and not (scan.stage == "delivered" and scan.taken):
            story.ignored.add(scan.event_id)
            if step is not None and last is not None:
                story.ruled_out.setdefault(step, last)
        else:
            stage, last = scan.stage, step
            counted |= {step} if step is not None else set()
    for step in counted & story.ruled_out.keys():
        del story.ruled_out[step]
    word = standing.state if standing.state in ("delivered", "returned") and parcel in standing.parcels else None
    if word not in (None, stage) and not any(s.stage in UNDER_WAY and s.at > standing.said_at for s in scans):
        stage, last = str(word), StepId(str(word), "1", parcel)
    story.stages[parcel] = stage
    if last is not None:
        story.true_at_the_end.add(last)


class _Runs:
    """Numbers the unbroken runs of what can be told again."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._going_on: set[str] = set()

    def number(self, stage: str) -> int:
        self._going_on = {run for run in self._going_on if stage not in RUN_ENDS[run]}
        if stage in RUN_ENDS and stage not in self._going_on:
            self._numbers[stage] = self._numbers.get(stage, 0) + 1
            self._going_on.add(stage)
        return self._numbers.get(stage, 1)


def _told_by(scan: Scan, runs: _Runs, zone: ZoneInfo) -> StepId | None:
    number = runs.number(scan.stage)
    step = STEP_OF.get(scan.stage)
    if step is None:
        return None
    day = scan.at.astimezone(zone).date().isoformat()
    return StepId(step, day if step in ONCE_A_DAY else str(number), scan.parcel)


def _state(standing: Snapshot, stages: list[str]) -> str:
    """The whole order from its parcels and the shop's word."""
    if standing.state in ("cancelled", "returned") or not stages:
        return standing.state
    for whole in ("returned", "delivered"):
        if set(stages) == {whole}:
            return whole
    if "delivered" in stages:
        return "partly_delivered"
    moving = [stage in UNDER_WAY for stage in stages]
    if standing.state in ("shipped", "delivered") or all(moving):
        return "shipped"
    return "partly_shipped" if any(moving) else standing.state
