"""What a provider says of a message is what the shop reads of it, of that message and of no other.

Judged where nothing was in trouble: a provider gives up in the end, and so a receipt may never have come.
"""

from __future__ import annotations

from collections.abc import Iterator

from tests.oracle.case import Case
from tests.oracle.verdicts import Finding, Tally

STRONGEST_FIRST = ("read", "delivered", "failed")
BY_RECEIPT_ALONE = frozenset({"delivered", "read"})


def of_order(case: Case, tally: Tally) -> Iterator[Finding]:
    for message in () if case.troubled or not case.receipts else case.status.messages:
        said = case.receipts.get(message.id, frozenset[str]())
        tally["messages with receipts"] += bool(said)
        wanted = next((status for status in STRONGEST_FIRST if status in said), None)
        key = f"{case.name}: {message.step} to {message.recipient} by {message.channel}"
        if wanted is not None and message.verdict != wanted:
            yield Finding("receipts.unheard", key, wanted, message.verdict)
        elif wanted is None and message.verdict in BY_RECEIPT_ALONE:
            yield Finding("receipts.invented", key, "a receipt that says so", message.verdict)
