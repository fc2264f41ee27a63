"""Nobody hears anything twice: not by what a message is called, and not by its bytes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from tests.oracle.case import Case
from tests.oracle.run import WholeRun
from tests.oracle.verdicts import Finding, Tally


def of_order(case: Case, tally: Tally) -> Iterator[Finding]:
    """By order, step, occurrence, parcel, recipient and channel."""
    tally["messages accepted"] += len(case.heard)
    heard = Counter((each.step, each.message.recipient, each.message.channel) for each in case.heard)
    for (step, recipient, channel), times in heard.items():
        tally[f"messages by {channel}"] += times
        if times > 1:
            tally["messages heard twice"] += times - 1
            what = f"{case.name}: {'/'.join(step)} to {recipient} by {channel}"
            yield Finding("duplicates.message", what, "once", f"{times} times")


def of_run(run: WholeRun, tally: Tally) -> Iterator[Finding]:
    """Equal bytes to one address, whatever they are called."""
    twice = sum(times - 1 for times in run.log.bodies.values() if times > 1)
    if twice:
        tally["bodies accepted twice"] = twice
        yield Finding("duplicates.body", "the accept log", "0 equal bodies to one address", str(twice))
    for message in run.log.nameless:
        yield Finding("loss.nobodys", f"provider's message {message}", "an id of ours", "none")
    for message in sorted(run.log.places.keys() - run.claimed):
        yield Finding("loss.nobodys", f"message {message}", "an order that knows it", "none")
