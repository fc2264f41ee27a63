"""A shop sees its own orders alone: whoever asks for another's is refused, by whatever name."""

from __future__ import annotations

from collections.abc import Iterator

from tests.oracle.run import WholeRun
from tests.oracle.verdicts import Finding, Tally


def of_run(run: WholeRun, tally: Tally) -> Iterator[Finding]:
    for asked in run.folder.strangers():
        tally["questions for another shop's order"] += 1
        if not 400 <= asked.status < 500:
            key = f"{asked.shop}/{asked.order}, asked for by {asked.asked_by} as of {asked.asked_as}"
            yield Finding("tenants.seen", key, "a refusal", str(asked.status))
