"""Returns and warranty as they stood when the order was placed, in a sentence and as entries with their links."""

from __future__ import annotations

from collections.abc import Mapping

from services.notifier.wording.data_sheet import Entry
from services.notifier.wording.situation import Situation
from services.notifier.wording.words import Speech
from shared.contracts.orders import Policies, Policy
from shared.contracts.vocabulary import Step

TELLS_OF_AFTERCARE = (Step.ORDER_CONFIRMED, Step.DELIVERED)


def aftercare(situation: Situation, facts: Mapping[str, str]) -> str:
    """What the buyer may still do, never empty: without policies it says whom to ask."""
    times = _times(situation)
    form = "_and_".join(times) or "none"
    return situation.speech.say(f"aftercare.{form}", {**facts, **times})


def aftercare_short(situation: Situation, facts: Mapping[str, str]) -> str:
    """The time to return it, for an SMS; empty when the shop has set none."""
    times = _times(situation)
    return situation.speech.say("aftercare.short", {**facts, **times}) if "returns" in times else ""


def policy_entries(situation: Situation) -> tuple[Entry, ...]:
    """The policies with their links, for the e-mail; where no time is set, an invitation to read."""
    policies = situation.step.order.policies
    if policies is None or situation.step.step not in TELLS_OF_AFTERCARE:
        return ()
    say = situation.speech.say
    return tuple(
        Entry(say(f"email.{label}"), _duration(policy, situation.speech) or say("email.read_policy"), policy.url)
        for label, policy in _each(policies)
    )


def _times(situation: Situation) -> dict[str, str]:
    policies = situation.step.order.policies
    if policies is None:
        return {}
    found = {label: _duration(policy, situation.speech) for label, policy in _each(policies)}
    return {label: duration for label, duration in found.items() if duration is not None}


def _each(policies: Policies) -> tuple[tuple[str, Policy], ...]:
    pairs = (("returns", policies.returns), ("warranty", policies.warranty))
    return tuple((label, policy) for label, policy in pairs if policy is not None)


def _duration(policy: Policy, speech: Speech) -> str | None:
    if policy.days:
        return speech.count("phrases.days", policy.days)
    if policy.months and policy.months % 12 == 0:
        return speech.count("phrases.years", policy.months // 12)
    if policy.months:
        return speech.count("phrases.months", policy.months)
    return None
