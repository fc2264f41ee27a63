"""The verdict on a run: what buyers should have heard against what the providers accepted, both ways.

Pure: plots, accept log and the public API's answers in, findings out. Anything found is a failure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sandbox.beats import Hears, Plot
from sandbox.dhl import SIGNED_BY
from sandbox.facts import lacking
from sandbox.providers import Accepted
from sandbox.received import OrderAnswer, Received
from shared.contracts.vocabulary import Channel, Step


@dataclass
class Findings:
    """What is wrong, in words that name the order; and the counts that a reader of the summary wants."""

    orders: int = 0
    expected: int = 0
    missing: list[str] = field(default_factory=list)
    duplicates: list[str] = field(default_factory=list)
    unexpected: list[str] = field(default_factory=list)
    facts: list[str] = field(default_factory=list)
    strays: list[str] = field(default_factory=list)
    leaks: list[str] = field(default_factory=list)
    unknown_orders: list[str] = field(default_factory=list)
    checked_for_facts: int = 0
    steps: Counter[Step] = field(default_factory=Counter)
    messages: Counter[Channel] = field(default_factory=Counter)
    verdicts: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def problems(self) -> dict[str, list[str]]:
        """By kind, each kind under the name that the summary gives it."""
        return {
            "messages missing": self.missing,
            "duplicates": self.duplicates,
            "messages nobody should get": self.unexpected,
            "facts missing": self.facts,
            "messages of no order": self.strays,
            "personal data of carriers": self.leaks,
            "orders not found": self.unknown_orders,
        }

    @property
    def good(self) -> bool:
        return not any(self.problems.values())


def check(plots: Iterable[Plot], accepted: Sequence[Accepted], answers: Mapping[str, OrderAnswer]) -> Findings:
    """`answers` by order id; an order that is not there has not been found."""
    findings = Findings()
    by_order = _by_order(accepted, answers, findings)
    for plot in plots:
        findings.orders += 1
        answer = answers.get(plot.order_id)
        if answer is None:
            findings.unknown_orders.append(f"{plot.order_id} ({plot.kind})")
            continue
        _check_order(plot, by_order.get(plot.order_id, []), answer, findings)
    for entry in accepted:
        findings.messages[entry.channel] += 1
        if SIGNED_BY.casefold() in f"{entry.subject} {entry.text} {entry.html}".casefold():
            findings.leaks.append(f"{entry.provider} message {entry.provider_message_id} names who signed")
    return findings


def heard_by_order(accepted: Iterable[Accepted], answers: Mapping[str, OrderAnswer]) -> dict[str, list[Received]]:
    """The accepted messages of each order; those that belong to none are under the empty name."""
    told = {message.id: (order, message) for order, answer in answers.items() for message in answer.messages}
    found: dict[str, list[Received]] = {}
    for entry in accepted:
        order, message = told.get(entry.message_id, ("", None)) if entry.message_id else ("", None)
        if message is not None:
            found.setdefault(order, []).append(Received(entry, message))
    return found


def missing_from(plot: Plot, received: Iterable[Received]) -> Counter[Hears]:
    """What should have been heard and was not."""
    return Counter(plot.must) - Counter(each.heard for each in received)


def _by_order(
    accepted: Sequence[Accepted], answers: Mapping[str, OrderAnswer], findings: Findings
) -> dict[str, list[Received]]:
    found = heard_by_order(accepted, answers)
    known = {each.accepted.provider_message_id for received in found.values() for each in received}
    findings.strays += [
        f"{entry.provider} message {entry.provider_message_id}: no order knows it"
        for entry in accepted
        if entry.provider_message_id not in known
    ]
    return found


def _check_order(plot: Plot, received: Sequence[Received], answer: OrderAnswer, findings: Findings) -> None:
    name = f"{plot.order_id} ({plot.kind})"
    findings.expected += len(plot.must)
    findings.steps.update(step for step, _, _ in {(m.step, m.occurrence, m.parcel) for m in answer.messages})
    findings.verdicts.update((message.verdict.value, message.reason) for message in answer.messages)
    findings.missing += [f"{name}: {_words(hears)}" for hears in missing_from(plot, received).elements()]
    findings.duplicates += [
        f"{name}: {step} on {channel}, {count} times"
        for (step, _, _, channel, _), count in Counter(each.identity for each in received).items()
        if count > 1
    ]
    once = Counter(each.heard for each in {each.identity: each for each in received}.values())
    findings.unexpected += [
        f"{name}: {_words(hears)}" for hears in (once - Counter(plot.must) - Counter(plot.may)).elements()
    ]
    for each in received:
        findings.checked_for_facts += each.told.step.about_parcel
        findings.facts += [
            f"{name}: {each.told.step} on {each.told.channel}: {fact}"
            for fact in lacking(each, plot, answer.tracking_url)
        ]


def _words(hears: Hears) -> str:
    about = f" about {hears.parcel}" if hears.parcel else ""
    return f"{hears.step} on {hears.channel}{about}"
