"""Nothing is left lying about: connections, memory, and above all no buyer's data in a log."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from statistics import linear_regression
from urllib.parse import unquote

from tests.oracle.ledger import Ledger
from tests.oracle.records import Op, Sample
from tests.oracle.run import FAULTS, WholeRun
from tests.oracle.verdicts import Finding, Tally

_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_PHONE = re.compile(r"\d{7,15}")
_WORD = re.compile(r"[^\W_]+(?:[-'][^\W_]+)*")


def of_run(run: WholeRun, tally: Tally) -> Iterator[Finding]:
    of_process: dict[str, list[Sample]] = {}
    for sample in run.folder.samples():
        of_process.setdefault(sample.process, []).append(sample)
    for process, samples in sorted(of_process.items()):
        samples.sort(key=lambda sample: sample.at)
        yield from _connections(run, process, samples, tally)
        yield from _memory(run, process, samples, tally)
    yield from _personal_data(run, tally)


def _connections(run: WholeRun, process: str, samples: list[Sample], tally: Tally) -> Iterator[Finding]:
    """At the end no more than a process may keep, and none of them in a transaction that nobody goes on with."""
    counted = [(sample.at, sample.pg_connections) for sample in samples if sample.pg_connections is not None]
    left_open = next((each.pg_left_open for each in reversed(samples) if each.pg_left_open is not None), 0)
    if left_open:
        yield Finding("hygiene.transaction", process, "none left open at the end", str(left_open))
    if len(counted) < 2:
        return
    allowed, last = _connections_allowed(run, counted), counted[-1][1]
    tally["connections leaked"] += max(0, last - allowed)
    if last > allowed:
        yield Finding("hygiene.connections", process, f"at most {allowed}", str(last))


def _connections_allowed(run: WholeRun, counted: list[tuple[datetime, int]]) -> int:
    """A pool may grow until it has its size. Where nobody says which: the most before the first fault, or of the
    first half of a run without one.
    """
    configured = run.folder.run().connections_at_rest
    if configured is not None:
        return configured
    first_fault = min((op.at for op in run.ops if op.what in FAULTS), default=counted[len(counted) // 2][0])
    return max([count for at, count in counted if at <= first_fault] or [counted[0][1]])


def _memory(run: WholeRun, process: str, samples: list[Sample], tally: Tally) -> Iterator[Finding]:
    """The slope of each life of the process, once it is warm; a life too short for a slope is not judged."""
    for life in _lives(process, samples, run.ops):
        warm = [(at, rss) for at, rss in life if at - life[0][0] >= run.limits.warm_up]
        if len(warm) < 3 or warm[-1][0] - warm[0][0] < run.limits.shortest_slope:
            continue
        minutes = [(at - warm[0][0]).total_seconds() / 60 for at, _ in warm]
        slope = linear_regression(minutes, [float(rss) for _, rss in warm]).slope
        name = f"steepest growth of {process}, bytes a minute"
        tally[name] = max(tally[name], round(slope))
        if slope > run.limits.rss_growth_bytes_a_minute:
            wanted = f"at most {run.limits.rss_growth_bytes_a_minute:,.0f} bytes a minute"
            yield Finding("hygiene.memory", process, wanted, f"{slope:,.0f}")


def _lives(process: str, samples: list[Sample], ops: list[Op]) -> Iterator[list[tuple[datetime, int]]]:
    measured = [(sample.at, sample.rss_bytes) for sample in samples if sample.rss_bytes is not None]
    ends = sorted(op.at for op in ops if op.process == process and op.what in ("kill", "restart", "back"))
    if not measured:
        return
    edges = [measured[0][0], *(at for at in ends if at > measured[0][0]), None]
    for begin, end in pairwise(edges):
        assert begin is not None
        life = [each for each in measured if each[0] >= begin and (end is None or each[0] < end)]
        if life:
            yield life


def _personal_data(run: WholeRun, tally: Tally) -> Iterator[Finding]:
    """By line of log, and without saying what was found."""
    mails, phones, names = _canaries(run.ledger)
    tally["personal data looked for in logs"] = len(mails) + len(phones) + len(names)
    for log in run.folder.logs():
        with log.open(encoding="utf-8", errors="replace") as file:
            for number, line in enumerate(file, 1):
                text = unquote(line).casefold()
                found = [
                    kind
                    for kind, pattern, known in (
                        ("mail", _MAIL, mails),
                        ("phone", _PHONE, phones),
                        ("name", _WORD, names),
                    )
                    if not known.isdisjoint(pattern.findall(text))
                ]
                for kind in found:
                    tally["personal data found in logs"] += 1
                    yield Finding("hygiene.personal_data", f"{log.name}, line {number}", "none", f"a {kind}")


def _canaries(ledger: Ledger) -> tuple[set[str], set[str], set[str]]:
    """Of a name its last word: the load gives everybody one of their own."""
    people = [person for order in ledger.orders.values() for person in order.people.values()]
    return (
        {person.email.casefold() for person in people if person.email},
        {person.phone.removeprefix("+") for person in people if person.phone},
        {person.name.casefold().split()[-1] for person in people if person.name},
    )
