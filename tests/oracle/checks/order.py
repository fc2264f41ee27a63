"""What one person hears on one channel of one parcel is in the order in which it happened; the opening comes first.

And it is true when it is told: what a fact comes too late for is not heard after that.
"""

from __future__ import annotations

from collections.abc import Iterator

from tests.oracle.case import Case
from tests.oracle.story import StepId
from tests.oracle.verdicts import Finding, Tally

STILL_WORTH_TELLING = frozenset({("in_transit", "failed_attempt")})
"""(heard before, heard after): nobody was home, and although the parcel is back in the depot the buyer must hear it."""


def of_order(case: Case, tally: Tally) -> Iterator[Finding]:
    heard: dict[tuple[str, str], list[StepId]] = {}
    for each in case.heard:
        if each.step in case.story.steps:
            heard.setdefault((each.message.recipient, each.message.channel), []).append(each.step)
    for (recipient, channel), steps in heard.items():
        for nth, step in enumerate(steps):
            if step in case.story.never_true or _came_too_late(case, step, steps[:nth]):
                tally["messages untrue when they were told"] += 1
                yield Finding("order.untrue", f"{case.name}: {recipient} by {channel}", f"no {step.step}", "told")
        for before, after in _wrong(case, steps):
            tally["messages out of order"] += 1
            key = f"{case.name}: {recipient} by {channel}"
            yield Finding("order.rank", key, f"{after.step} before {before.step}", f"{before.step} first")


def _came_too_late(case: Case, step: StepId, heard: list[StepId]) -> bool:
    end = case.story.ruled_out.get(step)
    return end in heard and not case.story.may_give_way(end, step)


def _wrong(case: Case, steps: list[StepId]) -> Iterator[tuple[StepId, StepId]]:
    for place, after in enumerate(steps):
        for before in steps[:place]:
            same = not before.parcel or not after.parcel or before.parcel == after.parcel
            later = before != after and not case.story.may_precede(before, after)
            overruled = case.story.ruled_out.get(before) == after  # heard of first, and true until the other was known
            if same and later and not overruled and (before.step, after.step) not in STILL_WORTH_TELLING:
                yield before, after
