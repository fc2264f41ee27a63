"""Scripted trouble: which request of which provider goes wrong, and how.

The first rule that matches a request and is not used up decides; without one, all goes well.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

Provider = Literal["smtp", "twilio", "graph", "keyed"]


class Action(StrEnum):
    """What happens to a request. The groups matter: only some of them leave the buyer with a message."""

    OK = "ok"
    # The buyer gets nothing.
    REJECT = "reject"
    THROTTLE_429 = "throttle_429"
    ERROR_500 = "error_500"
    UNAVAILABLE_503 = "unavailable_503"
    HANG = "hang"
    DROP_BEFORE_ACCEPT = "drop_before_accept"
    # The buyer gets the message; the sender cannot know.
    ACCEPT_THEN_ERROR_500 = "accept_then_error_500"
    ACCEPT_THEN_HANG = "accept_then_hang"
    ACCEPT_THEN_DROP = "accept_then_drop"
    SLOW_DRIP = "slow_drip"
    GARBAGE_2XX = "garbage_2xx"
    # The buyer gets the message; the receipts are odd.
    RECEIPT_LOST = "receipt_lost"
    RECEIPT_TWICE = "receipt_twice"
    RECEIPT_EARLY = "receipt_early"
    RECEIPT_LATE = "receipt_late"
    RECEIPT_FAILED = "receipt_failed"
    RECEIPT_REORDERED = "receipt_reordered"
    RECEIPT_FORGED = "receipt_forged"
    """Before the true ones, somebody without the secret says that it failed."""


class Arrival(BaseModel):
    """What a rule can look at."""

    model_config = ConfigDict(frozen=True)

    provider: Provider
    to: str
    message_id: UUID | None


class Rule(BaseModel):
    """`nth` picks one matching request (1 = the first), `times` bounds how many; without either, all of them.

    `code` is the provider's error code for `reject` and `receipt_failed`. `delay_seconds` is for `receipt_late`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    action: Action
    provider: Provider | None = None
    to: str | None = None
    nth: int | None = Field(default=None, ge=1)
    times: int | None = Field(default=None, ge=1)
    code: int | None = None
    retry_after_seconds: int = Field(default=2, ge=0)
    delay_seconds: float = Field(default=1.0, ge=0, le=3600)


ALL_WELL = Rule(action=Action.OK)
Predicate = Callable[[Arrival], bool]


class Faults:
    """The rules in force."""

    def __init__(self) -> None:
        self._rules: list[_Counted] = []

    def add(self, rule: Rule, when: Predicate | None = None) -> None:
        """`when` narrows the rule further; it cannot be set from outside the process."""
        self._rules.append(_Counted(rule, when))

    def clear(self) -> None:
        self._rules.clear()

    @property
    def rules(self) -> tuple[tuple[Rule, int], ...]:
        """Each rule with the number of requests that it decided."""
        return tuple((counted.rule, counted.used) for counted in self._rules)

    def decide(self, arrival: Arrival) -> Rule:
        for counted in self._rules:
            if counted.takes(arrival):
                return counted.rule
        return ALL_WELL


class _Counted:
    def __init__(self, rule: Rule, when: Predicate | None) -> None:
        self.rule, self._when = rule, when
        self.seen = self.used = 0

    def takes(self, arrival: Arrival) -> bool:
        rule = self.rule
        if rule.provider not in (None, arrival.provider) or rule.to not in (None, arrival.to):
            return False
        if self._when is not None and not self._when(arrival):
            return False
        self.seen += 1
        if rule.nth not in (None, self.seen) or (rule.times is not None and self.used >= rule.times):
            return False
        self.used += 1
        return True
