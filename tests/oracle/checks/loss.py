"""Nothing is lost without a word, and nothing is said to be lost that was heard.

Every step that the ledger leads to has one row for each recipient and each channel of the shop; the row's verdict and
the accept log say the same; and where nobody heard it, the reason is one that holds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from tests.oracle.case import Case, step_id
from tests.oracle.records import Message
from tests.oracle.story import StepId
from tests.oracle.verdicts import Finding, Tally

HEARD = frozenset({"sent", "delivered", "read"})
NOT_SENT = frozenset({"suppressed", "superseded", "expired"})
IN_TROUBLE = frozenset({"unknown", "failed"})
"""Legal where a provider or a process was in trouble. A `failed` message may have been taken, and returned later."""

Row = tuple[StepId, str, str]


def of_order(case: Case, tally: Tally) -> Iterator[Finding]:
    rows: dict[Row, list[Message]] = {}
    for message in case.status.messages:
        rows.setdefault((step_id(message), message.recipient, message.channel), []).append(message)
    expected = {
        (step, role, channel)
        for step in case.story.steps
        for role in case.order.people
        for channel in case.shop.channels
    }
    tally["verdicts expected"] += len(expected)
    for row in sorted(expected | rows.keys()):
        count = len(rows.get(row, ()))
        if count != int(row in expected):
            yield Finding("loss.verdict", _words(case, row), f"{int(row in expected)} verdicts", f"{count}")
    heard = Counter(each.message.id for each in case.heard)
    for row, (message, *_) in rows.items():
        tally[f"verdict {message.verdict}"] += 1
        if row in expected:
            yield from _judge(case, row, message, rows, taken=heard[message.id] > 0)
    yield from _why(case)


def _judge(case: Case, row: Row, message: Message, rows: dict[Row, list[Message]], *, taken: bool) -> Iterator[Finding]:
    key, verdict = _words(case, row), message.verdict
    if not message.reason:
        yield Finding("loss.reason", key, "a reason", "none")
    if verdict in HEARD and not taken:
        yield Finding("loss.lost", key, f"accepted, for it is {verdict}", "not in the accept log")
    elif verdict in NOT_SENT and taken:
        yield Finding("loss.denied", key, "not accepted", f"accepted, though {verdict} ({message.reason})")
    elif verdict in IN_TROUBLE and not case.troubled and "failed" not in case.receipts.get(message.id, ()):
        yield Finding("loss.trouble", key, "a verdict without doubt", f"{verdict} ({message.reason}) without a fault")
    elif verdict not in HEARD | NOT_SENT | IN_TROUBLE:
        yield Finding("loss.undecided", key, "a last verdict", verdict)
    elif verdict in NOT_SENT:
        wrong = _why_not_legal(case, row, message, rows)
        if wrong is not None:
            yield Finding("loss.illegal", key, wrong, f"{verdict} ({message.reason})")


def _why_not_legal(case: Case, row: Row, message: Message, rows: dict[Row, list[Message]]) -> str | None:
    """What should have become of a message that nobody sent; None when its reason holds."""
    step, role, channel = row
    if message.verdict == "superseded":
        return None if _may_be_superseded(case, step) else "told, for it is still true"
    if message.verdict == "expired":
        return None
    person = case.order.people[role]
    if not case.shop.tells(step.step, channel):
        return None if message.reason == "not_for_this_step" else "not_for_this_step"
    if person.address(channel) is None:
        return None if message.reason == "no_address" else "no_address"
    if channel == "whatsapp" and not person.whatsapp:
        return None if message.reason == "no_consent" else "no_consent"
    return None if _told_by_another(case, row, message, rows) else "told: somebody to tell, and no other channel does"


def _may_be_superseded(case: Case, step: StepId) -> bool:
    """Something made it untrue; or, after trouble, a later step did not wait for it any longer."""
    if step not in case.story.true_at_the_end:
        return True
    return case.troubled and any(case.story.may_precede(step, other) for other in case.story.steps.keys() - {step})


def _told_by_another(case: Case, row: Row, message: Message, rows: dict[Row, list[Message]]) -> bool:
    """A channel of the same group tells, or nobody knows whether it did."""
    step, role, channel = row
    others = next((group for group in case.shop.groups if channel in group), ())
    told_by = message.reason.removeprefix("told_by_")
    other = rows.get((step, role, told_by), [])
    return told_by in others and told_by != channel and any(each.verdict != "suppressed" for each in other)


def _why(case: Case) -> Iterator[Finding]:
    """The decisions name the same verdicts, one by one."""
    said = Counter((m.step, m.occurrence, m.recipient, m.channel, m.verdict, m.reason) for m in case.status.messages)
    decided = Counter(
        (step.step, step.occurrence, m.recipient, m.channel, m.verdict, m.reason)
        for decision in case.answer.why
        for step in decision.steps
        for m in step.messages
    )
    for row in sorted((said - decided) | (decided - said)):
        yield Finding(
            "loss.why", f"{case.name}: {' '.join(row)}", f"{said[row]} times in /why", f"{decided[row]} times"
        )


def _words(case: Case, row: Row) -> str:
    step, role, channel = row
    return f"{case.name}: {'/'.join(step)} to {role} by {channel}"
