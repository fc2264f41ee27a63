"""What was answered 2xx, or acknowledged by the broker, is there: applied, duplicate, stale, parked or dead.

The counts have to come out exactly, and nothing may be there that nobody sent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from tests.oracle.case import Case, arrived, shop_entries
from tests.oracle.run import WholeRun
from tests.oracle.verdicts import Finding, Tally

WORDS = ("applied", "duplicate", "stale", "parked", "dead")


def of_order(case: Case, tally: Tally) -> Iterator[Finding]:
    order = case.order
    yield from (Finding("durability.refused", case.name, "taken", what) for what in order.refused)
    scans = [entry for entry in case.answer.timeline if entry.kind == "carrier"]
    shown = Counter(str(entry.fact) for entry in scans)
    for event in order.scans:
        yield from _once(case, f"scan {event}", shown[event], sure=event in order.sure)
    for event in shown.keys() - order.scans.keys():
        yield Finding("durability.never_sent", f"{case.name}: scan {event}", "nothing", "on the timeline")
    yield from _snapshots(case)
    facts = [entry for entry in case.answer.timeline if entry.kind in ("carrier", "shop")]
    stale = sum(entry.ignored is not None for entry in facts)
    tally["applied"] += len(facts) - stale
    tally["stale"] += stale
    tally["duplicate"] += order.lines - len(order.sure)
    tally["there, and never confirmed"] += len(arrived(order, case.answer) - order.sure)


def _snapshots(case: Case) -> Iterator[Finding]:
    """By sequence: the same content in another delivery has another id, and is the same."""
    shown = Counter(entry.sequence for entry in shop_entries(case.answer))
    sent: dict[int | None, list[bool]] = {}
    for identity in case.order.snapshots:
        sent.setdefault(identity[0], []).append(identity in case.order.sure)
    for sequence, sure in sent.items():
        least, most = sum(sure), len(sure)
        if not least <= shown[sequence] <= most:
            rule = "durability.lost" if shown[sequence] < least else "durability.twice"
            yield Finding(rule, f"{case.name}: snapshot {sequence}", str(most), str(shown[sequence]))
    for sequence in shown.keys() - sent.keys():
        yield Finding("durability.never_sent", f"{case.name}: snapshot {sequence}", "nothing", "on the timeline")


def _once(case: Case, what: str, times: int, *, sure: bool) -> Iterator[Finding]:
    if times == 0 and sure:
        yield Finding("durability.lost", f"{case.name}: {what}", "on the timeline", "nothing")
    if times > 1:
        yield Finding("durability.twice", f"{case.name}: {what}", "once on the timeline", f"{times} times")


def of_run(run: WholeRun, tally: Tally) -> Iterator[Finding]:
    """accepted = applied + duplicate + stale + parked + dead. Run after every order was judged."""
    strange = run.ledger.strange_scans
    tally["parked"] += len(strange)
    tally["duplicate"] += sum(strange.values()) - len(strange)
    buried = {(letter.topic, letter.partition, letter.offset) for letter in run.dead}
    tally["dead"] += sum((line.topic, line.partition, line.offset) in buried for line in run.ledger.buried)
    tally["accepted"] = run.ledger.taken
    found = sum(tally[word] for word in WORDS) - tally["there, and never confirmed"]
    if found != run.ledger.taken:
        counts = " + ".join(f"{tally[word]} {word}" for word in WORDS)
        yield Finding("durability.balance", "the run", f"{run.ledger.taken} accepted", f"{found} = {counts}")
