"""What is done about a message of which nobody knows whether it left. Pure: one round at a time.

In this order: a receipt (whenever it comes), the provider's own look-up, the same bytes under the same key while the
provider recognises it, and then the step's policy: another channel if the buyer has one, a second sending if the shop
wished that, else it is held, a listed `unknown`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.notifier.domain.delivery import State
from services.notifier.domain.plan import Told, overtakes

ROUNDS = tuple(timedelta(seconds=seconds) for seconds in (0, 1, 2, 4, 8, 15, 30, 60, 120, 600, 3_600, 21_600))
"""After the doubt arose and after each round: how long until the next. Then only a receipt can help."""

_LEFT = frozenset({State.IN_FLIGHT, State.ACCEPTED, State.DELIVERED, State.READ, State.BOUNCED, State.UNKNOWN})


@dataclass(frozen=True, slots=True)
class Means:
    """What the provider offers: how long it recognises a repeated key, and whether it can be asked."""

    idempotency_window: timedelta | None
    lookup: bool

    @property
    def any(self) -> bool:
        return self.lookup or self.idempotency_window is not None


@dataclass(frozen=True, slots=True)
class Doubt:
    """One message in doubt since then. Its attempts began between `first_tried` and `last_tried`.

    `rounds` counts the present one. `given_up`: the policy was applied already.
    """

    since: datetime
    first_tried: datetime
    last_tried: datetime
    expires_at: datetime
    rounds: int
    given_up: bool

    def after_policy(self) -> Doubt:
        return replace(self, given_up=True)


def may_repeat(doubt: Doubt, means: Means, now: datetime) -> bool:
    """The same bytes under the same key: only while the key is known and the step is worth telling.

    A tenth of the window is kept in hand, for a request that takes its time.
    """
    if means.idempotency_window is None or now >= doubt.expires_at:
        return False
    return now < doubt.first_tried + means.idempotency_window * 0.9


def is_settled(doubt: Doubt, now: datetime, settle: timedelta) -> bool:
    """An attempt may still be on its way for a moment: before that, "never arrived" proves nothing."""
    return now >= max(doubt.since, doubt.last_tried) + settle


def policy_is_due(doubt: Doubt, now: datetime, hold: timedelta) -> bool:
    return not doubt.given_up and now >= doubt.since + hold


def next_round(doubt: Doubt, means: Means, now: datetime, hold: timedelta) -> datetime | None:
    """When to look at it again after this round; None: only a receipt can help."""
    policy_at = None if doubt.given_up else doubt.since + hold
    if not means.any or doubt.rounds >= len(ROUNDS):
        return policy_at
    again_at = now + ROUNDS[doubt.rounds]
    return again_at if policy_at is None else min(again_at, max(policy_at, now))


def is_overtaken(message: Told, others: Sequence[Told]) -> bool:
    """A later message that makes it untrue, or that has left on the same channel: repeating it would reorder them."""
    return any(
        overtakes(other, message)
        or (
            (other.recipient, other.channel) == (message.recipient, message.channel)
            and other.sequence > message.sequence
            and other.state in _LEFT
        )
        for other in others
    )
