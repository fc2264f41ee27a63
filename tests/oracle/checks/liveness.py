"""After the last fault, and the last thing sent, everything comes to rest in time: nothing waits or is in flight."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from tests.oracle.records import Sample
from tests.oracle.run import FAULTS, WholeRun
from tests.oracle.verdicts import Finding, Tally

WAITING = ("lag", "in_flight", "parked")


def of_run(run: WholeRun, tally: Tally) -> Iterator[Finding]:
    """Parcels that no shop names stay parked, and only they."""
    if not any(op.what == "quiet" for op in run.ops):
        yield Finding("liveness.quiet", "the run", "at rest in the end", "something moved for as long as it was waited")
    calm_from = _calm_from(run)
    resting = {"parked": len(run.ledger.strange_parcels)}
    looks: dict[tuple[str, str], list[tuple[datetime, int]]] = {}
    for sample in run.folder.samples():
        for what, value in _waiting(sample):
            looks.setdefault((what, sample.process), []).append((sample.at, value))
    for what in WAITING:
        if not any(seen == what for seen, _ in looks):
            yield Finding("liveness.unseen", what, "a sample of it", "none")
    for (what, process), values in sorted(looks.items()):
        rest = resting.get(what, 0)
        restless = [at for at, value in values if value != rest]
        key = f"{what} of {process}"
        if values[-1][1] != rest:
            yield Finding("liveness.rest", key, f"{rest} at the end", str(values[-1][1]))
        elif restless and calm_from is not None:
            took = max(restless) - calm_from
            tally[f"seconds until {key} rested"] = max(0, round(took.total_seconds()))
            if took > run.limits.settle:
                yield Finding("liveness.late", key, f"{rest} within {run.limits.settle}", f"after {took}")


def _waiting(sample: Sample) -> Iterator[tuple[str, int]]:
    for what, value in (("lag", sample.lag), ("in_flight", sample.in_flight), ("parked", sample.parked)):
        if value is not None:
            yield what, value


def _calm_from(run: WholeRun) -> datetime | None:
    ends = [op.at for op in run.ops if op.what in FAULTS]
    if run.ledger.last_sent_at is not None:
        ends.append(run.ledger.last_sent_at)
    return max(ends, default=None)
