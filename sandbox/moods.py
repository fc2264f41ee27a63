"""The providers' bad moments in the story: throttled, away for a second, a lost answer, receipts early or twice.

None of them may cost a buyer a message or bring one twice. Requests are counted per provider, so each happens once.
"""

from __future__ import annotations

from sandbox.providers import Action, Faults, Rule

MOODS: tuple[Rule, ...] = (
    Rule(provider="twilio", nth=6, action=Action.THROTTLE_429, retry_after_seconds=1),
    Rule(provider="twilio", nth=20, action=Action.UNAVAILABLE_503, retry_after_seconds=1),
    Rule(provider="twilio", nth=33, action=Action.ACCEPT_THEN_DROP),
    Rule(provider="twilio", nth=47, action=Action.RECEIPT_TWICE),
    Rule(provider="twilio", nth=52, action=Action.RECEIPT_EARLY),
    Rule(provider="graph", nth=5, action=Action.THROTTLE_429, retry_after_seconds=1),
    Rule(provider="graph", nth=18, action=Action.UNAVAILABLE_503, retry_after_seconds=1),
    Rule(provider="graph", nth=31, action=Action.GARBAGE_2XX),
    Rule(provider="graph", nth=44, action=Action.RECEIPT_EARLY),
    Rule(provider="graph", nth=50, action=Action.RECEIPT_TWICE),
    Rule(provider="smtp", nth=25, action=Action.THROTTLE_429),
    Rule(provider="smtp", nth=90, action=Action.UNAVAILABLE_503),
)


def set_moods(faults: Faults) -> None:
    for rule in MOODS:
        faults.add(rule)


def happened(faults: Faults) -> tuple[str, ...]:
    """The bad moments there have been, in words."""
    return tuple(f"{rule.provider} {rule.action.replace('_', ' ')}" for rule, used in faults.rules if used)
