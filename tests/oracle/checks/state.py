"""Where each order stands at the end, and all its steps, are what the reference fold makes of the ledger."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from tests.oracle.case import Case
from tests.oracle.story import StepId
from tests.oracle.verdicts import Finding, Tally


def of_order(case: Case, tally: Tally) -> Iterator[Finding]:
    story, status = case.story, case.status
    tally["orders"] += 1
    tally[f"orders {story.state}"] += 1
    if status.state != story.state:
        yield Finding("state.order", case.name, story.state, status.state)
    found = {f"{each.carrier}/{each.reference}": each.stage for each in status.shipments}
    for parcel in sorted(story.stages.keys() | found.keys()):
        if story.stages.get(parcel) != found.get(parcel):
            expected, answered = story.stages.get(parcel, "no such parcel"), found.get(parcel, "no such parcel")
            yield Finding("state.parcel", f"{case.name}: {parcel}", expected, answered)
    yield from _steps(case, tally)
    yield from _ignored(case)


def _steps(case: Case, tally: Tally) -> Iterator[Finding]:
    told = Counter(StepId(each.step, each.occurrence, each.parcel or "") for each in case.status.steps)
    tally["steps"] += told.total()
    for step in sorted(case.story.steps.keys() | told.keys()):
        expected = int(step in case.story.steps)
        if told[step] != expected:
            yield Finding("state.step", f"{case.name}: {'/'.join(step)}", f"{expected} times", f"{told[step]} times")


def _ignored(case: Case) -> Iterator[Finding]:
    ignored = {entry.fact for entry in case.answer.timeline if entry.kind == "carrier" and entry.ignored is not None}
    for event in sorted(case.story.ignored ^ {str(fact) for fact in ignored}):
        expected, found = ("ignored", "applied") if event in case.story.ignored else ("applied", "ignored")
        yield Finding("state.ignored", f"{case.name}: scan {event}", expected, found)
