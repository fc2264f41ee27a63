"""The findings as a person reads them in a terminal, at most 100 columns wide."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator

from sandbox.beats import Plot
from sandbox.report import Findings
from shared.contracts.vocabulary import Channel

WIDTH = 100
SHOWN = 12
_NAMES = {Channel.EMAIL: "e-mail", Channel.SMS: "SMS", Channel.WHATSAPP: "WhatsApp"}


def summary(findings: Findings, plots: Iterable[Plot], seed: int, moods: Iterable[str] = ()) -> str:
    """The whole text, ending in one line that says whether all is well. `moods`: what the providers went through."""
    lines = [
        "",
        f"What happened (seed {seed})",
        *_kinds(plots),
        *_moods(moods),
        "",
        "What buyers got",
        *_counts(findings),
        "",
        "What was checked",
        *_checks(findings),
        "",
        _last_word(findings),
        "",
    ]
    return "\n".join(lines)


def _kinds(plots: Iterable[Plot]) -> Iterator[str]:
    """Every kind of order and how many there were, in two columns."""
    counted = Counter(plot.title for plot in plots)
    cells = [f"{count:>3}  {_cut(title, 41)}" for title, count in counted.items()]
    half = (len(cells) + 1) // 2
    for row in range(half):
        right = cells[row + half] if row + half < len(cells) else ""
        yield f"{cells[row]:<48}{right}".rstrip()


def _moods(moods: Iterable[str]) -> list[str]:
    words = ", ".join(moods)
    return _wrapped(f"Bad moments of the providers: {words}") if words else []


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent="  ", subsequent_indent="      ", break_on_hyphens=False)


def _counts(findings: Findings) -> Iterator[str]:
    total = sum(findings.messages.values())
    by_channel = ", ".join(f"{_NAMES[channel]} {count}" for channel, count in sorted(findings.messages.items()))
    steps = ", ".join(f"{step} {count}" for step, count in findings.steps.most_common())
    yield f"  {findings.orders} orders, {total} messages accepted by providers ({by_channel})"
    yield from _wrapped(f"steps {findings.steps.total()}: {steps}")
    for verdict in dict.fromkeys(verdict for (verdict, _), _ in findings.verdicts.most_common()):
        reasons = [(reason, n) for (v, reason), n in findings.verdicts.most_common() if v == verdict]
        words = ", ".join(f"{reason} {n}" for reason, n in reasons)
        yield from _wrapped(f"{verdict} {sum(n for _, n in reasons)}: {words}")


def _checks(findings: Findings) -> Iterator[str]:
    yield f"  {findings.expected} messages expected; the five facts looked for in {findings.checked_for_facts} messages"
    for name, found in findings.problems.items():
        yield f"  {'✗' if found else '✓'} {name}: {len(found)}"
        for line in found[:SHOWN]:
            yield f"      {_cut(line, WIDTH - 6)}"
        if len(found) > SHOWN:
            yield f"      … and {len(found) - SHOWN} more"


def _last_word(findings: Findings) -> str:
    if findings.good:
        return "All is well: every buyer heard what they had to hear, once, with all the facts."
    wrong = ", ".join(f"{len(found)} {name}" for name, found in findings.problems.items() if found)
    return "\n".join(textwrap.wrap(f"NOT WELL: {wrong}.", WIDTH))


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"
