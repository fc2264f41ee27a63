"""Nobody hears what is not worth telling any more, and nothing is called too old before it is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from tests.oracle.case import Case, step_id
from tests.oracle.story import StepId
from tests.oracle.verdicts import Finding, Tally

WORTH_TELLING = timedelta(days=7)
SHORTER = {"out_for_delivery": timedelta(hours=14)}
SLACK = timedelta(minutes=1)
"""An attempt that began in time may take a while."""


def of_order(case: Case, tally: Tally) -> Iterator[Finding]:
    """By the last fact that told of a step, in favour of telling; by the first one, in favour of not telling."""
    for each in case.heard:
        if each.step in case.story.steps and each.accepted.at > _too_old(case, each.step, 1) + SLACK:
            key = f"{case.name}: {'/'.join(each.step)} to {each.message.recipient} by {each.message.channel}"
            yield Finding("timing.late", key, "not told any more", f"told at {each.accepted.at}")
    for message in case.status.messages:
        step = step_id(message)
        if message.reason != "too_old_to_tell" or message.at is None or step not in case.story.steps:
            continue
        tally["messages that were too old"] += 1
        if message.at < _too_old(case, step, 0) - SLACK:
            key = f"{case.name}: {'/'.join(step)} to {message.recipient} by {message.channel}"
            yield Finding("timing.early", key, "told", f"called too old at {message.at}")


def _too_old(case: Case, step: StepId, edge: int) -> datetime:
    return case.story.steps[step][edge] + SHORTER.get(step.step, WORTH_TELLING)
