"""Goes through a run folder once and answers all findings and figures. One order is in memory at a time."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from tests.oracle.case import open_case
from tests.oracle.checks import OF_ORDER, OF_RUN
from tests.oracle.checks.recovery import recoveries
from tests.oracle.folder import RunFolder
from tests.oracle.ledger import Ledger, OrderKey
from tests.oracle.run import TROUBLE, Limits, WholeRun
from tests.oracle.shops import read_shops
from tests.oracle.verdicts import Finding, Tally


@dataclass(frozen=True)
class Judgement:
    """A good run has no finding. The figures are counts of what was looked at: zeros among few mean little."""

    findings: tuple[Finding, ...]
    figures: dict[str, int | float | str]
    recoveries: dict[str, list[float]]
    """Seconds from each kill to work again, by what was killed."""

    @property
    def good(self) -> bool:
        return not self.findings


def judge(path: Path, limits: Limits | None = None) -> Judgement:
    """Raises Unreadable or FileNotFoundError for a folder that cannot be judged."""
    folder, tally, findings = RunFolder(path), Counter[str](), list[Finding]()
    ledger, ops, log = Ledger.of(folder.sent()), folder.ops(), folder.accept_log()
    shops = read_shops(path / "shops")
    troubled, receipts = any(op.what in TROUBLE for op in ops), _receipts(folder)
    claimed, answered = set[str](), set[OrderKey]()
    for answer in folder.answers():
        key = (answer.shop, answer.order)
        order = ledger.orders.get(key)
        if answer.status is None:
            continue
        if order is None:
            findings.append(Finding("durability.never_sent", "/".join(key), "no such order", "an answer"))
            continue
        answered.add(key)
        claimed.update(message.id for message in answer.status.messages)
        case = open_case(order, answer, shops, log, receipts, troubled=troubled)
        findings += [finding for check in OF_ORDER for finding in check(case, tally)]
    for key, order in ledger.orders.items():
        if key not in answered and any(isinstance(identity, tuple) for identity in order.sure):
            findings.append(Finding("durability.order", order.name, "an answer", "not found"))
    run = WholeRun(folder, ledger, log, ops, list(folder.dead_letters()), frozenset(claimed), limits or Limits())
    findings += [finding for check in OF_RUN for finding in check(run, tally)]
    return Judgement(tuple(findings), _figures(folder, tally), recoveries(ops))


def _receipts(folder: RunFolder) -> dict[str, frozenset[str]]:
    """By message; those of a message that carries no id of ours are nobody's."""
    said: dict[str, frozenset[str]] = {}
    for receipt in folder.receipts():
        if receipt.message_id is not None:
            said[receipt.message_id] = said.get(receipt.message_id, frozenset()) | {receipt.status}
    return said


def _figures(folder: RunFolder, tally: Tally) -> dict[str, int | float | str]:
    """With the bound on what a run without findings says of a rate (rule of three), at 95 %."""
    run = folder.run()
    figures: dict[str, int | float | str] = {"seed": run.seed, "tier": run.tier, "broker": run.broker}
    figures.update(sorted(tally.items()))
    for what, among in (("events lost", "accepted"), ("messages doubled", "messages accepted")):
        if tally[among]:
            figures[f"{what}, at most (95 %)"] = 3 / tally[among]
    return figures
