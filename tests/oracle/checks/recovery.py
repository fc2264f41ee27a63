"""How long it takes from a hard kill until it works again: each in time, and most of them soon."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from statistics import median

from tests.oracle.records import Op
from tests.oracle.run import Limits, WholeRun
from tests.oracle.verdicts import Finding, Tally

SERVERS = frozenset({"postgres", "broker"})


def of_run(run: WholeRun, tally: Tally) -> Iterator[Finding]:
    """A server's time begins when it is up again (`restart`), that of a process with its kill."""
    times: dict[str, list[float]] = {}
    for nth, kill in enumerate(run.ops):
        if kill.what != "kill" or kill.process is None:
            continue
        tally["hard kills"] += 1
        took = _took(kill, run.ops[nth + 1 :])
        key = f"{kill.process} killed at {kill.at.isoformat()}"
        if took is None:
            yield Finding("recovery.never", key, "back", "never seen at work again")
            continue
        kind = kill.process if kill.process in SERVERS else "services"
        times.setdefault(kind, []).append(took.total_seconds())
        limit = _limit(kind, run.limits)
        if took > limit:
            yield Finding("recovery.slow", key, f"back within {limit}", str(took))
    for kind, seconds in sorted(times.items()):
        tally[f"recovery of {kind}, p50 in ms"] = round(median(seconds) * 1000)
        tally[f"recovery of {kind}, max in ms"] = round(max(seconds) * 1000)
    usually = median(times["services"]) if "services" in times else 0
    if usually > run.limits.service_back_usually.total_seconds():
        wanted = f"half of them within {run.limits.service_back_usually}"
        yield Finding("recovery.usually_slow", "services", wanted, f"{usually:.1f} s")


def _took(kill: Op, later: list[Op]) -> timedelta | None:
    """A second kill before it was back takes over: its own time is what counts then."""
    begin = kill.at
    for op in later:
        if op.process != kill.process:
            continue
        if op.what in ("back", "kill"):
            return op.at - begin
        if op.what == "restart" and kill.process in SERVERS:
            begin = op.at
    return None


def _limit(kind: str, limits: Limits) -> timedelta:
    return {"postgres": limits.postgres_back, "broker": limits.broker_back}.get(kind, limits.service_back)
