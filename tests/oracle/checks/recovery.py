"""How long it takes from a hard kill until it works again: each in time, and most of them soon.

Counted from the kill itself, with the pause that whoever supervises makes before a new start. While a server that
everything needs is away, or the process itself is paused, nobody can come back: that time is not counted.

The figures are as measured. Where others want the machine's cores a finding takes as many times as long as there are
others to each core; on a machine of one's own the limits are what they say.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from statistics import median
from typing import NamedTuple

from tests.oracle.records import Op
from tests.oracle.run import Limits, WholeRun
from tests.oracle.verdicts import Finding, Tally

SERVERS = frozenset({"postgres", "broker"})
Span = tuple[datetime, datetime]


class Took(NamedTuple):
    """`known` is False for one that was killed again before it was back: it would have taken at least so long."""

    time: timedelta
    known: bool


def of_run(run: WholeRun, tally: Tally) -> Iterator[Finding]:
    shared_by = max(1.0, run.folder.run().others_a_core)
    for kill, kind, took in _kills(run.ops):
        tally["hard kills"] += 1
        key = f"{kill.process} killed at {kill.at.isoformat()}"
        if took is None:
            yield Finding("recovery.never", key, "back", "never seen at work again")
            continue
        tally["killed again before it was back"] += not took.known
        limit = _limit(kind, run.limits) * shared_by
        if took.time > limit:
            yield Finding("recovery.slow", key, f"back within {limit}", str(took.time))
    times = recoveries(run.ops)
    for kind, seconds in sorted(times.items()):
        since = "from up" if kind in SERVERS else "from kill"
        tally[f"recovery of {kind}, {since} to work, p50 in ms"] = round(median(seconds) * 1000)
        tally[f"recovery of {kind}, {since} to work, max in ms"] = round(max(seconds) * 1000)
    usually = median(times["services"]) if "services" in times else 0
    wished = run.limits.service_back_usually * shared_by
    if usually > wished.total_seconds():
        wanted = f"half of them within {wished}"
        yield Finding("recovery.usually_slow", "services", wanted, f"{usually:.1f} s")


def recoveries(ops: Sequence[Op]) -> dict[str, list[float]]:
    """The seconds of each, of `postgres`, `broker` and `services`."""
    times: dict[str, list[float]] = {}
    for _, kind, took in _kills(ops):
        if took is not None and took.known:
            times.setdefault(kind, []).append(took.time.total_seconds())
    return times


def _kills(ops: Sequence[Op]) -> Iterator[tuple[Op, str, Took | None]]:
    """Each with what was killed and how long that took: of a server from when it is up again (`restart`)."""
    for nth, kill in enumerate(ops):
        if kill.what == "kill" and kill.process is not None:
            kind = kill.process if kill.process in SERVERS else "services"
            yield kill, kind, _took(kill, ops[nth + 1 :], _away(kill.process, ops))


def _took(kill: Op, later: Sequence[Op], away: Sequence[Span]) -> Took | None:
    begin = kill.at
    for op in later:
        if op.process != kill.process:
            continue
        if op.what in ("back", "kill"):
            return Took(op.at - begin - _overlap((begin, op.at), away), known=op.what == "back")
        if op.what == "restart" and kill.process in SERVERS:
            begin = op.at
    return None


def _away(process: str, ops: Sequence[Op]) -> list[Span]:
    """When it could not come back, whatever it did; of a server: nothing."""
    if process in SERVERS:
        return []
    return [
        *(span for server in SERVERS for span in _spans(ops, server, "kill", "restart")),
        *_spans(ops, process, "pause", "resume"),
    ]


def _spans(ops: Sequence[Op], process: str, first: str, last: str) -> Iterator[Span]:
    begin: datetime | None = None
    for op in ops:
        if op.process == process and op.what == first:
            begin = begin or op.at
        elif op.process == process and op.what == last and begin is not None:
            yield begin, op.at
            begin = None


def _overlap(whole: Span, spans: Sequence[Span]) -> timedelta:
    """So much of the whole lies in at least one of the spans."""
    found, reached = timedelta(0), whole[0]
    for begin, end in sorted(spans):
        begin, end = max(begin, reached), min(end, whole[1])
        if begin < end:
            found, reached = found + (end - begin), end
    return found


def _limit(kind: str, limits: Limits) -> timedelta:
    return {"postgres": limits.postgres_back, "broker": limits.broker_back}.get(kind, limits.service_back)
