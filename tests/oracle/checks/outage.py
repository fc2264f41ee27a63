"""Providers that were away: what waited for them is told once they are back, and much faster than it came.

Judged only where the minutes before had enough messages for a pace of their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from tests.oracle.run import WholeRun
from tests.oracle.verdicts import Finding, Tally

PROVIDERS = "providers"
MINUTE = timedelta(minutes=1)
ENOUGH = 10
TIMES_FASTER = 2


def of_run(run: WholeRun, tally: Tally) -> Iterator[Finding]:
    """Compares the minute before they went with the minute after they came back."""
    ops = [op for op in run.ops if op.process == PROVIDERS]
    for gone in (op for op in ops if op.what == "fault_on"):
        back = next((op for op in ops if op.what == "fault_off" and op.at > gone.at), None)
        if back is None:
            yield Finding("outage.never", f"providers gone at {gone.at.isoformat()}", "back", "never seen back")
            continue
        before = run.log.taken_between(gone.at - MINUTE, gone.at)
        after = run.log.taken_between(back.at, back.at + MINUTE)
        tally["messages in the minute before the providers went"] += before
        tally["messages in the minute after they came back"] += after
        if before >= ENOUGH and after < TIMES_FASTER * before:
            wanted = f"at least {TIMES_FASTER * before} messages in a minute"
            yield Finding("outage.slow", f"providers back at {back.at.isoformat()}", wanted, str(after))
